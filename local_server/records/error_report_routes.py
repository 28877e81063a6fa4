"""POST /logs: errors of the programs that use this server."""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, BeforeValidator, Field, StringConstraints

from local_server.accounts.bodies import caller_address
from local_server.accounts.gate import Gate
from local_server.accounts.models import EVERYONE, Caller
from local_server.records.error_reports import Entry, ErrorReports
from local_server.web.bodies import Answer, Body
from local_server.web.errors import BodyTooLarge
from local_server.web.rates import Rate

MAX_ENTRIES: Final = 20
MAX_CHARACTERS: Final = 128 * 1024

_Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
_Fact = (
    Annotated[str, Field(max_length=512)]
    | Annotated[int, Field(ge=-(2**53), le=2**53)]
    | Annotated[float, Field(allow_inf_nan=False)]
    | bool
)


def _written(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("must be a moment as in 2026-11-25T18:30:00Z")
    return value


class EntryBody(Body):
    """One error; `context` holds a few flat facts."""

    time: Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_written)]
    level: Literal["warning", "error", "critical"]
    logger: Annotated[str, Field(min_length=1, max_length=128)]
    message: Annotated[str, Field(max_length=4096)]
    traceback: Annotated[str, Field(max_length=32_768)] | None = None
    context: Annotated[dict[_Key, _Fact], Field(max_length=16)] = Field(default_factory=dict)

    @property
    def length(self) -> int:
        """Count the characters."""
        facts = sum(len(key) + len(str(fact)) for key, fact in self.context.items())
        return len(self.logger) + len(self.message) + len(self.traceback or "") + facts

    def entry(self) -> Entry:
        """Return the value that the service takes."""
        try:
            time = self.time.astimezone(UTC)
        except OverflowError:
            # A clock that is far off must not cost the report.
            time = datetime.min.replace(tzinfo=UTC)
        return Entry(time, self.level, self.logger, self.message, self.traceback, self.context)


class ErrorReportBody(Body):
    """A batch of one program, all of one version of it."""

    version: Annotated[str, Field(max_length=64)]
    entries: Annotated[list[EntryBody], Field(min_length=1, max_length=MAX_ENTRIES)]


class Taken(Answer):
    """How many entries are in the log now."""

    taken: int


def routes(reports: ErrorReports, gate: Gate, rate: Rate) -> APIRouter:
    """Build the one route; a person and an address may each use it as often as the rate allows."""
    router = APIRouter(tags=["records"])

    @router.post("/logs", status_code=202)
    def report_errors(
        body: ErrorReportBody,
        request: Request,
        caller: Annotated[Caller, Depends(gate.require(EVERYONE, rate=rate))],
    ) -> Taken:
        """Take errors of the caller's program into `client.log`, scrubbed of secrets and addresses."""
        address = caller_address(request)
        rate.spend("address", address)
        if sum(entry.length for entry in body.entries) > MAX_CHARACTERS:
            raise BodyTooLarge(limit=MAX_CHARACTERS)
        reports.take(caller, address, body.version, [entry.entry() for entry in body.entries])
        return Taken(taken=len(body.entries))

    return router
