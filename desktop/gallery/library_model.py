"""Which pictures the grid shows: fetched page by page, kept right by live events. Knows no widget."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from dataclasses import replace
from enum import Enum
from typing import Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.background import Background, Task
from desktop.client.errors import Failure, ServerRejection
from desktop.client.models import Picture, PictureDetail, PicturePage
from desktop.gallery.choice import Choice
from desktop.gallery.layout import Group

GATHER_MS = 300
PAGE = 500


class Catalogue(Protocol):
    """Where lists of pictures come from (`client.api.Gallery`)."""

    async def images(
        self,
        *,
        view: str = "all",
        folder: str | None = None,
        album: str | None = None,
        query: str | None = None,
        cursor: str | None = None,
        limit: int = PAGE,
    ) -> PicturePage:
        """Fetch a page, newest first."""

    async def image(self, picture_id: str) -> PictureDetail:
        """Fetch one picture."""


class State(Enum):
    """How far the list is."""

    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


class LibraryModel(QObject):
    """The list of pictures in order, newest first; lives on the GUI thread."""

    changed = Signal()
    state_changed = Signal()
    picture_changed = Signal(object)

    def __init__(self, catalogue: Catalogue, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._catalogue = catalogue
        self._background = background
        self.choice = Choice()
        self.state = State.LOADING
        self.failure: Failure | None = None
        self.total = 0
        self.pictures: list[Picture] = []
        self._index: dict[str, int] = {}
        self._groups: list[Group] | None = None
        self._everything: dict[str, Picture] = {}
        self._arriving: dict[str, Picture] = {}
        self._task: Task | None = None
        self._stale: set[str] = set()
        self._news = False
        self._gather = QTimer(self)
        self._gather.setSingleShot(True)
        self._gather.setInterval(GATHER_MS)
        self._gather.timeout.connect(self._catch_up)

    def choose(self, choice: Choice) -> None:
        """Show something else, from the start."""
        only_stars = replace(choice, stars=self.choice.stars) == self.choice
        self.choice = choice
        if only_stars and self.state is State.READY:
            self._publish()
            return
        self._everything.clear()
        self._publish()
        self.reload()

    def reload(self) -> None:
        """Fetch the whole list anew; what is shown stays until the new list says otherwise."""
        if self._task is not None:
            self._task.cancel()
        self._stale.clear()
        self._news = False
        self._set_state(State.LOADING, None)
        self._arriving = {}
        self._fetch(None, self._arriving, first=not self._everything)

    def clear(self) -> None:
        """Forget everything (lock, sign-out)."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._gather.stop()
        self._stale.clear()
        self._news = False
        self._everything.clear()
        self.total = 0
        self._publish()

    def index_of(self, picture_id: str) -> int | None:
        """Give a picture's place in the list."""
        return self._index.get(picture_id)

    def take(self, picture: Picture) -> None:
        """Show a picture's changed facts at once."""
        if picture.id not in self._everything:
            return
        self._everything[picture.id] = picture
        if self.choice.includes(picture) and self._same_place(picture):
            self.pictures[self._index[picture.id]] = picture
        else:
            if not self.choice.includes(picture):
                del self._everything[picture.id]
            self._publish()
        self.picture_changed.emit(picture)

    def on_event(self, kind: str, data: dict[str, Any]) -> None:
        """Take a live event of the server."""
        picture_id = str(data.get("id", ""))
        if kind == "picture_ready":
            self._news = True
        elif kind == "picture_changed":
            self._stale.add(picture_id)
        elif kind == "picture_removed":
            self._arriving.pop(picture_id, None)
            self._drop(picture_id)
            return
        elif kind == "gallery_changed":
            self.reload()
            return
        else:
            return
        if not self._gather.isActive():
            self._gather.start()

    def groups(self) -> list[Group]:
        """Group the list by month, for the layout; keys read 2026-11."""
        if self._groups is None:
            self._groups = self._group()
        return self._groups

    def _group(self) -> list[Group]:
        made: list[Group] = []
        month: tuple[int, int] | None = None
        aspects: list[float] = []
        for picture in self.pictures:
            moment = self.choice.moment(picture)
            if (moment.year, moment.month) != month:
                if month is not None:
                    made.append(Group(f"{month[0]:04}-{month[1]:02}", tuple(aspects)))
                month, aspects = (moment.year, moment.month), []
            aspects.append(picture.width / picture.height if picture.width and picture.height else 1.0)
        if month is not None:
            made.append(Group(f"{month[0]:04}-{month[1]:02}", tuple(aspects)))
        return made

    # Pages

    def _fetch(self, cursor: str | None, gathered: dict[str, Picture], *, first: bool) -> None:
        choice = self.choice

        def arrived(page: PicturePage) -> None:
            gathered.update((picture.id, picture) for picture in page.items)
            self.total = page.total
            if first and len(gathered) >= 2 * len(self.pictures):
                # A new list is shown while its pages come, at each doubling; a reloaded one replaces the old.
                self._everything = dict(gathered)
                self._publish()
            if page.next is not None:
                self._fetch(page.next, gathered, first=first)
                return
            self._task = None
            self._everything, self._arriving = gathered, {}
            self._publish()
            self._set_state(State.READY, None)
            if self._news or self._stale:
                self._gather.start()

        self._task = self._background.run(self._page(choice.view, cursor), arrived, self._broken, self)

    def _page(self, view: str, cursor: str | None) -> Coroutine[Any, Any, PicturePage]:
        choice = self.choice
        return self._catalogue.images(
            view=view,
            folder=choice.folder,
            album=choice.album,
            query=choice.query or None,
            cursor=cursor,
            limit=PAGE,
        )

    def _broken(self, failure: Failure) -> None:
        self._task = None
        self._set_state(State.FAILED, failure)

    # Live

    def _catch_up(self) -> None:
        if self.state is State.LOADING:
            return  # the list under way will start it again
        if self.state is State.FAILED:
            self.reload()
            return
        stale, self._stale = self._stale, set()
        for picture_id in stale:
            self._background.run(
                self._catalogue.image(picture_id),
                self._renew,
                lambda failure, gone=picture_id: self._not_renewed(gone, failure),  # type: ignore[misc]  # mypy cannot infer a lambda's default
                self,
            )
        if self._news:
            self._news = False
            self._fetch_news(None)

    def _fetch_news(self, cursor: str | None) -> None:
        """Fetch what was added last, page by page, until a page brings nothing unknown."""
        choice = self.choice
        if choice.view in ("favourites", "picks"):
            return  # a new picture is neither; when it becomes one, it is announced as changed

        def arrived(page: PicturePage) -> None:
            unknown = [picture for picture in page.items if picture.id not in self._everything]
            if not unknown or choice != self.choice:
                return
            self._everything.update((picture.id, picture) for picture in unknown)
            self.total += len(unknown)
            self._publish()
            if len(unknown) == len(page.items) and page.next is not None:
                self._fetch_news(page.next)

        self._background.run(self._page("recent", cursor), arrived, self._broken, self)

    def _renew(self, picture: Picture) -> None:
        if picture.id in self._everything:
            self.take(picture)
        elif self.choice.includes(picture) and not self.choice.narrowed:
            self._everything[picture.id] = picture
            self.total += 1
            self._publish()

    def _not_renewed(self, picture_id: str, failure: Failure) -> None:
        if isinstance(failure, ServerRejection):
            self._drop(picture_id)

    def _drop(self, picture_id: str) -> None:
        if self._everything.pop(picture_id, None) is not None:
            self.total = max(0, self.total - 1)
            self._publish()

    # Order

    def _key(self, picture: Picture) -> tuple[float, str]:
        return (self.choice.moment(picture).timestamp(), picture.id)

    def _same_place(self, picture: Picture) -> bool:
        place = self._index.get(picture.id)
        return place is not None and self._key(self.pictures[place]) == self._key(picture)

    def _publish(self) -> None:
        shown: Iterable[Picture] = self._everything.values()
        if self.choice.stars:
            shown = (picture for picture in shown if picture.rating >= self.choice.stars)
        self.pictures = sorted(shown, key=self._key, reverse=True)
        self._index = {picture.id: place for place, picture in enumerate(self.pictures)}
        self._groups = None
        self.changed.emit()

    def _set_state(self, state: State, failure: Failure | None) -> None:
        self.state, self.failure = state, failure
        self.state_changed.emit()
