"""The server's answers as frozen values; field names are the API's, moments are aware UTC datetimes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Self, Union, get_args, get_origin, get_type_hints

from desktop.client.errors import UnexpectedAnswer


@dataclass(frozen=True, slots=True)
class Model:
    """A value read from JSON; unknown members are ignored, so that a newer server can say more."""

    @classmethod
    def read(cls, data: object) -> Self:
        """Build from a JSON object; raises `UnexpectedAnswer` where a member has another type."""
        if not isinstance(data, Mapping):
            raise _unexpected(cls.__name__, data)
        members: dict[str, Any] = {}
        for name, hint in _members(cls):  # type: ignore[arg-type]  # mypy takes type[Self] for unhashable
            try:
                members[name] = _convert(hint, data.get(name))
            except (TypeError, ValueError) as problem:
                raise _unexpected(f"{cls.__name__}.{name}", data.get(name)) from problem
        return cls(**members)


@cache
def _members(model: type[Model]) -> tuple[tuple[str, Any], ...]:
    hints = get_type_hints(model)
    return tuple((field.name, hints[field.name]) for field in fields(model))


def _unexpected(what: str, value: object) -> UnexpectedAnswer:
    return UnexpectedAnswer(
        "unexpected_answer",
        f"The server's answer cannot be read: {what} was {value!r:.80}.",
        "The program and its server are of different versions: install both from the same release.",
    )


def _convert(hint: Any, value: Any) -> Any:
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        kinds = get_args(hint)
        if value is None and NoneType in kinds:
            return None
        return _convert(next(kind for kind in kinds if kind is not NoneType), value)
    if origin in (tuple, Sequence):
        if not isinstance(value, list):
            raise TypeError
        return tuple(_convert(get_args(hint)[0], each) for each in value)
    if origin is dict:
        if not isinstance(value, Mapping):
            raise TypeError
        return {str(key): _convert(get_args(hint)[1], each) for key, each in value.items()}
    if hint is Any:
        return value
    if hint is datetime:
        return datetime.fromisoformat(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and issubclass(hint, Model):
        return hint.read(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise TypeError
    return value


@dataclass(frozen=True, slots=True)
class ServerFacts(Model):
    """GET /test: what anyone may know before signing in."""

    status: str
    name: str
    version: str
    api: str
    first_run: bool
    time: datetime


@dataclass(frozen=True, slots=True)
class Account(Model):
    """A signed-in person."""

    id: str
    name: str
    role: str

    @property
    def curates(self) -> bool:
        """Say whether this person may rate, flag, rename and rescan."""
        return self.role in ("admin", "manager")

    @property
    def reads_records(self) -> bool:
        """Say whether this person may see the activity page."""
        return self.role in ("admin", "auditor")

    @property
    def sees_pictures(self) -> bool:
        """Say whether this person may look at pictures at all."""
        return self.role != "auditor"


@dataclass(frozen=True, slots=True)
class ViewingSession(Model):
    """One person at one machine from sign-in to sign-out; every pixel carries its mark id."""

    id: str
    mark_id: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn(Model):
    """POST /session, /setup and /session/refresh: tokens and whom they stand for."""

    access_token: str
    expires_in: float
    refresh_token: str
    refresh_expires_in: float
    server_time: datetime
    account: Account
    viewing_session: ViewingSession
    default_level: str


@dataclass(frozen=True, slots=True)
class Picture(Model):
    """One picture as the grid needs it."""

    id: str
    name: str
    title: str | None
    folder: str | None
    width: int
    height: int
    sort_at: datetime
    taken_at: datetime | None
    taken_local: str | None
    added_at: datetime
    format: str
    bytes: int
    colour: str | None
    rating: int
    flag: str | None
    favourite: bool
    camera_name: str | None
    level: str
    view_token: str | None


@dataclass(frozen=True, slots=True)
class Camera(Model):
    """What EXIF says of the exposure, ready to be shown."""

    make: str | None
    model: str | None
    lens: str | None
    focal: Any
    aperture: Any
    exposure: Any
    iso: Any


@dataclass(frozen=True, slots=True)
class Location(Model):
    """Where a picture was taken, in degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Place(Model):
    """Where a picture's file lies."""

    folder: str
    name: str


