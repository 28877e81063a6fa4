"""What is a sign of a read to come, and what stands as one, while something sealed is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from ..events import Culprit
from ..policy import NEWCOMER_S, READER_S
from ..process_names import PROC
from .capture_files import PROGRAMS
from .culprit import Clients
from .foreground import Foreground
from .keys import CaptureKeys
from .openings import AUTHORITY, Openings
from .processes import Processes
from .sightings import Sighting

SEALED = "sealed"
# Twice within the time that a sign holds the shield.
REPEAT_S = 0.5
# A compositing manager shows a window that was mapped with its next frame.
COMPOSED_S = 0.1
# The kernel tells of an opener before it falls asleep, and on a busy machine that takes its time.
NAMED_S = 0.03
# It has a library in its memory a moment after it has opened it, or has gone again.
FOUND_S = 0.1
# Whatever else goes wrong, nobody's program waits longer for the display's key.
LONGEST_WAIT_S = 1.0


class Signs:
    """Turns openings, newcomers, readers, keys and the foreground into sightings."""

    def __init__(
        self,
        clients: Clients,
        processes: Processes,
        openings: Openings | None,
        foreground: Foreground,
        keys: CaptureKeys,
        cover: Callable[[float], None],
        glimpse: Callable[[float], None],
        sighted: Callable[[Sighting, float], None],
    ) -> None:
        """Join the rooms; `cover` covers before anybody is named, `glimpse` until then."""
        self._clients = clients
        self._processes = processes
        self._openings = openings
        self._foreground = foreground
        self._keys = keys
        self._cover = cover
        self._glimpse = glimpse
        self._sighted = sighted
        self._armed = False
        self._newcomers: dict[int, float] = {}
        self._readers: dict[int, tuple[float, Culprit]] = {}
        self._unnamed: dict[int, float] = {}
        self._unfound: dict[Path, tuple[str, float]] = {}
        self._awaited_since: float | None = None
        self._nameless = False
        self._repeat_at = 0.0

    @property
    def openings(self) -> Openings | None:
        """Return what is to be waited for beside the display, None where the kernel refuses."""
        return self._openings

    @property
    def armed(self) -> bool:
        """Tell whether something sealed is shown."""
        return self._armed

    def arm(self, *, on: bool) -> None:
        """Watch while something sealed is shown."""
        if on == self._armed:
            return
        self._armed = on
        # What stands already is told of at once.
        self._repeat_at = 0.0
        self._newcomers.clear()
        self._unfound.clear()
        self._foreground.watch(on=on)
        if self._openings is not None:
            if on:
                self._processes.look(0.0)
                self._openings.arm()
            else:
                self._openings.disarm()

    def receive(self, now: float) -> None:
        """Take what has been opened."""
        if self._openings is None:
            return
        opened = self._openings.receive()
        if not opened or not self._armed:
            self._openings.release()
            return
        kinds = dict(opened)
        if AUTHORITY in kinds:
            self._cover(now)
            self._awaited_since = self._awaited_since or now
        self._processes.look(now)
        for kind, path in kinds.items():
            if kind == AUTHORITY:
                culprit = self._processes.waiting(everywhere=False)
                self._nameless = culprit is None
                if culprit is None:
                    continue
                self._tell(kind, culprit, now)
            else:
                self._unfound.setdefault(path, (kind, now))
        self._find(now)

    def started(self, client: int, now: float) -> None:
        """Take a program that has connected."""
        if self._armed:
            self._newcomers[client] = now
            self._sighted(Sighting("client_started", client, SEALED, None, 0.5), now)

    def died(self, client: int) -> None:
        """Forget a program that has left."""
        self._newcomers.pop(client, None)

    def believe(self, client: int) -> None:
        """Take a program for what it is: it shows what it came for, so it did not come only to read."""
        culprit = self._clients.get(client)
        if culprit is None or culprit.name not in PROGRAMS:
            self._newcomers.pop(client, None)

    def has_read(self, client: int, now: float) -> None:
        """Remember a reader: it may read again."""
        self._unnamed[client] = now

    def pressed(self, event: bytes, order: str, level: str, now: float) -> None:
        """Take a key press."""
        if self._keys.asks_for_capture(event, order):
            self._sighted(Sighting("capture_key", self._clients.introduce(Culprit()), level, None, 0.9), now)

    def noticed(self, event: bytes) -> None:
        """Take an event of the display."""
        self._foreground.notice(event)

    def keyboard_changed(self) -> None:
        """Learn the keys anew."""
        self._keys.learn()

    def look(self) -> None:
        """Ask who has the keyboard; some window managers move it without our being told."""
        self._foreground.look()

    def tick(self, now: float, *, hidden: bool, composited: bool) -> None:
        """Tell again of what stands, and let those go on who wait for the key once all is hidden."""
        self._name_readers(now)
        self._find(now)
        if self._openings is not None:
            if self._awaited_since is not None:
                self._attend(now - self._awaited_since, now, covered=hidden, composited=composited)
            else:
                self._openings.tend(now)
        if now >= self._repeat_at:
            self._repeat_at = now + REPEAT_S
            for sighting in self.standing(now):
                self._sighted(sighting, now)

    @property
    def _held(self) -> bool:
        return self._openings is not None and self._openings.holding

    def searches(self) -> bool:
        """Tell whether somebody is looked for who has opened a file."""
        return bool(self._unfound)

    def waits(self) -> bool:
        """Tell whether somebody waits for us."""
        return self._awaited_since is not None

    def standing(self, now: float) -> Iterator[Sighting]:
        """Yield what is still there."""
        if not self._armed:
            return
        for client, came in self._newcomers.items():
            culprit = self._clients.get(client)
            known = culprit is not None and culprit.name in PROGRAMS
            if now - came < (READER_S if known else NEWCOMER_S):
                yield Sighting("client_started", client, SEALED, None, 0.5)
        for pid, (last, culprit) in list(self._readers.items()):
            if now - last > READER_S or not (PROC / str(pid)).exists():
                del self._readers[pid]
            else:
                yield Sighting("reader_alive", self._clients.introduce(culprit), SEALED, None, 0.9)
        if self._foreground.focused is not None:
            client = self._clients.owner(self._foreground.focused)
            yield Sighting("focus_lost", client, SEALED, None, 0.9)
        for window in self._foreground.covering.values():
            yield Sighting("screen_covered", self._clients.owner(window), SEALED, None, 0.9)

    def _attend(self, waited: float, now: float, *, covered: bool, composited: bool) -> None:
        """Name whoever waits for the key, and let them have it once everything is covered."""
        late = waited >= LONGEST_WAIT_S
        if self._nameless:
            culprit = self._processes.waiting(everywhere=waited >= NAMED_S)
            if culprit is None and waited < NAMED_S:
                return
            self._nameless = False
            self._tell(AUTHORITY, culprit, now)
        if late or (covered and (not composited or waited >= COMPOSED_S)):
            self._awaited_since = None
            if self._openings is not None:
                self._openings.release()

    def _tell(self, kind: str, culprit: Culprit | None, now: float) -> None:
        number = self._clients.introduce(culprit or Culprit())
        self._sighted(Sighting(kind, number, SEALED, None, 0.9), now)

    def _find(self, now: float) -> None:
        """Look for those who have opened a file, covered until then.

        Only who was started for our display is told of, or nobody by name where the key is not held.
        """
        if not self._unfound:
            return
        covered = any(since < now for _, since in self._unfound.values())
        self._processes.look(now)
        for path, (kind, since) in list(self._unfound.items()):
            culprit = self._processes.opener(path)
            if culprit is not None or now - since >= FOUND_S:
                del self._unfound[path]
            if culprit is not None and culprit.pid is not None and self._processes.aims_at(culprit.pid):
                self._tell(kind, culprit, now)
            elif culprit is None and path not in self._unfound and not self._held:
                self._tell(kind, None, now)
        if self._unfound:
            self._glimpse(now + FOUND_S)
        elif covered:
            self._glimpse(now)

    def _name_readers(self, now: float) -> None:
        for client, last in list(self._unnamed.items()):
            culprit = self._clients.get(client)
            if culprit is not None and culprit.pid is not None:
                self._readers[culprit.pid] = (last, culprit)
            if culprit is not None or now - last > REPEAT_S:
                del self._unnamed[client]
