"""Asks the server where windows are, without waiting, and keeps the watched windows' places up to date."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import partial

from .connection import Connection, pack_request
from .scene import Scene, Watched
from .sightings import Place

STRUCTURE_NOTIFY = 1 << 17
EVENT_MASK = 1 << 11
DESTROYED, UNMAPPED, MAPPED, REPARENTED, CONFIGURED = 17, 18, 19, 21, 22
VIEWABLE = 2

OnChain = Callable[[tuple[int, ...] | None], None]
OnPlace = Callable[[Place | None], None]


class Tree:
    """The window tree as one connection can ask for it."""

    def __init__(self, connection: Connection, compositor_atom: int) -> None:
        """Ask through `connection`; `compositor_atom` names the selection that a compositing manager owns."""
        self._connection = connection
        self._compositor_atom = compositor_atom

    def climb(self, window: int, done: OnChain) -> None:
        """Find the ancestors of a window, from its parent to the root; None when it is gone or no window."""

        def climb_from(child: int, chain: tuple[int, ...]) -> None:
            def take(reply: bytes) -> None:
                (parent,) = struct.unpack_from("=I", reply, 12)
                if parent:
                    climb_from(parent, (*chain, parent))
                else:
                    done(chain)

            self._connection.send(pack_request(15, 0, struct.pack("=I", child)), take, lambda _: done(None))

        climb_from(window, ())

    def find_compositor(self, done: Callable[[int], None]) -> None:
        """Find the window that the compositing manager owns, 0 without one."""
        self._connection.send(
            pack_request(23, 0, struct.pack("=I", self._compositor_atom)),
            lambda reply: done(struct.unpack_from("=I", reply, 8)[0]),
        )

    def locate(self, drawable: int, done: OnPlace) -> None:
        """Find out where a window is and what lies above it; None when the drawable is no window."""

        def with_chain(chain: tuple[int, ...] | None) -> None:
            if not chain:
                done(None)
                return
            origin: list[tuple[int, int]] = []
            stack: list[tuple[int, ...]] = []
            self._translate(drawable, chain[-1], origin.append)
            self._connection.send(
                pack_request(15, 0, struct.pack("=I", chain[-1])),
                lambda reply: stack.append(
                    struct.unpack_from(f"={struct.unpack_from('=H', reply, 16)[0]}I", reply, 32)
                ),
            )

            def finish(owner: int) -> None:
                found = origin and stack
                done(Place(*origin[0], (drawable, *chain), stack[0], bool(owner)) if found else None)

            self.find_compositor(finish)

        self.climb(drawable, with_chain)

    def watch(self, watched: Watched, scene: Scene, ready: Callable[[bool], None]) -> None:
        """Bring a watched window's place up to date and be told of its changes; `ready` gets False if it is
        gone.
        """

        def with_chain(chain: tuple[int, ...] | None) -> None:
            if chain is None or scene.windows.get(watched.window) is not watched:
                ready(False)
                return
            offsets: dict[int, tuple[int, int]] = {}
            for ancestor in chain:
                if ancestor not in scene.roots:
                    self._listen(ancestor)
                self._translate(watched.window, ancestor, partial(offsets.__setitem__, ancestor))

            def finish(reply: bytes) -> None:
                complete = len(offsets) == len(chain)
                if complete:
                    watched.located_at(chain, offsets, viewable=reply[26] == VIEWABLE)
                ready(complete)

            attributes = pack_request(3, 0, struct.pack("=I", watched.window))
            self._connection.send(attributes, finish, lambda _: ready(False))

        self._listen(watched.window)
        self.climb(watched.window, with_chain)

    def _listen(self, window: int) -> None:
        self._connection.send(pack_request(2, 0, struct.pack("=III", window, EVENT_MASK, STRUCTURE_NOTIFY)))

    def _translate(self, window: int, to: int, done: Callable[[tuple[int, int]], None]) -> None:
        self._connection.send(
            pack_request(40, 0, struct.pack("=IIhh", window, to, 0, 0)),
            lambda reply: done(struct.unpack_from("=hh", reply, 12)),
        )
