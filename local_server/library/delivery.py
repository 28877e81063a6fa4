"""From a sealed rendition to the bytes that one viewer gets: rights, level, mark, record."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from threading import Lock
from typing import Final, NoReturn

import structlog
from sqlalchemy import select

from local_server.accounts.models import Caller
from local_server.accounts.tokens import Tokens
from local_server.database import upsert
from local_server.database.engine import Database
from local_server.database.tables import pictures, renditions
from local_server.imaging.isolation import Decoder
from local_server.imaging.models import Refused
from local_server.imaging.tiles import SIDE, TilePack, columns_and_rows
from local_server.library import queries
from local_server.library.cache import Cache
from local_server.library.deliveries import Deliveries
from local_server.library.errors import (
    LevelNotHeld,
    OriginalRefused,
    PictureUnknown,
    TileUnknown,
    ViewTokenForeign,
)
from local_server.library.marking import Marker
from local_server.library.openings import Openings
from local_server.library.originals import Originals
from local_server.library.protection import Level, effective
from local_server.library.service import Library
from local_server.marks.carrier import Strength
from local_server.marks.embed import Margin
from local_server.storage.blobs import Blobs
from local_server.storage.errors import BlobDamaged, BlobMissing

MARKED_BYTES: Final = 64 << 20
MARKED_THUMBNAIL_BYTES: Final = 64 << 20
PACK_BYTES: Final = 96 << 20
_TILES: Final = "tiles"
_log = structlog.get_logger("delivery")


class Kind(StrEnum):
    """What of a picture can be asked for."""

    THUMBNAIL = "thumbnail"
    SCREEN = "screen"
    TILE = "tile"


@dataclass(frozen=True, slots=True)
class Delivered:
    """A JPEG, and the size of the whole rendition (of the full picture for a tile)."""

    content: bytes
    width: int
    height: int

    def __len__(self) -> int:
        return len(self.content)


class Delivery:
    """The only way out for pixels; handlers call it from many threads."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        library: Library,
        openings: Openings,
        originals: Originals,
        decoder: Decoder,
        marker: Marker,
        tokens: Tokens,
        deliveries: Deliveries,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._library = library
        self._openings = openings
        self._originals = originals
        self._decoder = decoder
        self._marker = marker
        self._tokens = tokens
        self._deliveries = deliveries
        # Thumbnails are kept by themselves: a few pictures would drive out a whole grid of them.
        self._marked_thumbnails: Cache[Delivered] = Cache(MARKED_THUMBNAIL_BYTES)
        self._marked: Cache[Delivered] = Cache(MARKED_BYTES)
        self._packs: Cache[TilePack] = Cache(PACK_BYTES)
        self._cutting = Lock()

    def view(
        self, caller: Caller, token: str, picture_id: str, kind: Kind, column: int = 0, row: int = 0
    ) -> Delivered:
        """Return a rendition for the caller and record it.

        A thumbnail may be looked at freely; the others are openings, which grants may count. Raises what
        Tokens.read_view raises, ViewTokenForeign, PictureUnknown, ViewsUsedUp, TileUnknown, and the outages
        of blobs and originals.
        """
        granted = self._tokens.read_view(token)
        if (granted.picture_id, granted.viewing_session_id) != (picture_id, caller.viewing_session_id):
            raise ViewTokenForeign
        return self.deliver(caller, picture_id, kind, column, row)

    def deliver(
        self, caller: Caller, picture_id: str, kind: Kind, column: int = 0, row: int = 0
    ) -> Delivered:
        """Return a rendition for a caller whose right to ask was proven; raises as `view` does."""
        level = effective(self._library.level(caller, picture_id), caller.role)
        if not level.held_by(caller.holds):
            raise LevelNotHeld(
                f"This machine cannot hold level {level}: {caller.holds_reason}",
                level=level.value,
                holds=caller.holds,
            )
        key = (caller.viewing_session_id, picture_id, kind, column, row, level, caller.strong)
        marked = self._marked_thumbnails if kind is Kind.THUMBNAIL else self._marked
        delivered = marked.get(key)
        if delivered is None:
            delivered = self._made(caller, picture_id, kind, column, row, level)
            marked.put(key, delivered)
        if kind is not Kind.THUMBNAIL:
            self._openings.note(caller, picture_id)
        self._deliveries.record(caller, picture_id, kind.value, level)
        return delivered

    def marked_tiles(
        self, caller: Caller, picture_id: str
    ) -> tuple[TilePack, Iterator[tuple[int, int, bytes]]]:
        """Return a picture's full-size tiles, each marked whatever the level: column, row and JPEG.

        Raises as `deliver` does.
        """
        level = self._library.level(caller, picture_id)
        pack = self._pack(caller, picture_id, 0, 0)
        self._deliveries.record(caller, picture_id, Kind.TILE.value, level)
        return pack, self._marked_tiles(caller, pack, _strength(caller, level))

    def _marked_tiles(
        self, caller: Caller, pack: TilePack, strength: Strength
    ) -> Iterator[tuple[int, int, bytes]]:
        for row, column in product(range(pack.rows), range(pack.columns)):
            tile = pack.tile(column, row)
            if tile is None:
                raise TileUnknown(f"column {column}, row {row}")
            origin = (column * SIDE, row * SIDE)
            yield (
                column,
                row,
                self._marker.mark(tile.content, caller.mark, origin, Margin(*tile.margin), strength),
            )

    def verify(self, picture_id: str, kind: Kind) -> None:
        """See that the storage has a rendition; one that is lost is made anew. Raises its outage."""
        with self._database.read() as connection:
            blob = connection.execute(
                select(renditions.c.blob).where(
                    renditions.c.picture_id == picture_id, renditions.c.kind == kind.value
                )
            ).scalar_one_or_none()
        if blob is None:
            raise PictureUnknown(picture_id)
        # Opened, not only looked for: it is about to be seen, and may have come to harm.
        self._stored(picture_id, blob)

    def close(self) -> None:
        """End the decoder of tiles."""
        self._decoder.close()

    def _made(
        self, caller: Caller, picture_id: str, kind: Kind, column: int, row: int, level: Level
    ) -> Delivered:
        margin = Margin()
        if kind is Kind.TILE:
            pack = self._pack(caller, picture_id, column, row)
            tile = pack.tile(column, row)
            if tile is None:
                raise TileUnknown(f"column {column}, row {row}")
            content, width, height = tile.content, pack.width, pack.height
            margin = Margin(*tile.margin)
        else:
            with self._database.read() as connection:
                found = connection.execute(
                    select(renditions.c.blob, renditions.c.width, renditions.c.height)
                    .join(pictures, pictures.c.id == renditions.c.picture_id)
                    .where(renditions.c.picture_id == picture_id, renditions.c.kind == kind.value)
                    .where(queries.SHOWN)
                ).one_or_none()
            if found is None:
                raise PictureUnknown(picture_id)
            content, width, height = self._stored(picture_id, found.blob), found.width, found.height
        if level.marks_pixels:
            origin = (column * SIDE, row * SIDE)
            content = self._marker.mark(content, caller.mark, origin, margin, _strength(caller, level))
        else:
            content = self._marker.plain(content, margin)
        return Delivered(content, width, height)

    def _pack(self, caller: Caller, picture_id: str, column: int, row: int) -> TilePack:
        """Return the full-size tiles: at hand, stored, or cut now from the original and stored."""
        pack = self._packs.get(picture_id)
        if pack is not None:
            return pack
        picture = self._library.details(caller, picture_id).picture
        columns, rows = columns_and_rows(picture.width, picture.height)
        if column >= columns or row >= rows:
            raise TileUnknown(f"column {column}, row {row}")
        # One at a time: eight tiles of a picture are asked for at once, and all come from one cut.
        with self._cutting:
            pack = self._packs.get(picture_id)
            if pack is None:
                with self._database.read() as connection:
                    blob = connection.execute(
                        select(renditions.c.blob).where(
                            renditions.c.picture_id == picture_id, renditions.c.kind == _TILES
                        )
                    ).scalar_one_or_none()
                pack = TilePack.opened(self._stored(picture_id, blob)) if blob else self._cut(picture_id)
                self._packs.put(picture_id, pack)
        return pack

    def _stored(self, picture_id: str, blob: str) -> bytes:
        """Open a sealed rendition; ask for one that is lost or damaged anew, and raise the outage."""
        try:
            return self._blobs.get(blob)
        except (BlobMissing, BlobDamaged) as outage:
            self._lost(picture_id, blob, outage)

    def _lost(self, picture_id: str, blob: str, outage: BlobMissing | BlobDamaged) -> NoReturn:
        _log.error("rendition lost", code=outage.code, picture=picture_id, blob=blob)
        self._library.make_again(picture_id)
        raise outage

    def _cut(self, picture_id: str) -> TilePack:
        with self._originals.open(picture_id) as source:
            content = self._decoder.tiles(source)
        if isinstance(content, Refused):
            raise OriginalRefused(content.reason, reason_code=content.code)
        pack = TilePack.opened(content)
        blob = f"{picture_id}-{_TILES}"
        size = self._blobs.put(blob, content)
        row = {
            "picture_id": picture_id,
            "kind": _TILES,
            "blob": blob,
            "width": pack.width,
            "height": pack.height,
            "bytes": size,
        }
        with self._database.write() as connection:
            connection.execute(upsert.insert(connection, renditions).values(row).on_conflict_do_nothing())
        return pack


def _strength(caller: Caller, level: Level) -> Strength:
    """Return how strongly somebody's copy is marked at a level."""
    if caller.strong or level is Level.SEALED:
        return Strength.STRENGTHENED
    return Strength.GUARDED if level is Level.GUARDED else Strength.MARKED
