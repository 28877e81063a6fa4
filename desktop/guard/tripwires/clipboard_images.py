"""Images in the clipboard: who offers one, by the formats on offer; the image itself is not asked for."""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from ..events import Culprit
from ..findings import CLIPBOARD_IMAGE, Finding
from ..lookout import Bell
from ..platform import passed_on
from ..process_names import describe_process
from ..sentinel.connection import Connection, XRefused, pack_request
from ..sentinel.display import DisplayUnreachable

QUERY_CLIENT_IDS, LOCAL_CLIENT_PID = 4, 2
GET_ATOM_NAME, GET_PROPERTY, CONVERT_SELECTION, GET_INPUT_FOCUS = 17, 20, 24, 43
SELECTION_NOTIFY = 31
MOST_FORMATS, MOST_NAMES, MOST_WAITING = 256, 4096, 16
IMAGES = ("image/", "PIXMAP", "BITMAP", "application/x-qt-image")
# Text with a picture of itself is what office programs copy, marked-up text with one what browsers do.
TEXTS = ("UTF8_STRING", "STRING", "TEXT", "COMPOUND_TEXT", "text/plain")
MARKUP = "text/html"
LIKELY, UNLIKELY = 0.8, 0.3


def judge(formats: Iterable[str]) -> float | None:
    """Return how likely a capture tool offers these formats; None when they are no picture."""
    offered = list(formats)
    if not any(name.startswith(IMAGES) for name in offered):
        return None
    if any(name.startswith(TEXTS) for name in offered):
        return None
    return UNLIKELY if any(name.startswith(MARKUP) for name in offered) else LIKELY


