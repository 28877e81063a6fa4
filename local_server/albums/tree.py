"""The arithmetic of a tree of albums: what lies above and below, how deep, and which level is in force."""

from collections.abc import Iterable, Iterator, Mapping

from local_server.albums.models import Album, ListedAlbum
from local_server.library.protection import Level


class Tree:
    """Every album, by name among its siblings."""

    def __init__(self, albums: Iterable[Album]) -> None:
        self._albums = {album.id: album for album in albums}
        self._children: dict[str | None, list[Album]] = {}
        for album in self._albums.values():
            self._children.setdefault(album.parent_id, []).append(album)

    def __len__(self) -> int:
        return len(self._albums)

    def get(self, album_id: str) -> Album | None:
        """Return an album."""
        return self._albums.get(album_id)

    def children(self, album_id: str | None) -> list[Album]:
        """Return the albums directly in an album, or those in none."""
        return self._children.get(album_id, [])

    def above(self, album_id: str) -> list[Album]:
        """Return an album and those that it lies in, the nearest first."""
        chain = [self._albums[album_id]]
        while (parent := chain[-1].parent_id) is not None:
            chain.append(self._albums[parent])
        return chain

    def height(self, album_id: str) -> int:
        """Return how many levels an album and those below it take."""
        return 1 + max((self.height(child.id) for child in self.children(album_id)), default=0)

    def level(self, album_id: str, default: Level) -> Level:
        """Return the level in force: the album's own, else that of the nearest one above that has one."""
        own = (album.own_level for album in self.above(album_id))
        return next((level for level in own if level is not None), default)

    def listed(self, known: set[str], counts: Mapping[str, int], default: Level) -> Iterator[ListedAlbum]:
        """Yield the albums a person knows of, parents first; one without a known parent stands on top."""
        tops = [
            album
            for album in self._albums.values()
            if album.id in known and (album.parent_id is None or album.parent_id not in known)
        ]
        waiting = [(album, 0) for album in reversed(tops)]
        while waiting:
            album, depth = waiting.pop()
            yield ListedAlbum(
                album,
                album.parent_id if depth else None,
                depth,
                self.level(album.id, default),
                counts.get(album.id, 0),
            )
            below = (child for child in self.children(album.id) if child.id in known)
            waiting += [(child, depth + 1) for child in reversed(list(below))]
