"""HTTP of recordings: begin, fill, end, read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from local_server.accounts.gate import Gate
from local_server.accounts.models import EVERYONE, LOOKS_AT_PICTURES, Caller, KeyScope
from local_server.library.cursors import read_cursor, write_cursor
from local_server.records.recordings.bodies import Context, Items, RecordingId, ScreenshotBody
from local_server.records.recordings.models import Interaction, Recording, Screenshot
from local_server.records.recordings.screenshots import Screenshots
from local_server.records.recordings.service import Recordings
from local_server.web.bodies import Answer, Body

_Path = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
_Limit = Annotated[int, Query(ge=1, le=500)]


class StartBody(Body):
    """What is to be kept beside the recording."""

    context: Context = {}  # noqa: RUF012  (frozen)


class StartedAnswer(Answer):
    """The new recording."""

    id: str


class InteractionsBody(Body):
    """A batch of interactions, in any order."""

    recording_id: RecordingId
    items: Items


class AcknowledgedAnswer(Answer):
    """Everything up to `acknowledged` is stored; `new` of the batch had not been before."""

    acknowledged: int
    new: int


class RecordingAnswer(Answer):
    """One recording; `kept_until` is when all of it is deleted."""

    id: str
    account: str
    started_at: datetime
    ended_at: datetime | None
    end_reason: str | None
    context: dict[str, Any]
    acknowledged: int
    interactions: int
    screenshots: int
    archived: bool
    kept_until: datetime | None


class RecordingsAnswer(Answer):
    """A page of recordings, newest first."""

    items: list[RecordingAnswer]
    next: str | None


class InteractionAnswer(Answer):
    """One thing that somebody did."""

    sequence: int
    time: datetime
    kind: str
    picture_id: str | None
    region: list[float] | None
    modifiers: list[str] | None
    offset_ms: float | None
    visible: bool | None
    context: dict[str, Any] | None


class InteractionsAnswer(Answer):
    """A page of interactions in their order; `next` is the sequence to go on after."""

    items: list[InteractionAnswer]
    next: int | None


class ScreenshotAnswer(Answer):
    """What is known of a screenshot."""

    id: str
    time: datetime
    trigger: str
    sequence: int | None
    picture_id: str | None
    burst_id: str | None
    burst_index: int | None
    burst_total: int | None
    compression_ratio: float | None


class ScreenshotsAnswer(Answer):
    """All screenshots of a recording."""

    items: list[ScreenshotAnswer]


class KeptAnswer(Answer):
    """The screenshot is kept under its id."""

    id: str


def routes(recordings: Recordings, screenshots: Screenshots, gate: Gate) -> APIRouter:
    """Build the routes of recordings."""
    router = APIRouter(tags=["recordings"])
    looker = Depends(gate.require(LOOKS_AT_PICTURES, scope=KeyScope.RECORDS_WRITE))
    anybody = Depends(gate.require(EVERYONE, scope=KeyScope.RECORDS_READ))

    @router.post("/sessions", status_code=201)
    def begin_recording(body: StartBody, caller: Annotated[Caller, looker]) -> StartedAnswer:
        """Begin a recording of the caller's viewing session."""
        return StartedAnswer(id=recordings.start(caller, body.context))

    @router.post("/interactions")
    def add_interactions(body: InteractionsBody, caller: Annotated[Caller, looker]) -> AcknowledgedAnswer:
        """Store interactions; sent again they count once."""
        items = [item.value() for item in body.items]
        outcome = recordings.add(caller, body.recording_id, items)
        return AcknowledgedAnswer(acknowledged=outcome.sequence, new=outcome.new)

    @router.post("/sessions/{recording_id}/end")
    def end_recording(recording_id: _Path, caller: Annotated[Caller, looker]) -> RecordingAnswer:
        """End a recording: it is archived, and deleted when its time is over."""
        return _recording(recordings.end(caller, recording_id))

    @router.get("/sessions")
    def recorded_sessions(
        caller: Annotated[Caller, anybody],
        own: Annotated[bool, Query()] = False,
        limit: _Limit = 100,
        cursor: Annotated[str | None, Query(max_length=128)] = None,
    ) -> RecordingsAnswer:
        """Return recordings, newest first: everybody's for admins and auditors, for others their own."""
        after = None if cursor is None else read_cursor(cursor)
        found = recordings.page(caller, everybody=not own, after=after, limit=limit + 1)
        last = found[limit - 1] if len(found) > limit else None
        return RecordingsAnswer(
            items=[_recording(each) for each in found[:limit]],
            next=None if last is None else write_cursor(last.started_at, last.id),
        )

    @router.get("/sessions/{recording_id}")
    def recorded_session(recording_id: _Path, caller: Annotated[Caller, anybody]) -> RecordingAnswer:
        """Return one recording."""
        return _recording(recordings.see(caller, recording_id))

    @router.get("/sessions/{recording_id}/interactions")
    def recorded_interactions(
        recording_id: _Path,
        caller: Annotated[Caller, anybody],
        after: Annotated[int, Query(ge=0, le=2**53)] = 0,
        limit: _Limit = 500,
    ) -> InteractionsAnswer:
        """Return what somebody did, in its order."""
        found = recordings.interactions(caller, recording_id, after=after, limit=limit + 1)
        return InteractionsAnswer(
            items=[_interaction(each) for each in found[:limit]],
            next=found[limit - 1].sequence if len(found) > limit else None,
        )

    @router.post(
        "/sessions/{recording_id}/screenshots", status_code=201, responses={200: {"model": KeptAnswer}}
    )
    def keep_screenshot(
        recording_id: _Path, body: ScreenshotBody, response: Response, caller: Annotated[Caller, looker]
    ) -> KeptAnswer:
        """Store a screenshot; sent again it answers 200."""
        if not screenshots.keep(caller, recording_id, body.value(), body.pixels()):
            response.status_code = 200
        return KeptAnswer(id=str(body.id))

    @router.get("/sessions/{recording_id}/screenshots")
    def recorded_screenshots(recording_id: _Path, caller: Annotated[Caller, anybody]) -> ScreenshotsAnswer:
        """Return what is known of the screenshots of a recording."""
        return ScreenshotsAnswer(items=_screenshots(screenshots.listed(caller, recording_id)))

    @router.get(
        "/sessions/{recording_id}/screenshots/{screenshot_id}",
        response_class=Response,
        responses={
            200: {
                "content": {
                    kind: {"schema": {"type": "string", "format": "binary"}}
                    for kind in ("image/jpeg", "image/png")
                }
            }
        },
    )
    def recorded_screenshot(
        recording_id: _Path,
        screenshot_id: Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")],
        caller: Annotated[Caller, anybody],
    ) -> Response:
        """Return one screenshot."""
        found, kind = screenshots.content(caller, recording_id, screenshot_id)
        return Response(found, media_type=kind, headers={"Cache-Control": "no-store"})

    return router


