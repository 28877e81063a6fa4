"""The bodies of the library's HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from local_server.imaging.text import clean_text
from local_server.library.models import Details, Flag, Picture
from local_server.library.protection import Level
from local_server.web.bodies import Answer, Body, Id, Line


class PictureAnswer(Answer):
    """One line of a list.

    `taken_local` is the camera's clock, `taken_at` the same moment in UTC where the camera wrote its zone.
    Opening one that `costs_view` spends a view of a grant: fetch none of these ahead.
    """

    id: str
    name: str
    title: str | None
    folder: str
    width: int
    height: int
    sort_at: datetime
    taken_at: datetime | None
    taken_local: str | None
    added_at: datetime
    format: str
    bytes: int
    colour: str
    rating: int
    flag: Flag | None
    favourite: bool
    camera_name: str | None
    level: Level
    costs_view: bool
    view_token: str

    @classmethod
    def of(cls, picture: Picture, level: Level, view_token: str) -> Self:
        """Describe a picture to one viewer."""
        return cls(**_fields(picture, level, view_token))


class CameraAnswer(Answer):
    """The camera and its setting; millimetres and seconds."""

    make: str | None
    model: str | None
    lens: str | None
    focal: float | None
    aperture: float | None
    exposure: float | None
    iso: int | None


class GpsAnswer(Answer):
    """Degrees, north and east positive."""

    latitude: float
    longitude: float


class PlaceAnswer(Answer):
    """A folder and a file's name."""

    folder: str
    name: str


class ProtectionAnswer(Answer):
    """The level for this viewer, where it comes from, and the mark that the pixels carry."""

    level: Level
    source: str
    mark_id: str | None


class DetailsAnswer(PictureAnswer):
    """Everything about one picture; the histogram counts luma in 64 bins."""

    camera: CameraAnswer
    gps: GpsAnswer | None
    icc: str | None
    histogram: list[int]
    frames: int
    content_hash: str
    tags: list[str]
    places: list[PlaceAnswer]
    protection: ProtectionAnswer

    @classmethod
    def of_details(cls, details: Details, level: Level, view_token: str, mark_id: str | None) -> Self:
        """Describe a picture in full to one viewer."""
        camera = details.picture.camera
        gps = None
        if details.latitude is not None and details.longitude is not None:
            gps = GpsAnswer(latitude=details.latitude, longitude=details.longitude)
        return cls(
            **_fields(details.picture, level, view_token),
            camera=CameraAnswer(
                make=camera.make,
                model=camera.model,
                lens=camera.lens,
                focal=camera.focal,
                aperture=camera.aperture,
                exposure=camera.exposure,
                iso=camera.iso,
            ),
            gps=gps,
            icc=details.icc,
            histogram=details.histogram,
            frames=details.frames,
            content_hash=details.content_hash,
            tags=details.tags,
            places=[PlaceAnswer(folder=place.folder, name=place.name) for place in details.places],
            protection=ProtectionAnswer(level=level, source=details.level_source, mark_id=mark_id),
        )


class PageAnswer(Answer):
    """A page of a list; send `next` as cursor for the following one."""

    items: list[PictureAnswer]
    next: str | None
    total: int


Tag = Annotated[Line, Field(min_length=1, max_length=64)]


class ChangeBody(Body):
    """What a curator changes; a field that is left out stays as it is."""

    rating: Annotated[int, Field(ge=0, le=5)] = 0
    flag: Literal["pick", "reject"] | None = None
    favourite: bool = False
    title: Annotated[Line, Field(max_length=256)] | None = None
    tags: Annotated[list[Tag], Field(max_length=64, default_factory=list)]

    def changes(self) -> dict[str, Any]:
        """Return the columns that were sent; texts without what does not print."""
        sent = self.model_dump(include=self.model_fields_set)
        if sent.get("title") is not None:
            sent["title"] = clean_text(sent["title"], 256) or None
        if "tags" in sent:
            cleaned = (clean_text(tag, 64) for tag in sent["tags"])
            sent["tags"] = list(dict.fromkeys(tag for tag in cleaned if tag))
        return sent


class TokensBody(Body):
    """Pictures that view tokens are wanted for."""

    ids: Annotated[list[Id], Field(max_length=500)]


class TokensAnswer(Answer):
    """View tokens by picture; ids that cannot be shown are left out."""

    tokens: dict[str, str]
    expires_in: int


class CountsAnswer(Answer):
    """How many pictures each view has."""

    all: int
    recent: int
    favourites: int
    picks: int


class FolderAnswer(Answer):
    """A folder; `count` includes what lies below it."""

    path: str
    name: str
    depth: int
    count: int


class MonthAnswer(Answer):
    """A month such as 2026-11."""

    month: str
    count: int


class LibraryAnswer(Answer):
    """What the side bar shows."""

    counts: CountsAnswer
    folders: list[FolderAnswer]
    months: list[MonthAnswer]


def _fields(picture: Picture, level: Level, view_token: str) -> dict[str, Any]:
    return {
        "id": picture.id,
        "name": picture.place.name,
        "title": picture.title,
        "folder": picture.place.folder,
        "width": picture.width,
        "height": picture.height,
        "sort_at": picture.sort_at,
        "taken_at": picture.taken_at,
        "taken_local": picture.taken_local,
        "added_at": picture.added_at,
        "format": picture.format,
        "bytes": picture.bytes,
        "colour": picture.colour,
        "rating": picture.rating,
        "flag": picture.flag,
        "favourite": picture.favourite,
        "camera_name": camera_name(picture.camera.make, picture.camera.model),
        "level": level,
        "costs_view": picture.costs_view,
        "view_token": view_token,
    }


def camera_name(make: str | None, model: str | None) -> str | None:
    """Join make and model as people say them: not "Canon Canon EOS R5"."""
    if not make or not model:
        return model or make
    if model.casefold().startswith(make.split()[0].casefold()):
        return model
    return f"{make} {model}"
