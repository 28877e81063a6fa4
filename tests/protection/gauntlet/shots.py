"""Screenshots of marked pictures, at zooms, schemes and scales of the screen, and whom `trace` names."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from itertools import product
from pathlib import Path
from typing import NamedTuple

from PIL import ExifTags, Image

from local_server.accounts.models import Role
from tests.protection.stage import Screen, wait_until
from tests.support.desktop import CANVAS, GRID, PATIENCE_S, SAMPLES, SIZE, Desktop, catalogue
from tests.support.gallery import choose_gallery
from tests.support.people import add_people
from tests.support.server import PASSWORD, command
from tests.tour.scheme import DARK, LIGHT, Scheme
from tests.tour.steps import Album, brightness

VIEWER = "vera"
PHOTOGRAPHS = ("Yala mountain.jpg", "Crocus.jpg", "Manhattan at dusk.jpg", "Railway in the fog.jpg")
# So large that 0.4 of it is more than the canvas, on a screen of scale 1.
LONG_SIDE = 3072
# Keys and turns of the wheel that lead from 100 % to a zoom, and the per cent that come of them.
ZOOMS = {"0.4": ((), -5, 40), "1.0": ((), 0, 100), "2.7": (("=",) * 3, 0, 274)}
SCHEMES = {"dark": DARK, "light": LIGHT}
SCALES = ("1", "1.5")
FIRST_CELL = (480, 260)
MIDDLE = ((CANVAS[0] + CANVAS[2]) // 2, (CANVAS[1] + CANVAS[3]) // 2)
READY = (
    "SELECT places.name, pictures.id FROM places JOIN pictures ON pictures.id = places.picture_id "
    "WHERE pictures.status = 'ready'"
)
LAST_LOOK = (
    "SELECT kind, picture_id, context FROM interactions WHERE kind IN ('opened', 'zoomed') "
    "ORDER BY time DESC, sequence DESC LIMIT 1"
)
# Of the bar over the picture, where it has no words.
BAR = (640, 8, 760, 48)


class Shot(NamedTuple):
    """A file that was taken, and what is to be found in it."""

    file: Path
    picture: str


class Sitting:
    """A viewer before the program, with marked pictures, on a screen of one scale."""

    def __init__(self, folder: Path, scale: str) -> None:
        """Start the program on the first photograph, and wait until it shows."""
        self.folder, self.scale = folder, scale
        gallery = folder / "photographs"
        gallery.mkdir()
        for day, name in enumerate(reversed(PHOTOGRAPHS), 1):
            _enlarge(SAMPLES / name, gallery / name, float(scale), f"2024:05:{day:02} 12:00:00")
        data = folder / "data"
        choose_gallery(data, gallery)
        add_people(data, (VIEWER, Role.VIEWER))
        password = folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o600)
        self._ends = ExitStack()
        self.scheme = Scheme(folder)
        self._ends.callback(self.scheme.close)
        more = self.scheme.environment | {"DEFAULT_PROTECTION": "marked", "QT_SCALE_FACTOR": scale}
        # The window needs more pixels where each point has more.
        self.size = (round(SIZE[0] * float(scale)), round(SIZE[1] * float(scale)))
        screen = Screen(folder, "-screen", "0", f"{self.size[0]}x{self.size[1]}x24")
        self.desktop = Desktop(folder, data, more=more, screen=screen)
        self._ends.callback(self.desktop.stop)
        self.album = Album(self.desktop.screen, folder / "seen")
        try:
            self.desktop.sign_in(VIEWER)
            wait_until(lambda: len(self._ids()) == len(PHOTOGRAPHS), "all photographs are there", PATIENCE_S)
            wait_until(lambda: not self.desktop.hides(self._box(GRID)), "they are shown", PATIENCE_S)
            self._open()
        except BaseException:
            self.close()
            raise

    def shots(self, schemes: Sequence[str], zooms: Sequence[str]) -> Iterator[Shot]:
        """Take the screen at each zoom and scheme, of picture after picture: PNG, JPEG, a quarter of both."""
        hands, ids = self.desktop.hands, self._ids()
        for number, (scheme, zoom) in enumerate(product(schemes, zooms)):
            self.scheme.choose(SCHEMES[scheme])
            hands.key("Right" if number % len(PHOTOGRAPHS) else "Home")
            picture = ids[PHOTOGRAPHS[number % len(PHOTOGRAPHS)]]
            self._until_told(picture, None)
            hands.key("Control", "1")
            self._until_told(picture, 100)
            keys, turns, percent = ZOOMS[zoom]
            for key in keys:
                hands.key(key)
            hands.wheel(*self._spot(MIDDLE), turns)
            self._until_told(picture, percent)
            self._until_scheme(scheme)
            self.album.settled()
            yield from self._taken(f"{scheme}-{self.scale}x-zoom-{zoom}", picture)

    def traces(self, shots: Sequence[Shot]) -> Iterator[tuple[Shot, str]]:
        """Ask the command line whose each file is; tell what of the answer is wrong, if anything."""
        with catalogue(self.desktop.data) as reader:
            (session,) = reader.execute("SELECT id FROM viewing_sessions").fetchone()
        for shot in shots:
            arguments = ("trace", str(shot.file), "--data-dir", str(self.desktop.data), "--json")
            done = command(*arguments, home=self.folder)
            if not done.stdout:
                raise AssertionError(done.stderr)
            found = json.loads(done.stdout)
            wanted = {"account": VIEWER, "viewing_session": session, "picture": shot.picture}
            wrong = [f"{key} {found[key]}" for key, value in wanted.items() if found[key] != value]
            yield shot, ", ".join(wrong)

    def close(self) -> None:
        """End the program."""
        self._ends.close()

    def _taken(self, name: str, picture: str) -> Iterator[Shot]:
        for ending, options in (("png", ()), ("jpg", ("-q", "75"))):
            file = self.folder / f"{name}.{ending}"
            done = self.desktop.screen.run("scrot", *options, str(file))
            if done.returncode:
                raise AssertionError(done.stderr.decode())
            yield Shot(file, picture)
            quarter = file.with_stem(f"{file.stem}-quarter")
            with Image.open(file) as whole:
                left, top = whole.width * 3 // 16, whole.height * 3 // 16
                part = whole.crop((left, top, left + whole.width // 2, top + whole.height // 2))
                part.convert("RGB").save(quarter, quality=75)
            yield Shot(quarter, picture)

    def _open(self) -> None:
        """Open a picture of the grid; a click that comes while it is still being laid out goes astray."""
        for _ in range(3):
            self.album.settled()
            self.desktop.hands.click(*self._spot(FIRST_CELL), times=2)
            with suppress(AssertionError):
                return wait_until(lambda: self._look()[0] == "opened", "a picture is opened", 20.0)
        raise AssertionError("no picture was opened")

    def _until_told(self, picture: str, percent: int | None) -> None:
        """Wait until the program has recorded that a picture is open, or is looked at so large."""

        wanted = ("opened" if percent is None else "zoomed", picture, percent)
        wait_until(lambda: self._look() == wanted, f"{picture} is open, at {percent} %", PATIENCE_S)

    def _look(self) -> tuple[str, str, int | None]:
        """Return how the program has recorded the last look at a picture: its kind, which one, how large."""
        with catalogue(self.desktop.data) as reader:
            kind, picture, context = reader.execute(LAST_LOOK).fetchone() or ("", "", "null")
        return kind, picture, (json.loads(context) or {}).get("percent")

    def _until_scheme(self, scheme: str) -> None:
        wait_until(
            lambda: (brightness(self.desktop.pixels(self._box(BAR))) > 128) == (scheme == "light"),
            f"it is {scheme}",
        )

    def _spot(self, point: tuple[int, int]) -> tuple[int, int]:
        """Turn a point of the window into a pixel of the screen."""
        return round(float(self.scale) * point[0]), round(float(self.scale) * point[1])

    def _box(self, box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        return *self._spot(box[:2]), *self._spot(box[2:])

    def _ids(self) -> dict[str, str]:
        """Return the pictures that are ready, by the names of their files."""
        with catalogue(self.desktop.data) as reader:
            return dict(reader.execute(READY).fetchall())


def _enlarge(sample: Path, file: Path, scale: float, taken: str) -> None:
    """Write a large photograph; the newest is the first in the gallery."""
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken
    with Image.open(sample) as opened:
        factor = LONG_SIDE * scale / max(opened.size)
        size = (round(opened.width * factor), round(opened.height * factor))
        opened.resize(size, Image.Resampling.LANCZOS).save(file, quality=92, exif=exif)


def main(arguments: Sequence[str] | None = None) -> int:
    """Take and trace all; exit status 1 when one was not traced."""
    parser = argparse.ArgumentParser(prog="python -m tests.protection.gauntlet.shots", description=__doc__)
    parser.add_argument(
        "--keep", type=Path, help="a folder for what was not traced, and the data directories"
    )
    keep: Path | None = parser.parse_args(arguments).keep
    failed = count = 0
    for scale in SCALES:
        with tempfile.TemporaryDirectory(prefix="vaultsecure-shots-") as scratch:
            sitting = Sitting(Path(scratch), scale)
            try:
                for shot, wrong in sitting.traces(list(sitting.shots(tuple(SCHEMES), tuple(ZOOMS)))):
                    count += 1
                    failed += bool(wrong)
                    sys.stdout.write(f"{shot.file.name}: {wrong or 'traced'}\n")
                    if wrong and keep is not None:
                        keep.mkdir(parents=True, exist_ok=True)
                        shutil.copy(shot.file, keep)
            finally:
                sitting.close()
            if failed and keep is not None:
                shutil.copytree(sitting.desktop.data, keep / f"data-{scale}x", dirs_exist_ok=True)
    sys.stdout.write(f"{count - failed} of {count} screenshots traced to the session and the picture\n")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
