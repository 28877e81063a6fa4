"""What the interface answers of a trace."""

from datetime import datetime
from typing import Any

from local_server.web.bodies import Answer

Corners = list[tuple[float, float]]


class FailureAnswer(Answer):
    """What kept a trace from its end."""

    code: str
    title: str
    detail: str
    advice: str


class UnreadableAnswer(Answer):
    """Why a file cannot be read as a picture, a PDF or a video."""

    code: str
    reason: str


class PartAnswer(Answer):
    """An image of the file; `label` says which ("page 2", "at 0:04.0"), and is empty where there is one."""

    label: str
    width: int
    height: int


class SpotAnswer(Answer):
    """Where in a part a mark lies: corners as shares of its width and height, and a grey PNG, base64, in
    which the mark's correlation is bright."""

    part: int
    layer: str
    box: Corners
    scale: float
    rotation: float
    mirrored: bool
    agreement: float
    registered: bool
    map: str


class MarkAnswer(Answer):
    """A mark and whose it is; the account is null where the catalogue knows no such session any more.

    `time` is when the session was sent the picture last, or else when it began. `probability` is that of
    the mark being no accident.
    """

    mark: str
    account: str | None
    viewing_session: str | None
    machine: str | None
    client: str | None
    session_started_at: datetime | None
    picture: str | None
    time: datetime | None
    certainty: str
    probability: float
    agreement: float
    spots: list[SpotAnswer]


class PersonAnswer(Answer):
    """A viewing session that was sent a picture."""

    account: str
    viewing_session: str
    machine: str
    first: datetime
    last: datetime
    renditions: list[str]


class ShownPictureAnswer(Answer):
    """A picture of the library that a part shows, and the sessions that it was shown in, the latest first.

    `certainty` is certain, likely or possible; `agreeing` is how many corners lie alike, `distance` in how
    many of 64 bits the hashes differ.
    """

    part: int
    picture: str
    title: str
    certainty: str
    agreeing: int
    distance: int
    box: Corners | None
    people: list[PersonAnswer]
    people_in_all: int
    view_token: str | None


class ResultAnswer(Answer):
    """What a file says; `outcome` is marked, recognised, nothing or refused."""

    outcome: str
    seconds: float
    refused: UnreadableAnswer | None
    parts: list[PartAnswer]
    marks: list[MarkAnswer]
    pictures: list[ShownPictureAnswer]


class TraceAnswer(Answer):
    """A trace; `state` is waiting, running, done, cancelled or failed."""

    id: str
    state: str
    step: str | None
    name: str
    content_hash: str
    bytes: int
    account: str
    started_at: datetime
    ended_at: datetime | None
    pictures_kept: bool
    failure: FailureAnswer | None
    result: ResultAnswer | None


class TracesAnswer(Answer):
    """A page of traces, the newest first."""

    items: list[TraceAnswer]
    next: str | None


class AskedAnswer(Answer):
    """The trace that was begun: ask for it again until it has ended."""

    id: str


def result_answer(result: dict[str, Any], tokens: dict[str, str]) -> ResultAnswer:
    """Return a stored report as it is answered, with what its pictures can be looked at by."""
    pictures = [{**one, "view_token": tokens.get(one["picture"])} for one in result["pictures"]]
    return ResultAnswer.model_validate({**result, "pictures": pictures})
