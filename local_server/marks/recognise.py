"""Tells which pictures of the library a copy shows, be it cropped, turned or part of a screenshot."""

import io
from dataclasses import dataclass
from typing import Final

import numpy as np
import structlog
from PIL import Image

from local_server.database.engine import Database
from local_server.errors import Outage
from local_server.imaging.renditions import THUMBNAIL
from local_server.marks import queries
from local_server.marks.likenesses import Candidate, Likenesses
from local_server.marks.register import Corners, Matrix, register
from local_server.storage.blobs import Blobs

# So many that look most alike are compared corner by corner.
_COMPARED: Final = 24
# Of 64 bits: a small or blurred copy has no corners, but its looks. Unlike photographs differ in 10 and more
# where only wholes are compared.
_SAME_LOOKS: Final = 6
_AHEAD: Final = 4
_CERTAIN: Final = 16
_log = structlog.get_logger("recognise")


@dataclass(frozen=True, eq=False)
class Match:
    """A picture that a copy shows: how it lies over the picture's thumbnail, None where only looks agree."""

    picture: queries.Picture
    distance: int
    agreeing: int
    matrix: Matrix | None
    thumbnail: tuple[int, int]

    @property
    def certain(self) -> bool:
        """Whether so many corners agree that nothing else can be meant."""
        return self.agreeing >= _CERTAIN


class Recogniser:
    """Compares a copy with what the catalogue remembers, then with thumbnails."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs
        self._likenesses = Likenesses(database, blobs)

    def matches(self, copy: Image.Image, first: frozenset[str]) -> list[Match]:
        """Return the pictures that a copy shows, the surest first; those of `first` are all compared."""
        candidates = self._likenesses.nearest(copy, _COMPARED)
        listed = {one.picture_id for one in candidates}
        expected = self._likenesses.nearest(copy, _COMPARED, first) if first else []
        compared = [*candidates, *(one for one in expected if one.picture_id not in listed)]
        corners = Corners.of(copy)
        mirrored: Corners | None = None
        found: list[Match] = []
        for one in compared:
            match = self._match(corners, one)
            if match is not None:
                found.append(match)
        if not found:
            mirrored = Corners.of(copy.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
            back = np.array([(-1, 0, copy.width), (0, 1, 0), (0, 0, 1.0)])
            for one in compared:
                match = self._match(mirrored, one)
                if match is not None and match.matrix is not None:
                    upright = Match(
                        match.picture, match.distance, match.agreeing, match.matrix @ back, match.thumbnail
                    )
                    found.append(upright)
        if not found:
            found = self._by_looks(candidates)
        return sorted(found, key=lambda match: -match.agreeing)

    def _match(self, copy: Corners, candidate: Candidate) -> Match | None:
        opened = self._thumbnail(candidate.picture_id)
        if opened is None:
            return None
        picture, thumbnail = opened
        registration = register(copy, Corners.of(thumbnail))
        if registration is None:
            return None
        return Match(picture, candidate.distance, registration.agreeing, registration.matrix, thumbnail.size)

    def _by_looks(self, candidates: list[Candidate]) -> list[Match]:
        """Return the one that looks the same, if nothing else does nearly."""
        if not candidates or candidates[0].distance > _SAME_LOOKS:
            return []
        if len(candidates) > 1 and candidates[1].distance < candidates[0].distance + _AHEAD:
            return []
        opened = self._thumbnail(candidates[0].picture_id)
        if opened is None:
            return []
        return [Match(opened[0], candidates[0].distance, 0, None, opened[1].size)]

    def _thumbnail(self, picture_id: str) -> tuple[queries.Picture, Image.Image] | None:
        with self._database.read() as connection:
            picture = queries.picture(connection, picture_id)
        try:
            content = self._blobs.get(picture.blobs[THUMBNAIL])
        except Outage as outage:  # a lost thumbnail cannot be compared; the others can
            _log.warning("not compared", code=outage.code, picture=picture_id)
            return None
        return picture, Image.open(io.BytesIO(content), formats=("JPEG",))
