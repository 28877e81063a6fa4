"""Which pictures were asked for, and which of them belong there. Knows no widget."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from desktop.client.models import Picture


@dataclass(frozen=True)
class Choice:
    """What to show: a view (all, recent, favourites, picks), of a folder or album, searched or rated."""

    view: str = "all"
    folder: str | None = None
    album: str | None = None
    query: str = ""
    stars: int = 0

    @property
    def filtered(self) -> bool:
        """Say whether pictures may be missing only because of a search or a filter."""
        return bool(self.query) or self.stars > 0

    @property
    def narrowed(self) -> bool:
        """Say whether only the server knows what belongs to the list."""
        return bool(self.query) or self.folder is not None or self.album is not None

    def includes(self, picture: Picture) -> bool:
        """Say whether a picture belongs to the list, as far as its facts tell."""
        return not (
            (self.view == "favourites" and not picture.favourite)
            or (self.view == "picks" and picture.flag != "pick")
            or picture.rating < self.stars
        )

    def moment(self, picture: Picture) -> datetime:
        """Give the time by which a picture is put in order."""
        return picture.added_at if self.view == "recent" else picture.sort_at
