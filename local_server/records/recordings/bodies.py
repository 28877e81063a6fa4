"""What a client sends of a recording, over HTTP and in frames alike: strict, bounded, flat."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from local_server.records.recordings.errors import ScreenshotNotAccepted
from local_server.records.recordings.models import MAX_SCREENSHOT_BYTES, Interaction, Screenshot
from local_server.web.bodies import Body, Line

ITEMS_AT_ONCE: Final = 500
_BASE64: Final = (MAX_SCREENSHOT_BYTES + 2) // 3 * 4


def _written(value: object) -> object:
    if not isinstance(value, str | datetime):
        raise ValueError("must be a moment such as 2026-11-23T09:40:32.905Z")
    return value


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be a moment that UTC has a year for") from None


def _text(value: object) -> object:
    if not isinstance(value, str | UUID):
        raise ValueError("must be a UUID")
    return value


Moment = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_written), AfterValidator(_in_utc)]
Id = Annotated[UUID, Field(strict=False), BeforeValidator(_text)]
Sequence = Annotated[int, Field(ge=1, le=2**53)]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
RecordingId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
PictureId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
_Number = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]
_Text = Annotated[Line, Field(max_length=256)]
_Value = _Text | bool | Annotated[int, Field(ge=-(2**53), le=2**53)] | _Number | None
# What a client wants to be kept beside: the size of its window, its version.
Context = Annotated[dict[Word, _Value], Field(max_length=16)]


class InteractionBody(Body):
    """One thing that somebody did."""

    sequence: Sequence
    time: Moment
    kind: Word
    picture_id: PictureId | None = None
    region: Annotated[list[_Number], Field(min_length=4, max_length=4)] | None = None
    modifiers: Annotated[list[Word], Field(max_length=8)] | None = None
    offset_ms: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)] | None = None
    visible: bool | None = None
    context: Context | None = None

    def value(self) -> Interaction:
        """Return the value that the service takes."""
        region = self.region
        return Interaction(
            sequence=self.sequence,
            time=self.time,
            kind=self.kind,
            picture_id=self.picture_id,
            region=None if region is None else (region[0], region[1], region[2], region[3]),
            modifiers=None if self.modifiers is None else tuple(self.modifiers),
            offset_ms=self.offset_ms,
            visible=self.visible,
            context=self.context,
        )


Items = Annotated[list[InteractionBody], Field(min_length=1, max_length=ITEMS_AT_ONCE)]


class ScreenshotBody(Body):
    """A picture of the screen, JPEG or PNG in base64, and what is known of it."""

    id: Id
    time: Moment
    trigger: Word
    sequence: Sequence | None = None
    picture_id: PictureId | None = None
    burst_id: Id | None = None
    burst_index: Annotated[int, Field(ge=0, le=1000)] | None = None
    burst_total: Annotated[int, Field(ge=1, le=1000)] | None = None
    compression_ratio: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] | None = None
    content: Annotated[str, Field(max_length=_BASE64)]

    def value(self) -> Screenshot:
        """Return what is known of it."""
        return Screenshot(
            id=str(self.id),
            time=self.time,
            trigger=self.trigger,
            sequence=self.sequence,
            picture_id=self.picture_id,
            burst_id=None if self.burst_id is None else str(self.burst_id),
            burst_index=self.burst_index,
            burst_total=self.burst_total,
            compression_ratio=self.compression_ratio,
        )

    def pixels(self) -> bytes:
        """Return the encoded picture."""
        try:
            return base64.b64decode(self.content, validate=True)
        except (binascii.Error, ValueError):
            raise ScreenshotNotAccepted from None
