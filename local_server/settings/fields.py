"""The table of settings: variable, default, limits and meaning."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ByteSize, ConfigDict, Field, SecretStr

from local_server.data_directory import default_root
from local_server.settings.values import (
    ClamdUrl,
    DatabaseUrl,
    Host,
    Issuer,
    Networks,
    Origins,
    Rate,
    RedisUrl,
    Size,
    Word,
    Words,
)


def _processors() -> int:
    return min(4, max(1, (os.cpu_count() or 2) - 1))


def _of(description: str, shown: str | None = None) -> dict[str, Any]:
    """Return the keywords of a field; `shown` is its default as people read it."""
    return {"description": description, "json_schema_extra": {"default": shown} if shown else None}


class Fields(BaseModel):
    """Each field is the variable of the same name in capitals."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    data_dir: Path = Field(
        default_factory=default_root,
        **_of(
            "The folder that holds the catalogue, the sealed pictures, keys and logs. "
            "The option --data-dir goes before it.",
            "the user's data folder, such as ~/.local/share/vaultsecure",
        ),
    )
    master_key_file: Path | None = Field(
        None,
        **_of(
            "A file with the master key (32 bytes, base64), the same for all servers and workers of one "
            "gallery. Empty: this installation makes its own.",
            "empty",
        ),
    )
    host: Host = Field(
        "127.0.0.1", **_of("The address to listen at. Anything but the default is reached by others.")
    )
    port: int = Field(0, ge=0, le=65535, **_of("The port to listen on; 0 takes any that is free."))
    allowed_hosts: Words = Field(
        (),
        **_of(
            "Names, with port, that the Host header may have beside this machine's own, "
            "separated by commas: those of a reverse proxy.",
            "empty",
        ),
    )
    trusted_proxies: Networks = Field(
        (),
        **_of(
            "Addresses of reverse proxies whose X-Forwarded-For or Forwarded is believed, "
            "separated by commas.",
            "empty",
        ),
    )
    frontend_url: Origins = Field(
        (),
        **_of(
            "Origins of web pages that may call this server, separated by commas. Empty: no web page may.",
            "empty",
        ),
    )
    default_protection: Annotated[Literal["open", "marked", "guarded", "sealed"], Word] = Field(
        "guarded",
        **_of("The protection level of pictures that are in no album: open, marked, guarded or sealed."),
    )

    database_url: DatabaseUrl | None = Field(
        None,
        **_of(
            "PostgreSQL, such as postgresql://user:password@host/database. Empty: a file, catalogue.db.",
            "empty",
        ),
    )
    redis_url: RedisUrl | None = Field(
        None,
        **_of(
            "Redis for queue, rates and live events, such as redis://:password@host:6379/0. "
            "Empty, and REDIS_HOST too: all of it in files and in this process.",
            "empty",
        ),
    )
    redis_host: Host | None = Field(None, **_of("The host of Redis, in place of REDIS_URL.", "empty"))
    redis_port: int = Field(6379, ge=1, le=65535, **_of("The port of Redis at REDIS_HOST."))
    redis_password: SecretStr | None = Field(None, **_of("The password of Redis at REDIS_HOST.", "empty"))

    minio_endpoint: Host | None = Field(
        None,
        **_of(
            "The host of an S3 storage for the sealed pictures, MinIO or any other. Empty: the data folder.",
            "empty",
        ),
    )
    minio_port: int = Field(9000, ge=1, le=65535, **_of("Its port."))
    minio_access_key: str | None = Field(None, **_of("Its access key.", "empty"))
    minio_secret_key: SecretStr | None = Field(None, **_of("Its secret key.", "empty"))
    minio_bucket: str = Field(
        "vaultsecure", pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", **_of("Its bucket, which must exist.")
    )
    minio_use_ssl: bool = Field(False, **_of("Whether it is spoken to over TLS: true or false.", "`false`"))
    blob_cache_size: Size = Field(
        ByteSize(2 << 30),
        **_of(
            "How much of the S3 storage is kept in the data folder, still sealed, "
            "for speed and for when it is away.",
            "2GiB",
        ),
    )
    signed_url_expiry: int = Field(
        300, ge=1, le=86_400, **_of("For how many seconds a signed address of a picture is good.")
    )

    max_file_size: Size = Field(
        ByteSize(1 << 30),
        ge=1,
        **_of(
            'The largest file that is taken into the gallery, such as "500MB" or "1GiB"; '
            "a larger one is listed as refused.",
            "1GiB",
        ),
    )
    max_files_per_request: int = Field(20, ge=1, le=1000, **_of("How many files one upload may hold."))
    clamd_url: ClamdUrl | None = Field(
        None,
        **_of(
            "The virus scanner clamd, such as tcp://host:3310 or unix:///run/clamav/clamd.ctl. "
            "Empty: nothing is scanned.",
            "empty",
        ),
    )
    clamd_when_gone: Annotated[Literal["wait", "flag"], Word] = Field(
        "wait", **_of("What becomes of new files while clamd is away: they wait, or are taken and flagged.")
    )
    worker_concurrency: int = Field(
        default_factory=_processors,
        ge=1,
        le=32,
        **_of(
            "How many pictures the worker decodes at the same time, each in its own process.",
            "one less than the processors of the machine, from 1 to 4",
        ),
    )
    start_worker: bool = Field(
        True,
        **_of(
            "Whether the server starts a worker of its own; false where workers run by themselves.", "`true`"
        ),
    )
    watch_gallery: bool = Field(
        True,
        **_of(
            "Whether this server watches the gallery folder; true for one of several servers at most.",
            "`true`",
        ),
    )

    password_min_length: int = Field(10, ge=8, le=64, **_of("The fewest characters of a new password."))
    password_history: int = Field(5, ge=0, le=24, **_of("How many earlier passwords can't be taken again."))
    password_max_age_days: int = Field(
        0,
        ge=0,
        le=3650,
        **_of("After how many days a password must be changed at the next sign-in; 0: never."),
    )
    require_second_factor: Words = Field(
        (), **_of("Roles that need a second factor to sign in, separated by commas.", "empty")
    )
    oidc_issuer: Issuer | None = Field(
        None,
        **_of(
            "The address of an OpenID Connect provider by which people of an organisation sign in.", "empty"
        ),
    )
    oidc_client_id: str | None = Field(
        None, **_of("Our client id there; a native client with a loopback redirect.", "empty")
    )
    oidc_client_secret: SecretStr | None = Field(
        None, **_of("Our client secret there, if it gave one.", "empty")
    )
    oidc_other_hosts: Words = Field(
        (),
        **_of(
            "Hosts other than the issuer's own where the provider may have endpoints, separated by commas; "
            "Google has oauth2.googleapis.com, www.googleapis.com and openidconnect.googleapis.com.",
            "empty",
        ),
    )
    oidc_name: str = Field("your organisation", max_length=64, **_of("What its sign-in button calls it."))
    oidc_allowed_domains: Words = Field(
        (),
        **_of("Domains of verified addresses that may sign in, separated by commas. Empty: none.", "empty"),
    )
    oidc_new_accounts: Annotated[Literal["", "viewer", "manager"], Word] = Field(
        "",
        **_of(
            "The role of an account that is made for an address nobody has yet. Empty: none is made.", "empty"
        ),
    )

    record_retention_days: int = Field(
        90,
        ge=1,
        le=3650,
        **_of("For how many days recordings of viewing sessions are kept before they are deleted."),
    )
    evidence_retention_days: int = Field(
        365, ge=1, le=3650, **_of("For how many days evidence pictures of capture attempts are kept.")
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], Word] = Field(
        "info", **_of("How much goes to the logs: debug, info, warning or error.")
    )
    log_to: Annotated[Literal["files", "stdout"], Word] = Field(
        "files",
        **_of("Where the logs go: files in the data folder, or standard output as containers want it."),
    )
    metrics_token: SecretStr | None = Field(
        None,
        **_of("The bearer token that /metrics asks for. Empty: it answers to this machine alone.", "empty"),
    )
    sign_in_rate: Rate = Field(
        "30/minute", **_of("How often a person or an address may try to sign in; 429 beyond it.")
    )
    picture_rate: Rate = Field(
        "200/second;6000/minute", **_of("How many pictures a person may ask for; 429 beyond it.")
    )
    api_key_rate: Rate = Field("600/minute", **_of("How many requests an API key may send; 429 beyond it."))
    upload_rate: Rate = Field("120/minute", **_of("How many uploads a person may send; 429 beyond it."))
    export_rate: Rate = Field(
        "60/hour", **_of("How many pictures a person may take out as files; 429 beyond it.")
    )
    trace_rate: Rate = Field("30/minute", **_of("How many files a person may have traced; 429 beyond it."))
    report_rate: Rate = Field(
        "60/minute", **_of("How many error reports a person or an address may send; 429 beyond it.")
    )
