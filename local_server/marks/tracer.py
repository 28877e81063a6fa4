"""Traces a leaked file back to who saw it: each part is read, recognised, and read with the original."""

import io
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

import numpy as np
import structlog
from numpy.typing import NDArray
from PIL import Image

from local_server.database.engine import Database
from local_server.errors import Outage
from local_server.imaging.isolation import Decoder
from local_server.imaging.models import NO_PART, Refused
from local_server.imaging.renditions import SCREEN, THUMBNAIL
from local_server.marks import evidence, queries
from local_server.marks.carrier import Layer
from local_server.marks.codec import Codec
from local_server.marks.identity import MarkId
from local_server.marks.issued import Issued
from local_server.marks.locate import AGREEING, Patch
from local_server.marks.models import Certainty, Quad, Recognised, Sighting, Spot, Trace
from local_server.marks.original import read_against
from local_server.marks.read import LARGEST_SCALE, SMALLEST_SCALE, Reading, read
from local_server.marks.recognise import Match, Recogniser
from local_server.marks.seen import Seen, shares
from local_server.marks.spectrum import luma
from local_server.storage.blobs import Blobs

MOST_PARTS: Final = 16
# So many of what was sent last are weighed, and so many of the likeliest laid under, in a fifth of a second
# each.
_MOST_LOCATED: Final = 60
_MOST_LAID: Final = 24
# What a picture may leave unexplained of a piece, and how much more the next must leave: of 30 pieces, a
# wrong picture left 0.33 at least, and then the next 0.36.
_LITTLE: Final = 0.4
_CLEARLY: Final = 2.0
_AGREEING_ON_FIRST: Final = 2
_log = structlog.get_logger("trace")

Telling = Callable[[str], None]


def silent(_step: str) -> None:
    """Tell nobody."""