@dataclass(frozen=True, slots=True)
class Protection(Model):
    """What protects a picture for the asker, and why."""

    level: str
    source: str
    mark_id: str | None


@dataclass(frozen=True, slots=True)
class PictureDetail(Picture):
    """GET /images/{id}: a picture with all that the information panel shows."""

    camera: Camera | None
    gps: Location | None
    icc: str | None
    histogram: tuple[int, ...] | None
    frames: int | None
    content_hash: str
    tags: tuple[str, ...]
    places: tuple[Place, ...]
    protection: Protection


@dataclass(frozen=True, slots=True)
class PicturePage(Model):
    """GET /images: one page of the grid and the cursor of the next."""

    items: tuple[Picture, ...]
    next: str | None
    total: int


@dataclass(frozen=True, slots=True)
class Folder(Model):
    """One folder of the gallery, `depth` steps under its root."""

    path: str
    name: str
    depth: int
    count: int


@dataclass(frozen=True, slots=True)
class Month(Model):
    """How many pictures a month holds; `month` reads 2026-11."""

    month: str
    count: int


@dataclass(frozen=True, slots=True)
class Library(Model):
    """GET /library: the numbers of the sidebar and the months of the scroll bar."""

    counts: dict[str, int]
    folders: tuple[Folder, ...]
    months: tuple[Month, ...]


@dataclass(frozen=True, slots=True)
class GalleryFolder(Model):
    """GET /gallery: the folder that is watched, and how that goes."""

    folder: str | None
    exists: bool
    readable: bool
    watching: bool
    watcher: str | None
    last_scan: Any
    pictures: int
    refused: int


@dataclass(frozen=True, slots=True)
class ImportProgress(Model):
    """GET /imports: how far the import is; `rate` in pictures a second."""

    active: bool
    done: int
    total: int
    refused: int
    rate: float | None
    seconds_left: float | None
    folder: str | None
    started_at: datetime | None


@dataclass(frozen=True, slots=True)
class RefusedFile(Model):
    """A file that did not become a picture, and what its owner can do."""

    name: str
    folder: str | None
    code: str
    reason: str
    advice: str | None
    time: datetime | None


@dataclass(frozen=True, slots=True)
class RefusedPage(Model):
    """GET /imports/refused."""

    items: tuple[RefusedFile, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ActivityEntry(Model):
    """One line of the activity page."""

    sequence: int
    time: datetime
    account: str | None
    kind: str
    severity: str
    what: str
    detail: str
    picture_id: str | None
    view_token: str | None
    evidence: bool


@dataclass(frozen=True, slots=True)
class ActivityPage(Model):
    """GET /activity."""

    items: tuple[ActivityEntry, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ViewingNow(Model):
    """How many sessions look at pictures, by kind of client."""

    total: int
    by_client: dict[str, int]


@dataclass(frozen=True, slots=True)
class Captures(Model):
    """Capture attempts of seven days, and how many found a hidden picture."""

    total: int
    hidden: int


@dataclass(frozen=True, slots=True)
class Shown(Model):
    """Pictures delivered today, and to how many people."""

    pictures: int
    people: int


@dataclass(frozen=True, slots=True)
class AuditState(Model):
    """Length of the hash-chained log and whether it verifies."""

    entries: int
    intact: bool


@dataclass(frozen=True, slots=True)
class ActivitySummary(Model):
    """GET /activity/summary: the number cards."""

    viewing_now: ViewingNow
    captures_7d: Captures
    shown_today: Shown
    response_p95_ms: float | None
    uptime_s: float
    restarts: int
    audit: AuditState


@dataclass(frozen=True, slots=True)
class Health(Model):
    """GET /health under /api: each service's state; members differ by service."""

    status: str
    timestamp: datetime | None
    version: str | None
    services: dict[str, Any]
