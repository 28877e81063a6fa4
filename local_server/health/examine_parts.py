"""What the doctor asks of the parts outside: database server, Redis, bucket, virus scanner, sign-in provider.

Each question has three seconds; no answer to it holds a secret.
"""

import json
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.error import HTTPError

from local_server.health.doctor import Finding, Patient, Verdict

if TYPE_CHECKING:
    from local_server.settings import Settings

LIMIT_SECONDS: Final = 3.0
SKEW_SECONDS: Final = 2.0
_LONGEST_DOCUMENT: Final = 1 << 20
OK, WARNING, PROBLEM = Verdict.OK, Verdict.WARNING, Verdict.PROBLEM
T = TypeVar("T")


class NoAnswer(Exception):
    """A part did not answer, with its reason."""


def chosen(patient: Patient) -> "Settings | None":
    """Return the settings that a server would be started with, or None where they can't be used."""
    from local_server.settings import Settings, SettingsWrong

    try:
        return Settings.load(patient.environment, data_dir=patient.root)
    except SettingsWrong:
        return None  # said already of the settings


def database(patient: Patient) -> Iterator[Finding]:
    """Does the database server answer, with a catalogue that we know, and what time is it there?"""
    settings = chosen(patient)
    if settings is None or settings.catalogue_url is None:
        return
    from sqlalchemy import func, select, text

    from local_server.database.engine import Database
    from local_server.database.errors import CatalogueNewer
    from local_server.database.migrate import HEAD, KNOWN
    from local_server.errors import Outage

    opened = Database(settings.catalogue_url)

    def ask() -> tuple[str, str | None, datetime]:
        with opened.read() as connection:
            version = str(connection.execute(text("SHOW server_version")).scalar_one())
            there = connection.execute(text("SELECT to_regclass('alembic_version') IS NOT NULL")).scalar()
            revision = None
            if there:
                revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            moment: datetime = connection.execute(select(func.current_timestamp())).scalar_one()
        return version, revision, moment

    try:
        version, revision, moment = _within(ask)
    except Outage as outage:
        reason = _discreet(settings, outage.detail)
        yield Finding("database", PROBLEM, f"{outage.title}: {reason}.", outage.advice)
        return
    except NoAnswer as silent:
        advice = "See that PostgreSQL runs and can be reached from here."
        yield Finding("database", PROBLEM, f"PostgreSQL does not answer: {silent}.", advice)
        return
    finally:
        opened.close()
    here = datetime.now(UTC)
    if revision is None:
        yield Finding("database", OK, f"PostgreSQL {version} answers; the first start makes the catalogue.")
    elif revision not in KNOWN:
        sentence = f"The catalogue has revision {revision}; this version knows up to {HEAD}."
        yield Finding("database", PROBLEM, sentence, CatalogueNewer.advice)
    else:
        later = "" if revision == HEAD else f"; the next start brings it to {HEAD}"
        yield Finding("database", OK, f"PostgreSQL {version} answers and has revision {revision}{later}.")
    skew = (here - moment).total_seconds()
    if abs(skew) > SKEW_SECONDS:
        sentence = f"The clock of this machine differs from the database's by {abs(skew):.0f} s."
        yield Finding("clock", WARNING, sentence, "Let both machines set their clocks by NTP.")
    else:
        yield Finding("clock", OK, "The clock of this machine is that of the database.")


def nodes(patient: Patient) -> Iterator[Finding]:
    """Which servers and workers live on this catalogue?"""
    settings = chosen(patient)
    if settings is None or (settings.database_url is None and not (patient.root / "catalogue.db").is_file()):
        return
    from sqlalchemy.exc import SQLAlchemyError

    from local_server.database.engine import Database
    from local_server.errors import Outage
    from local_server.health.nodes import known_nodes

    opened = Database(settings.catalogue_url or patient.root / "catalogue.db")
    try:
        found = _within(lambda: known_nodes(opened, lambda: datetime.now(UTC)))
    except (Outage, NoAnswer, SQLAlchemyError):
        return  # said already of the catalogue, which may also be of an older revision
    finally:
        opened.close()
    alive = [f"{node.kind} {node.host}:{node.pid}" for node in found if node.alive]
    silent = [f"{node.kind} {node.host}:{node.pid}" for node in found if not node.alive]
    sentence = f"Alive: {', '.join(alive)}." if alive else "No server and no worker lives."
    if silent:
        advice = "Look at the logs of that machine; within a minute a node that is gone is forgotten."
        yield Finding("nodes", WARNING, f"{sentence} Silent: {', '.join(silent)}.", advice)
    else:
        yield Finding("nodes", OK, sentence)


