"""`python -m tests.tour`: the real program on a private screen, led through a first day.

Everything goes through the window by mouse and keys; what happened is read from the screen's frame buffer,
the window's title, the catalogue and the command line. Exit status 1 when a step was not seen to succeed.
"""

import argparse
import contextlib
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from tests.protection.stage import Screen
from tests.support.session_bus import can_run
from tests.tour.hands import Hands
from tests.tour.program import ROOT, Program
from tests.tour.scheme import DARK, LIGHT, Scheme
from tests.tour.steps import ALARM, GOOD, Album, brightness, colourfulness, difference, has_colour, part

NAME, PASSWORD = "anna", "seven wet geese in a row"
SAMPLES = 24
READY = "SELECT count(*) FROM pictures WHERE status = 'ready'"
SIDEBAR = (0, 300, 230, 700)
GRID = (232, 52, 1376, 868)
CANVAS = (20, 64, 1100, 782)
MIDDLE = (560, 420)
PASTE, CERTAIN, EVIDENCE = (517, 163), (360, 220, 640, 310), (680, 110, 1400, 520)
METER, TEST, TOLD = (1320, 886), (960, 682), ((610, 584, 812, 640), (822, 584, 1024, 640))


class Tour:
    """One walk through the program."""

    def __init__(
        self,
        album: Album,
        hands: Hands,
        program: Program,
        data: Path,
        screen: Screen,
        scheme: Scheme | None,
    ) -> None:
        self.album = album
        self.hands = hands
        self.program = program
        self.data = data
        self.screen = screen
        self.scheme = scheme

    def walk(self) -> None:
        """Do everything; later steps are tried though an earlier one failed."""
        self.first_run()
        self.day_and_night()
        self.look()
        self.capture()
        self.keep()
        self.leave()

    def first_run(self) -> None:
        """Make the first admin, and import the samples."""
        step, hands = self.album.step, self.hands
        step("first run", lambda: self.titled("Welcome"), 60)
        hands.type(NAME)
        hands.key("Return")
        hands.type(PASSWORD)
        hands.key("Return")
        hands.type(PASSWORD)
        step("account and password", lambda: True)
        hands.key("Tab")  # to the eye's neighbour: the folder
        hands.key("Tab")
        hands.key("Tab")
        hands.key("space")  # Try with sample pictures
        step("importing", lambda: self.ready() > 0, 60)
        step("grid", lambda: self.ready() >= SAMPLES and self.colour(GRID) > 0.3, 120)

    def day_and_night(self) -> None:
        """Have the system turn light, and dark again."""
        if self.scheme is None:
            sys.stdout.write("SKIPPED light and dark: there is no dbus-daemon (apt-get install dbus)\n")
            return
        self.scheme.choose(LIGHT)
        self.album.step("grid in the light", lambda: self.bright(SIDEBAR) > 200 and self.colour(GRID) > 0.3)
        self.scheme.choose(DARK)
        self.album.step("grid in the dark", lambda: self.bright(SIDEBAR) < 60 and self.colour(GRID) > 0.3)

    def look(self) -> None:
        """Open a picture, and look closer."""
        step, hands = self.album.step, self.hands
        hands.click(360, 200, times=2)
        step("picture", lambda: self.titled("Picture") and self.colour(CANVAS) > 0.2)
        fitting = self.album.settled()
        hands.wheel(*MIDDLE, 4)
        step("zoomed", lambda: difference(part(fitting, *CANVAS), part(self.album.pixels(), *CANVAS)) > 4)
        hands.key("Control", "0")
        hands.key("Right")
        step(
            "next picture", lambda: difference(part(fitting, *CANVAS), part(self.album.pixels(), *CANVAS)) > 8
        )
        with_panel = self.leak = self.album.settled()
        hands.key("i")
        step("without information", lambda: difference(with_panel, self.album.pixels()) > 2)
        hands.key("i")
        step("information", lambda: difference(with_panel, self.album.pixels()) < 2)

    def capture(self) -> None:
        """Take a screenshot as a thief would, and see what comes of it."""
        step = self.album.step
        self.screen.run("xwd", "-root", "-silent", "-out", str(self.data.parent / "stolen.xwd"))
        step("shield", lambda: self.colour(CANVAS) < 0.02 and self.shows(CANVAS, ALARM))
        step("picture back", lambda: self.colour(CANVAS) > 0.2)
        step("xwd is in the audit log", lambda: any("xwd" in str(entry) for entry in self.program.audit()))

    def keep(self) -> None:
        """Go back, and see what the keeper sees."""
        step, hands = self.album.step, self.hands
        hands.key("Escape")
        step("grid again", lambda: not self.titled("Picture") and self.colour(GRID) > 0.3)
        hands.key("Control", "k")
        hands.type("activity")
        step("command palette", lambda: True)
        hands.key("Return")
        step("activity", lambda: self.titled("Activity") and self.shows((250, 190, 1020, 600), ALARM))
        self.trace()
        hands.key("Control", "k")
        hands.type("go to people")
        hands.key("Return")
        step("people", lambda: self.titled("People"))
        hands.key("Control", ",")
        step("settings", lambda: self.titled("Settings"))
        hands.key("F1")
        step("keys", lambda: self.titled("Keys"))
        hands.key("Escape")
        self.test_protection()

    def trace(self) -> None:
        """Hand in a copy of the screen, as it may turn up elsewhere."""
        step, hands = self.album.step, self.hands
        hands.key("Control", "k")
        hands.type("trace a leak")
        hands.key("Return")
        step("trace a leak", lambda: self.titled("Trace a leak"))
        leak, names = self.data.parent / "leak.png", self.data.parent / "leak.uri"
        Image.fromarray(self.leak).save(leak)
        names.write_text(leak.as_uri())
        self.screen.run(
            "sh", "-c", f"xclip -selection clipboard -target text/uri-list -in {names} >/dev/null 2>&1"
        )
        hands.click(*PASTE)
        step("traced", lambda: self.shows(CERTAIN, GOOD) and self.colour(EVIDENCE) > 0.2, 60)

    def test_protection(self) -> None:
        """Have a program of our own read the screen, from the meter in the status bar."""
        step, hands = self.album.step, self.hands
        hands.click(*METER)
        step("meter", lambda: self.titled("Protection here"))
        hands.click(*TEST)
        step("protection tested", lambda: all(self.shows(words, GOOD) for words in TOLD))
        hands.key("Escape")

    def leave(self) -> None:
        """Sign out, sign in again, lock."""
        step, hands = self.album.step, self.hands
        hands.key("Control", "k")
        hands.type("sign out")
        hands.key("Return")
        step("signed out", lambda: self.titled("Sign in"))
        hands.key("Control", "a")
        hands.type(NAME)
        hands.key("Return")
        hands.type("not the password")
        hands.key("Return")
        step("wrong password", lambda: self.shows((480, 300, 960, 800), ALARM))
        hands.key("Control", "a")
        hands.type(PASSWORD)
        hands.key("Return")
        step("signed in again", lambda: not self.titled("Sign in") and self.colour(GRID) > 0.3)
        hands.key("Control", "Shift", "l")
        step("locked", lambda: self.titled("Locked") and self.colour(GRID) < 0.05)

    def titled(self, words: str) -> bool:
        """Say whether a window has these words in its title."""
        return any(words in title for title in self.hands.titles())

    def colour(self, where: tuple[int, int, int, int]) -> float:
        """Return how colourful a part of the screen is."""
        return colourfulness(part(self.album.pixels(), *where))

    def bright(self, where: tuple[int, int, int, int]) -> float:
        """Return how bright a part of the screen is, 0 to 255."""
        return brightness(part(self.album.pixels(), *where))

    def shows(self, where: tuple[int, int, int, int], colour: tuple[int, int, int]) -> bool:
        """Say whether a part of the screen shows a colour."""
        return has_colour(part(self.album.pixels(), *where), colour)

    def ready(self) -> int:
        """Count the pictures that are ready, in the catalogue itself."""
        file = self.data / "catalogue.db"
        if not file.exists():
            return 0
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as catalogue:
            return int(catalogue.execute(READY).fetchone()[0])