class ClipboardImages:
    """Asks each new owner of the clipboard what it offers, on a connection of its own to the display."""

    name = "images in the clipboard"

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Take what names the display."""
        self._environment = passed_on(environment)

    async def listen(self, bell: Bell) -> None:
        """Tell of images until the display is gone."""
        if "DISPLAY" not in self._environment:
            raise OSError(0, "there is no X server here, and no other way to see the clipboard")
        try:
            clipboard = await asyncio.to_thread(Clipboard, self._environment)
        except (DisplayUnreachable, XRefused) as error:
            raise OSError(0, str(error)) from error
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()

        def take() -> None:
            try:
                clipboard.receive(lambda culprit, formats: _tell(culprit, formats, bell))
            except OSError as error:
                if not ended.done():
                    ended.set_exception(error)

        loop.add_reader(clipboard.fileno(), take)
        try:
            bell.hears()
            await ended
        finally:
            loop.remove_reader(clipboard.fileno())
            clipboard.close()


def _tell(culprit: Culprit, formats: list[str], bell: Bell) -> None:
    confidence = judge(formats)
    if confidence is not None and bell.armed and culprit.pid != os.getpid():
        bell.ring(Finding(CLIPBOARD_IMAGE, culprit, confidence))


Told = Callable[[Culprit, list[str]], None]


class Clipboard:
    """The clipboard of a display: told of new owners by XFIXES, asked for formats as ICCCM says."""

    def __init__(self, environment: dict[str, str]) -> None:
        """Connect, waiting for answers; raises OSError where the server does not tell of new owners."""
        connection = Connection.open(environment)
        self._connection = connection
        fixes = connection.query_extension("XFIXES")
        if fixes is None:
            connection.close()
            raise OSError(0, "this X server lacks XFIXES, which tells of new owners")
        connection.call(pack_request(fixes.major, 0, struct.pack("=II", 5, 0)))
        self._changed = fixes.first_event
        # Without it images are told of, but not who offers them.
        self._resources = connection.query_extension("X-Resource")
        if self._resources is not None:
            connection.call(pack_request(self._resources.major, 0, struct.pack("=BBxx", 1, 2)))
        self._clipboard = connection.intern_atom("CLIPBOARD")
        self._targets = connection.intern_atom("TARGETS")
        self._window = connection.new_id()
        self._names: dict[int, str] = {}
        self._asked: dict[int, int] = {}
        self._culprits: dict[int, Culprit] = {}
        # A window of one pixel that is never shown: answers are put into its property.
        root = connection.roots[0].window
        connection.send(
            pack_request(1, 0, struct.pack("=IIhhHHHHII", self._window, root, 0, 0, 1, 1, 0, 2, 0, 0))
        )
        connection.send(pack_request(fixes.major, 2, struct.pack("=III", self._window, self._clipboard, 1)))
        connection.flush()

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._connection.fileno()

    def close(self) -> None:
        """Leave the display."""
        self._connection.close()

    def receive(self, told: Told) -> None:
        """Take what has arrived, ask further, tell whose formats are known; raises OSError when cut off."""
        # Only the last of several owners can be asked, however quickly they follow each other.
        newest: tuple[int, int] | None = None
        for event in self._connection.receive():
            code = event[0] & 0x7F
            if code == self._changed:
                owner, selection, at = struct.unpack_from("=II4xI", event, 8)
                if owner and selection == self._clipboard:
                    newest = owner, at
            elif code == SELECTION_NOTIFY:
                (at,) = struct.unpack_from("=I", event, 4)
                (stored,) = struct.unpack_from("=I", event, 20)
                owner = self._asked.pop(at, None)
                if owner is not None and stored:
                    self._fetch(owner, told)
        if newest is not None:
            self._ask(*newest)
        self._connection.flush()

    def _ask(self, owner: int, at: int) -> None:
        """Ask a new owner which formats it offers."""
        if len(self._asked) >= MOST_WAITING:
            self._asked.clear()
            self._culprits.clear()
        self._asked[at] = owner
        self._culprits.pop(owner, None)
        if self._resources is not None:
            which = struct.pack("=III", 1, owner, LOCAL_CLIENT_PID)
            question = pack_request(self._resources.major, QUERY_CLIENT_IDS, which)
            self._connection.send(question, partial(self._learn_owner, owner))
        where = (self._window, self._clipboard, self._targets, self._targets, at)
        self._connection.send(pack_request(CONVERT_SELECTION, 0, struct.pack("=5I", *where)))

    def _learn_owner(self, owner: int, reply: bytes) -> None:
        (count,) = struct.unpack_from("=I", reply, 8)
        if count:
            (pid,) = struct.unpack_from("=I", reply, 44)
            self._culprits[owner] = describe_process(pid)

    def _fetch(self, owner: int, told: Told) -> None:
        """Fetch the answer, and the names of the formats in it."""

        def take(reply: bytes) -> None:
            if reply[1] != 32:
                return
            (count,) = struct.unpack_from("=I", reply, 16)
            atoms = struct.unpack_from(f"={count}I", reply, 32)
            unknown = [atom for atom in dict.fromkeys(atoms) if atom not in self._names]
            for atom in unknown:
                self._connection.send(
                    pack_request(GET_ATOM_NAME, 0, struct.pack("=I", atom)), partial(learn, atom)
                )
            # Answers come in the order of the questions: this one after all names.
            self._connection.send(pack_request(GET_INPUT_FOCUS, 0), partial(tell, atoms))

        def learn(atom: int, reply: bytes) -> None:
            (length,) = struct.unpack_from("=H", reply, 8)
            self._names[atom] = reply[32 : 32 + length].decode("latin-1")

        def tell(atoms: tuple[int, ...], _: bytes) -> None:
            culprit = self._culprits.pop(owner, Culprit())
            told(culprit, [self._names[atom] for atom in atoms if atom in self._names])
            if len(self._names) > MOST_NAMES:
                self._names.clear()

        what = (self._window, self._targets, 0, 0, MOST_FORMATS)
        self._connection.send(pack_request(GET_PROPERTY, 1, struct.pack("=5I", *what)), take)
