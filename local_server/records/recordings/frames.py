"""The frames of `/ws` as a client sends them."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from local_server.records.recordings.bodies import Context, Items, RecordingId, ScreenshotBody
from local_server.web.bodies import Body

# The longest frame of each type, in characters; a first frame is never longer than the least of them.
LONGEST: Final = {"screenshot_data": 512 * 1024, "interaction_data": 128 * 1024}
LONGEST_OTHER: Final = 16 * 1024


class AuthenticateFrame(Body):
    """Who speaks, by an access token or an API key; `resume` asks for the events after a sequence."""

    type: Literal["authenticate"]
    access_token: str | None = None
    api_key: str | None = None
    resume: Annotated[int, Field(ge=0, lt=2**53)] | None = None

    @model_validator(mode="after")
    def one_of_them(self) -> Self:
        """Refuse none, and both."""
        if (self.access_token is None) == (self.api_key is None):
            raise ValueError("needs access_token or api_key")
        return self


class StartFrame(Body):
    """Begin a recording, or go on with one after a broken connection."""

    type: Literal["session_start"]
    recording_id: RecordingId | None = None
    context: Context = {}  # noqa: RUF012  (frozen)


class InteractionsFrame(Body):
    """Interactions of the recording that was begun."""

    type: Literal["interaction_data"]
    items: Items


class ScreenshotFrame(ScreenshotBody):
    """A screenshot of the recording that was begun."""

    type: Literal["screenshot_data"]


class EndFrame(Body):
    """End the recording."""

    type: Literal["session_end"]


Told = StartFrame | InteractionsFrame | ScreenshotFrame | EndFrame
_ANY: Final[TypeAdapter[AuthenticateFrame | Told]] = TypeAdapter(
    Annotated[AuthenticateFrame | Told, Field(discriminator="type")]
)


class NoFrame(Exception):
    """The text is no frame; the message says why, without any of its content."""


def read(text: str) -> AuthenticateFrame | Told:
    """Read a frame; raise NoFrame."""
    if len(text) > max(LONGEST.values()):
        raise NoFrame("a frame is at most 512 KiB")
    try:
        frame = _ANY.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"][:4])
        raise NoFrame(f"{place}: {first['msg']}".encode("ascii", "replace").decode()[:120]) from None
    if len(text) > LONGEST.get(frame.type, LONGEST_OTHER):
        raise NoFrame(f"{frame.type}: the frame is too long")
    return frame