def _recording(recording: Recording) -> RecordingAnswer:
    return RecordingAnswer(
        id=recording.id,
        account=recording.account,
        started_at=recording.started_at,
        ended_at=recording.ended_at,
        end_reason=recording.end_reason,
        context=recording.context,
        acknowledged=recording.acknowledged,
        interactions=recording.interactions,
        screenshots=recording.screenshots,
        archived=recording.archive_blob is not None,
        kept_until=recording.kept_until,
    )


def _interaction(item: Interaction) -> InteractionAnswer:
    return InteractionAnswer(
        sequence=item.sequence,
        time=item.time,
        kind=item.kind,
        picture_id=item.picture_id,
        region=None if item.region is None else list(item.region),
        modifiers=None if item.modifiers is None else list(item.modifiers),
        offset_ms=item.offset_ms,
        visible=item.visible,
        context=item.context,
    )


def _screenshots(found: Sequence[Screenshot]) -> list[ScreenshotAnswer]:
    return [
        ScreenshotAnswer(
            id=each.id,
            time=each.time,
            trigger=each.trigger,
            sequence=each.sequence,
            picture_id=each.picture_id,
            burst_id=each.burst_id,
            burst_index=each.burst_index,
            burst_total=each.burst_total,
            compression_ratio=each.compression_ratio,
        )
        for each in found
    ]
