"""People, pictures and imports as the API names them: frozen values, moments as aware UTC datetimes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from desktop.client.answers import Model


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
    def administers(self) -> bool:
        """Say whether this person may see and change who comes in."""
        return self.role == "admin"

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
    must_change_password: bool
    second_factor_setup_needed: bool

    @property
    def whole(self) -> bool:
        """Say whether the tokens open the gallery; else they are good for what is due alone."""
        return not (self.must_change_password or self.second_factor_setup_needed)


@dataclass(frozen=True, slots=True)
class SecondFactorSecret(Model):
    """POST /session/second-factor: a secret that waits for its first code."""

    secret: str
    otpauth: str


@dataclass(frozen=True, slots=True)
class SecondFactorOn(Model):
    """PUT /session/second-factor: recovery codes, shown once, and the tokens of the sign-in that follows."""

    recovery_codes: tuple[str, ...]
    session: SignedIn | None


@dataclass(frozen=True, slots=True)
class BrowserSignIn(Model):
    """POST /session/organisation/start: where the browser has to go, and what finishes the sign-in."""

    authorisation_url: str
    state: str
    ticket: str


@dataclass(frozen=True, slots=True)
class Picture(Model):
    """One picture as the grid needs it; opening one that `costs_view` spends one of a number of views."""

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
    costs_view: bool
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
