"""Settings as they were chosen: read from an environment, whole or not at all."""

from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import quote

from pydantic import ValidationError
from sqlalchemy.engine import URL, make_url

from local_server.errors import Rejection
from local_server.settings.fields import Fields

PREFIX: Final = "VAULTSECURE_"
_LONGEST_SECRET: Final = 8192
_ROLES: Final = frozenset({"admin", "manager", "viewer", "kiosk", "auditor"})

# What is kept out of logs, argument lists and the environment of children.
SECRETS: Final = tuple(
    name for name, field in Fields.model_fields.items() if "SecretStr" in str(field.annotation)
)


class SettingsWrong(Rejection):
    """One or more settings can't be used; the detail names each."""

    code = "settings_wrong"
    title = "The settings can't be used"
    advice = "Correct or unset the variables that are named; docs/settings.md explains every one."


class Settings(Fields):
    """What the operator chose."""

    @classmethod
    def load(cls, environment: Mapping[str, str], *, data_dir: Path | None = None) -> Self:
        """Read the settings from environment variables; an empty one counts as not set.

        A secret may be in a file that the variable `…_FILE` names. Raises SettingsWrong that lists everything
        that is wrong, without the values.
        """
        wrong = [_unknown(name) for name in sorted(environment) if name.startswith(PREFIX)]
        chosen: dict[str, Any] = {}
        for field in cls.model_fields:
            name = field.upper()
            written = environment.get(name, "").strip()
            named = environment.get(f"{name}_FILE", "").strip() if field in SECRETS else ""
            if written and named:
                wrong.append(f"{name}: it is set twice, by itself and by {name}_FILE")
            elif named:
                try:
                    written = _secret_in(named)
                except (OSError, ValueError) as error:
                    wrong.append(f"{name}_FILE: {getattr(error, 'strerror', None) or error}")
            if written:
                chosen[field] = written
        if data_dir is not None:
            chosen["data_dir"] = data_dir
        try:
            settings = cls(**chosen)
        except ValidationError as error:
            wrong += [
                f"{str(fault['loc'][0]).upper()}: {fault['msg'].removeprefix('Value error, ')}"
                for fault in error.errors(include_input=False, include_url=False, include_context=False)
            ]
        else:
            wrong += settings._missing()
        if wrong:
            raise SettingsWrong("; ".join(wrong))
        return settings.model_copy(update={"data_dir": settings.data_dir.expanduser().absolute()})

    @property
    def catalogue_url(self) -> URL | None:
        """The address of PostgreSQL, or None for the file of the data directory."""
        return None if self.database_url is None else make_url(self.database_url.get_secret_value())

    @property
    def redis(self) -> str | None:
        """The address of Redis, password included, or None."""
        if self.redis_url is not None:
            return self.redis_url.get_secret_value()
        if self.redis_host is None:
            return None
        secret = (
            "" if self.redis_password is None else f":{quote(self.redis_password.get_secret_value(), '')}@"
        )
        return f"redis://{secret}{self.redis_host}:{self.redis_port}/0"

    def secrets(self) -> dict[str, str]:
        """Return the secrets that are set, by their variables, for a child that is told them in private."""
        return {
            name.upper(): value.get_secret_value()
            for name in SECRETS
            if (value := getattr(self, name)) is not None
        }

    def _missing(self) -> list[str]:
        """Say what the settings lack together."""
        wrong = []
        if self.minio_endpoint is not None:
            wrong += [
                f"{name.upper()}: it must be set where MINIO_ENDPOINT is"
                for name in ("minio_access_key", "minio_secret_key")
                if getattr(self, name) is None
            ]
        if self.oidc_issuer is not None and self.oidc_client_id is None:
            wrong.append("OIDC_CLIENT_ID: it must be set where OIDC_ISSUER is")
        wrong += [
            f"REQUIRE_SECOND_FACTOR: {role} is no role"
            for role in self.require_second_factor
            if role not in _ROLES
        ]
        return wrong


def withdraw_secrets(environment: MutableMapping[str, str]) -> None:
    """Take the secrets out of an environment, so that no child inherits them."""
    for name in SECRETS:
        environment.pop(name.upper(), None)
        environment.pop(f"{name.upper()}_FILE", None)


def _secret_in(path: str) -> str:
    with Path(path).open("rb") as file:
        content = file.read(_LONGEST_SECRET + 1)
    if len(content) > _LONGEST_SECRET:
        raise ValueError("the file is too long for a secret")
    return content.decode().strip()


def _unknown(name: str) -> str:
    plain = name.removeprefix(PREFIX)
    if plain.lower() in Fields.model_fields:
        return f"{name}: settings have no prefix, write {plain}"
    return f"{name}: there is no such setting"
