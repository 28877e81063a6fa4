"""Sign-in through the organisation, from the first address to a viewing session."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from sqlalchemy import Connection

from local_server.accounts import queries as account_queries
from local_server.accounts.audit import Audit
from local_server.accounts.changes import LONGEST_EMAIL, checked_name
from local_server.accounts.errors import AccountDisabled, NameTaken, NameUnusable
from local_server.accounts.models import Account, Caller, Machine, Role, Sees, SignedIn, folded
from local_server.accounts.organisation import queries
from local_server.accounts.organisation.errors import (
    AddressUnverified,
    DomainNotAllowed,
    FlowOver,
    LinkedElsewhere,
    NoAccountYet,
    NotOffered,
    RedirectUnusable,
    SignInRefused,
)
from local_server.accounts.organisation.models import Flow, Person, Started
from local_server.accounts.organisation.provider import Provider
from local_server.accounts.sessions import Sessions
from local_server.database.engine import Database
from local_server.errors import Rejection
from local_server.storage.sealing import Sealer

FLOW_LIFE: Final = timedelta(minutes=10)
# RFC 8252, 7.3: the address itself and not "localhost", which may lead elsewhere.
_REDIRECT: Final = re.compile(r"http://(?:127\.0\.0\.1|\[::1\]):([1-9][0-9]{0,4})/callback", re.ASCII)
_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f\x7f]+@([A-Za-z0-9.-]+)", re.ASCII)


class Organisation:
    """The one provider of this gallery, or none."""

    def __init__(
        self,
        provider: Provider | None,
        name: str,
        domains: Collection[str],
        new_accounts: Role | None,
        database: Database,
        sessions: Sessions,
        sealer: Sealer,
        audit: Audit,
        clock: Callable[[], datetime],
    ) -> None:
        self._offered = provider
        self._name = name
        self._domains = frozenset(domain.lower().removeprefix("@") for domain in domains)
        self._new_accounts = new_accounts
        self._database = database
        self._sessions = sessions
        self._sealer = sealer
        self._audit = audit
        self._clock = clock

    @property
    def name(self) -> str | None:
        """What the organisation is called, None without one."""
        return None if self._offered is None else self._name

    def start(self, redirect_uri: str, machine: Machine) -> Started:
        """Begin a sign-in. Raises NotOffered, RedirectUnusable, ProviderAway or ProviderUnusable."""
        port = _REDIRECT.fullmatch(redirect_uri)
        if port is None or int(port[1]) > 65_535:
            raise RedirectUnusable
        state, ticket = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        flow = Flow(
            secrets.token_urlsafe(32), secrets.token_urlsafe(64), redirect_uri, _hashed(ticket), machine
        )
        challenge = base64.urlsafe_b64encode(hashlib.sha256(flow.verifier.encode()).digest())
        url = self._provider().authorisation_url(
            redirect_uri, state, flow.nonce, challenge.rstrip(b"=").decode()
        )
        now, state_hash = self._clock(), _hashed(state)
        sealed = base64.b64encode(self._sealer.seal(_sealed_as(state_hash), flow.written())).decode()
        with self._database.write() as connection:
            queries.keep_flow(connection, state_hash, sealed, now, now + FLOW_LIFE)
        return Started(url, state, ticket)

    def finish(self, state: str, ticket: str, code: str, address: str) -> SignedIn:
        """Begin a viewing session of whoever the provider says it was.

        Raises NotOffered, FlowOver, SignInRefused, AddressUnverified, DomainNotAllowed, NoAccountYet,
        LinkedElsewhere, AccountDisabled, ProviderAway or ProviderUnusable.
        """
        provider = self._provider()
        state_hash = _hashed(state)
        with self._database.write() as connection:
            sealed = queries.take_flow(connection, state_hash, self._clock())
        if sealed is None:
            raise FlowOver
        flow = Flow.read(self._sealer.open(_sealed_as(state_hash), base64.b64decode(sealed)))
        machine = replace(flow.machine, address=address)
        if not hmac.compare_digest(_hashed(ticket), flow.ticket_hash):
            self._record_refusal(FlowOver(), None, machine, "wrong ticket")
            raise FlowOver
        person = None
        try:
            person = provider.person(code, flow.redirect_uri, flow.verifier, flow.nonce)
            with self._database.write() as connection:
                account = self._account(connection, person)
                if account.disabled_at is not None:
                    raise AccountDisabled
                queries.used(connection, person, self._clock())
                return self._sessions.begin(connection, account, machine, by="organisation")
        except Rejection as rejection:
            reason = rejection.reason if isinstance(rejection, SignInRefused) else rejection.code
            self._record_refusal(rejection, person, machine, reason)
            raise

    def logout_url(self, caller: Caller) -> str | None:
        """Return where the browser of somebody who came that way signs out at the provider, too.

        Raises ProviderAway or ProviderUnusable.
        """
        with self._database.read() as connection:
            through_us = queries.linked(connection, caller.account_id)
        if self._offered is None or not through_us:
            return None
        return self._offered.end_session_url()

    def _provider(self) -> Provider:
        if self._offered is None:
            raise NotOffered
        return self._offered

    def _account(self, connection: Connection, person: Person) -> Account:
        """Return the account that stands for a person: linked, or linked now, or made now."""
        email = _address(person)
        if email is None:
            raise AddressUnverified
        if email.rpartition("@")[2] not in self._domains:
            raise DomainNotAllowed
        account_id = queries.account_of(connection, person)
        if account_id is not None:
            return account_queries.account_by_id(connection, account_id)
        account_id = queries.account_with_email(connection, email)
        if account_id is None:
            account = self._new_account(connection, person, email)
        elif queries.linked(connection, account_id, person.issuer):
            raise LinkedElsewhere
        else:
            account = account_queries.account_by_id(connection, account_id)
        queries.link(connection, person, account.id, self._clock())
        self._audit.record(
            connection,
            "organisation_linked",
            account_id=account.id,
            account_name=account.name,
            detail={"email": email, "issuer": person.issuer},
        )
        return account

    def _new_account(self, connection: Connection, person: Person, email: str) -> Account:
        # Not before there is an admin: with any account, nobody could set the gallery up any more.
        if self._new_accounts is None or not account_queries.count_accounts(connection):
            raise NoAccountYet
        account = Account(
            uuid4().hex,
            _free_name(connection, (*person.names, email.partition("@")[0], email)),
            self._new_accounts,
            Sees.by_default(self._new_accounts),
            email,
            self._clock(),
            None,
        )
        account_queries.insert_account(connection, account, folded(account.name), "", must_change=False)
        self._audit.record(
            connection,
            "account_created",
            account_id=account.id,
            account_name=account.name,
            detail={"role": account.role.value, "sees": account.sees.value, "by": "organisation"},
        )
        return account

    def _record_refusal(
        self, rejection: Rejection, person: Person | None, machine: Machine, reason: str
    ) -> None:
        who = "" if person is None else (person.email or person.subject)
        with self._database.write() as connection:
            self._audit.record(
                connection,
                "sign_in_refused",
                account_name=who[:64] or None,
                detail={**machine.facts, "by": "organisation", "reason": reason, "code": rejection.code},
            )


def _address(person: Person) -> str | None:
    """Return a verified address, in small letters as accounts have it."""
    if person.email is None or not person.verified or len(person.email) > LONGEST_EMAIL:
        return None
    return person.email.casefold() if _EMAIL.fullmatch(person.email) else None


def _free_name(connection: Connection, wishes: Collection[str]) -> str:
    for wish in wishes:
        try:
            name = checked_name(wish)
        except NameUnusable:
            continue
        if account_queries.account_by_name(connection, folded(name)) is None:
            return name
    raise NameTaken


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _sealed_as(state_hash: str) -> str:
    return f"sign-in/{state_hash}"