class Tracer:
    """Looks a file over; one thread at a time."""

    def __init__(self, database: Database, blobs: Blobs, codec: Codec, decoder: Decoder) -> None:
        self._database = database
        self._blobs = blobs
        self._codec = codec
        self._decoder = decoder
        self._recogniser = Recogniser(database, blobs)

    def trace(self, source: int, tell: Telling = silent) -> Trace:
        """Trace the file behind a descriptor; `tell` hears of each step, and may raise to end it."""
        began = time.monotonic()
        seen: list[Seen] = []
        refused: Refused | None = None
        for number in range(MOST_PARTS):
            tell(f"Opening part {number + 1}" if number else "Opening the file")
            pixels = self._decoder.pixels(source, number)
            if isinstance(pixels, Refused):
                refused = None if pixels.code == NO_PART else pixels
                break
            one = Seen.of(pixels)
            where = one.part.label or "the picture"
            tell(f"Reading {where}")
            one.readings.extend((reading, False) for reading in self._read(one))
            tell(f"Comparing {where} with the library")
            one.matches.extend(self._recogniser.matches(one.preview, self._sent(one.readings)))
            seen.append(one)
            self._read_closely(one, seen, where, tell)
            self._locate(one, where, tell)
        return Trace(
            parts=tuple(one.part for one in seen),
            sightings=self._sightings(seen),
            pictures=self._recognised(seen),
            refused=refused if not seen else None,
            seconds=time.monotonic() - began,
        )

    def _read_closely(self, one: Seen, seen: list[Seen], where: str, tell: Telling) -> None:
        """Read with more effort what was not read in any part, or shows more pictures than it has marks."""
        issued = Issued(self._codec, self._issued(one.matches))
        if not any(other.readings for other in seen):
            tell(f"Reading {where} with the original")
            one.readings.extend((reading, True) for reading in self._read_registered(one, issued))
        marks = {reading.mark for reading, _ in one.readings}
        if not any(other.readings for other in seen) or 0 < len(marks) < len(one.matches):
            tell(f"Searching {where} for marks of any size and turn")
            known = {(reading.mark, reading.layer) for reading, _ in one.readings}
            one.readings.extend(
                (reading, False)
                for reading in self._read(one, search=True, issued=issued)
                if (reading.mark, reading.layer) not in known
            )

    def _locate(self, one: Seen, where: str, tell: Telling) -> None:
        """Lay what shows too little to be recognised over what was sent, where its mark says it must lie."""
        matched = {match.picture.id for match in one.matches}
        for mark in dict.fromkeys(reading.mark for reading, _ in one.readings):
            with self._database.read() as connection:
                bearer = queries.bearer(connection, mark)
                sent = {} if bearer is None else queries.sent(connection, bearer.viewing_session_id)
            if matched & sent.keys() or len(sent) < 2:
                continue
            tell(f"Looking where {where} lies in what was sent")
            reading = self._in_pixels(one, mark)
            if reading is None:
                continue
            tile = self._codec.tile(reading.layer, mark.payload)
            grey, (_, box) = luma(one.pixels), evidence.draw(one.pixels, reading, tile)
            # The box leaves out what is beside the picture, and sometimes the only lively part of it.
            whole = np.array([(0.0, 0.0), grey.shape[::-1]])
            located = self._located([Patch(grey, reading, corners) for corners in (box, whole)], sent)
            if located is not None:
                one.located[mark] = located

    def _located(self, patches: list[Patch], sent: dict[str, datetime]) -> str | None:
        """Return the picture that patches are of: what explains them best is laid under them first."""
        ranked: list[tuple[float, queries.Picture, set[int]]] = []
        for picture_id in sorted(sent, key=lambda known: sent[known], reverse=True)[:_MOST_LOCATED]:
            with self._database.read() as connection:
                picture = queries.picture(connection, picture_id)
            original = self._screen(picture)
            if original is not None:
                widths = {picture.width, *picture.widths.values()}
                explained = max(patch.explained(original, widths) for patch in patches)
                ranked.append((explained, picture, widths))
        ranked.sort(key=lambda one: one[0], reverse=True)
        # Where no other can be meant, the likeliest needs less to speak for it.
        least = _AGREEING_ON_FIRST if len(ranked) == len(sent) else AGREEING
        for _, picture, widths in ranked[:_MOST_LAID]:
            original = self._screen(picture)
            if original is not None and any(patch.on(original, widths, least) for patch in patches):
                return picture.id
            least = AGREEING
        best, second, *_ = [*(1 - explained for explained, _, _ in ranked), 1.0, 1.0]
        return ranked[0][1].id if ranked and best <= _LITTLE and second >= _CLEARLY * best else None

    def _in_pixels(self, one: Seen, mark: MarkId) -> Reading | None:
        """Return the reading of a mark in the pixels, which the painted one may have hidden at first."""

        def known() -> Reading | None:
            readings = (reading for reading, _ in one.readings if reading.layer is Layer.PIXELS)
            return next((reading for reading in readings if reading.mark == mark), None)

        if known() is None:
            searched = self._read(one, search=True)
            one.readings.extend((reading, False) for reading in searched if reading.layer is Layer.PIXELS)
        return known()

    def _screen(self, picture: queries.Picture) -> NDArray[np.float32] | None:
        """Return the luma of a picture's screen rendition; None where it is lost for now."""
        try:
            content = self._blobs.get(picture.blobs[SCREEN])
        except Outage as outage:  # the trace says what it knows without
            _log.warning("not compared", code=outage.code, picture=picture.id)
            return None
        with Image.open(io.BytesIO(content), formats=("JPEG",)) as image:
            return luma(np.asarray(image.convert("RGB")))

    def _read(self, one: Seen, *, search: bool = False, issued: Issued | None = None) -> list[Reading]:
        scales = one.whole_copy_scales
        return read(one.pixels, self._codec, scales, search=search, issued=issued)

    def _issued(self, matches: list[Match]) -> set[MarkId]:
        """Return the marks of those whom the pictures in view were shown to."""
        with self._database.read() as connection:
            return {mark for match in matches for mark in queries.marks(connection, match.picture.id)}

    def _read_registered(self, one: Seen, issued: Issued) -> list[Reading]:
        """Read against the screen renditions of the pictures that are shown."""
        found: list[Reading] = []
        for match in one.matches:
            if match.matrix is None:
                continue
            original = self._screen(match.picture)
            if original is None:
                continue
            grown = original.shape[1] / match.thumbnail[0]
            matrix = np.diag((grown, grown, 1.0)) @ match.matrix @ one.to_preview
            widths = [match.picture.width, match.picture.widths[THUMBNAIL]]
            scales = [original.shape[1] / width for width in widths if width]
            usable = [scale for scale in scales if SMALLEST_SCALE <= scale <= LARGEST_SCALE]
            found += read_against(one.pixels, original, matrix, self._codec, usable, issued)
        return found

    def _sent(self, readings: list[tuple[Reading, bool]]) -> frozenset[str]:
        """Return the pictures that the bearers of marks were sent."""
        found: set[str] = set()
        with self._database.read() as connection:
            for mark in {reading.mark for reading, _ in readings}:
                bearer = queries.bearer(connection, mark)
                if bearer is not None:
                    found.update(queries.sent(connection, bearer.viewing_session_id))
        return frozenset(found)

    def _sightings(self, seen: list[Seen]) -> tuple[Sighting, ...]:
        spots: dict[MarkId, list[Spot]] = {}
        for number, one in enumerate(seen):
            for reading, registered in one.readings:
                spot = self._spot(number, one, reading, registered)
                spots.setdefault(reading.mark, []).append(spot)
        found = [self._sighting(mark, tuple(places), seen) for mark, places in spots.items()]
        return tuple(sorted(found, key=lambda sighting: -sighting.agreement))

    def _sighting(self, mark: MarkId, spots: tuple[Spot, ...], seen: list[Seen]) -> Sighting:
        with self._database.read() as connection:
            bearer = queries.bearer(connection, mark)
            sent = {} if bearer is None else queries.sent(connection, bearer.viewing_session_id)
        if bearer is None:
            return Sighting(mark, None, None, None, spots)
        shown = [
            match
            for spot in spots
            for match in seen[spot.part].matches
            if match.picture.id in sent and _overlaps(spot.box, seen[spot.part].box(match))
        ]
        if shown:
            picture: str | None = max(shown, key=lambda match: match.agreeing).picture.id
        else:
            located = [one.located[mark] for one in seen if mark in one.located]
            picture = next(iter(located or (sent if len(sent) == 1 else ())), None)
        moment = bearer.started_at if picture is None else sent[picture]
        return Sighting(mark, bearer, picture, moment, spots)

    def _spot(self, number: int, one: Seen, reading: Reading, registered: bool) -> Spot:
        map_, box = evidence.draw(one.pixels, reading, self._codec.tile(reading.layer, reading.mark.payload))
        return Spot(
            part=number,
            layer=reading.layer,
            box=shares(box + one.corner, (one.part.width, one.part.height)),
            scale=reading.scale,
            rotation=reading.geometry.rotation,
            mirrored=reading.geometry.mirrored,
            agreement=reading.agreement,
            registered=registered,
            map=map_,
        )

    def _recognised(self, seen: list[Seen]) -> tuple[Recognised, ...]:
        best: dict[str, Recognised] = {}
        for number, one in enumerate(seen):
            for match in one.matches:
                known = best.get(match.picture.id)
                if known is not None and known.agreeing >= match.agreeing:
                    continue
                with self._database.read() as connection:
                    people, in_all = queries.shown_to(connection, match.picture.id)
                best[match.picture.id] = Recognised(
                    part=number,
                    picture_id=match.picture.id,
                    title=match.picture.title,
                    certainty=_certainty(match),
                    agreeing=match.agreeing,
                    distance=match.distance,
                    box=one.box(match),
                    people=tuple(people),
                    people_in_all=in_all,
                )
        return tuple(sorted(best.values(), key=lambda picture: (-picture.agreeing, picture.distance)))


def _overlaps(one: Quad, other: Quad | None) -> bool:
    """Say whether two boxes share some of the image."""
    if other is None:
        return True
    first, second = np.array(one), np.array(other)
    shared = np.minimum(first.max(axis=0), second.max(axis=0)) - np.maximum(
        first.min(axis=0), second.min(axis=0)
    )
    return bool((shared > 0).all())


def _certainty(match: Match) -> Certainty:
    if match.certain:
        return Certainty.CERTAIN
    return Certainty.LIKELY if match.agreeing else Certainty.POSSIBLE