def redis(patient: Patient) -> Iterator[Finding]:
    """Does Redis answer?"""
    settings = chosen(patient)
    if settings is None or settings.redis is None:
        return
    from local_server.external.link import Away
    from local_server.external.redis import RedisPart

    part = RedisPart(settings.redis)
    try:
        _within(part.probe)
    except (Away, NoAnswer) as away:
        advice = "See that it runs and that REDIS_URL, or REDIS_HOST and REDIS_PASSWORD, are right."
        yield Finding("redis", WARNING, f"Redis does not answer: {_discreet(settings, str(away))}.", advice)
    else:
        yield Finding("redis", OK, "Redis answers.")
    finally:
        part.close()


def bucket(patient: Patient) -> Iterator[Finding]:
    """Is the bucket there, and may it be read?"""
    settings = chosen(patient)
    if settings is None or settings.minio_endpoint is None:
        return
    from local_server.external.link import Away
    from local_server.installation import bucket_of

    store = bucket_of(settings)
    if store is None:
        return
    where = f"The bucket {settings.minio_bucket} at {settings.minio_endpoint}:{settings.minio_port}"
    try:
        _within(store.probe)
    except (Away, NoAnswer) as away:
        advice = "See that the storage runs, that the bucket exists, and that the MINIO_ settings are right."
        yield Finding("bucket", WARNING, f"{where} can't be read: {_discreet(settings, str(away))}.", advice)
    else:
        yield Finding("bucket", OK, f"{where} can be read.")


def virus_scan(patient: Patient) -> Iterator[Finding]:
    """Does the virus scanner answer?"""
    settings = chosen(patient)
    if settings is None or settings.clamd_url is None:
        return
    from local_server.external.clamd import Clamd
    from local_server.external.link import Away

    try:
        _within(Clamd(settings.clamd_url).probe)
    except (Away, NoAnswer) as away:
        advice = "See that clamd runs and that CLAMD_URL is right; it reads its signatures for a while."
        yield Finding("virus scan", WARNING, f"clamd does not answer: {away}.", advice)
    else:
        yield Finding("virus scan", OK, "clamd answers.")


def sign_in_provider(patient: Patient) -> Iterator[Finding]:
    """Does the organisation's provider describe itself as the one that was named?"""
    settings = chosen(patient)
    if settings is None or settings.oidc_issuer is None:
        return
    issuer = settings.oidc_issuer

    def ask() -> str:
        # The setting allows http to this machine and https to any.
        address = f"{issuer}/.well-known/openid-configuration"
        try:
            with urllib.request.urlopen(address, timeout=LIMIT_SECONDS) as answer:  # noqa: S310  see above
                return str(json.loads(answer.read(_LONGEST_DOCUMENT))["issuer"])
        except HTTPError as error:
            error.close()  # it holds the connection
            raise NoAnswer(f"it answered {error.code}") from None

    advice = "See that OIDC_ISSUER is the provider's address and that it can be reached from here."
    try:
        said = _within(ask)
    except (NoAnswer, OSError, ValueError, KeyError, TypeError) as error:
        yield Finding("sign-in provider", WARNING, f"{issuer} can't be used: {error}.", advice)
        return
    if said.rstrip("/") == issuer:
        yield Finding("sign-in provider", OK, f"{issuer} describes itself.")
    else:
        sentence = f"{issuer} calls itself {said[:200]}: nobody could sign in by it."
        yield Finding("sign-in provider", PROBLEM, sentence, advice)


def _within(ask: Callable[[], T]) -> T:
    """Return the answer, or raise what the question raises; NoAnswer after three seconds."""
    answers: SimpleQueue[tuple[T | None, Exception | None]] = SimpleQueue()

    def work() -> None:
        try:
            answers.put((ask(), None))
        except Exception as error:  # noqa: BLE001  it is raised on the thread that asked
            answers.put((None, error))

    Thread(target=work, name="doctor", daemon=True).start()
    try:
        answer, error = answers.get(timeout=LIMIT_SECONDS)
    except Empty:
        raise NoAnswer(f"nothing came within {LIMIT_SECONDS:.0f} s") from None
    if error is not None:
        raise error
    return answer  # type: ignore[return-value]  # without an error it is the answer, which may be None


def _discreet(settings: "Settings", reason: str) -> str:
    """Return a reason without the secrets of the settings, whatever a library put into it."""
    from urllib.parse import urlsplit

    secrets = set(settings.secrets().values())
    for url in (settings.redis, settings.database_url and settings.database_url.get_secret_value()):
        if url and (password := urlsplit(url).password):
            secrets.add(password)
    for secret in sorted(secrets, key=len, reverse=True):
        reason = reason.replace(secret, "[redacted]")
    return reason.rstrip(".")