def main(arguments: Sequence[str] | None = None) -> int:
    """Take the tour; pictures go to the folder of --output."""
    parser = argparse.ArgumentParser(prog="python -m tests.tour", description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "tour", help="where the pictures go")
    folder: Path = parser.parse_args(arguments).output
    with tempfile.TemporaryDirectory(prefix="vaultsecure-tour-") as scratch:
        return _tour(Path(scratch), folder.absolute())


def _tour(scratch: Path, folder: Path) -> int:
    data = scratch / "data"
    with contextlib.ExitStack() as ends:
        screen = Screen(scratch, "-screen", "0", "1440x900x24")
        ends.callback(screen.close)
        album = Album(screen, folder)
        hands = Hands(screen.name, str(screen.authority))
        ends.callback(hands.close)
        scheme = Scheme(scratch) if can_run() else None
        if scheme is not None:
            ends.callback(scheme.close)
        more = {} if scheme is None else scheme.environment
        program = Program(data, screen.environment, folder / "program.log", more=more)
        stopped: list[int] = []
        try:
            Tour(album, hands, program, data, screen, scheme).walk()
        finally:
            stopped.append(program.stop())
    if stopped != [0]:
        album.failed.append(f"the program ended with status {stopped[0]}")
    said = (folder / "program.log").read_text(errors="replace")
    if said:
        album.failed.append(f"the program complained:\n{said}")
    for problem in album.failed:
        sys.stdout.write(f"FAILED  {problem}\n")
    sys.stdout.write(f"The pictures are in {folder}.\n")
    return 1 if album.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
