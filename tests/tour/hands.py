"""Mouse and keyboard of somebody at the screen: real X events through XTEST, and the windows' titles."""

import time

import xcffib
import xcffib.xproto
import xcffib.xtest

from tests.support.x_clients import connected

MOTION, BUTTON_PRESS, BUTTON_RELEASE, KEY_PRESS, KEY_RELEASE = 6, 4, 5, 2, 3
NAMED = {
    "Return": 0xFF0D, "Tab": 0xFF09, "Escape": 0xFF1B, "Home": 0xFF50, "Left": 0xFF51, "Up": 0xFF52,
    "Right": 0xFF53, "Down": 0xFF54, "F1": 0xFFBE, "F11": 0xFFC8, "Control": 0xFFE3, "Shift": 0xFFE1,
    "space": 0x20,
}  # fmt: skip
WHEEL_UP, WHEEL_DOWN = 4, 5
PAUSE = 0.012


class Hands:
    """One X client for all input, so that the guard sees one program come and not hundreds."""

    def __init__(self, display: str, authority: str) -> None:
        self._connection = connected(display, authority)
        self._test = self._connection(xcffib.xtest.key)
        setup = self._connection.get_setup()
        self._root = setup.roots[0].root
        first, last = setup.min_keycode, setup.max_keycode
        answer = self._connection.core.GetKeyboardMapping(first, last - first + 1).reply()
        per = answer.keysyms_per_keycode
        self._keys: dict[int, tuple[int, bool]] = {}
        for number, keysym in enumerate(answer.keysyms):
            if number % per < 2:
                self._keys.setdefault(keysym, (first + number // per, number % per == 1))
        self._title_atom = self._atom("_NET_WM_NAME")

    def close(self) -> None:
        """Let go."""
        self._connection.disconnect()

    def move(self, x: int, y: int) -> None:
        """Move the mouse."""
        self._send(MOTION, 0, x, y)

    def click(self, x: int, y: int, *, times: int = 1) -> None:
        """Click at a point of the screen."""
        self.move(x, y)
        for _ in range(times):
            self._send(BUTTON_PRESS, 1)
            self._send(BUTTON_RELEASE, 1)

    def wheel(self, x: int, y: int, steps: int) -> None:
        """Turn the wheel over a point: up for positive steps."""
        self.move(x, y)
        for _ in range(abs(steps)):
            button = WHEEL_UP if steps > 0 else WHEEL_DOWN
            self._send(BUTTON_PRESS, button)
            self._send(BUTTON_RELEASE, button)

    def type(self, text: str) -> None:
        """Type letters, as on an American keyboard."""
        for letter in text:
            self._press(ord(letter))

    def key(self, *names: str) -> None:
        """Press a key with the modifiers named before it, as in key("Control", "Shift", "l")."""
        *modifiers, last = names
        held = [self._keys[NAMED[name]][0] for name in modifiers]
        for code in held:
            self._send(KEY_PRESS, code)
        self._press(NAMED.get(last) or ord(last))
        for code in reversed(held):
            self._send(KEY_RELEASE, code)

    def titles(self) -> list[str]:
        """Return the titles of all windows, as a window manager would read them."""
        found = []
        for window in self._connection.core.QueryTree(self._root).reply().children:
            try:
                value = (
                    self._connection.core.GetProperty(False, window, self._title_atom, 0, 0, 256)
                    .reply()
                    .value
                )
            except xcffib.xproto.WindowError:
                continue  # it has gone meanwhile
            if len(value):
                found.append(value.buf().decode(errors="replace"))
        return found

    def _press(self, keysym: int) -> None:
        code, shifted = self._keys[keysym]
        shift = self._keys[NAMED["Shift"]][0]
        if shifted:
            self._send(KEY_PRESS, shift)
        self._send(KEY_PRESS, code)
        self._send(KEY_RELEASE, code)
        if shifted:
            self._send(KEY_RELEASE, shift)

    def _send(self, kind: int, detail: int, x: int = 0, y: int = 0) -> None:
        self._test.FakeInput(kind, detail, 0, self._root, x, y, 0)
        self._connection.flush()
        time.sleep(PAUSE)

    def _atom(self, name: str) -> int:
        return int(self._connection.core.InternAtom(False, len(name), name).reply().atom)
