"""Where a key takes the selection in the grid."""

from __future__ import annotations

from PySide6.QtCore import Qt

from desktop.gallery.layout import GridLayout

Key = Qt.Key
MOVES = frozenset(
    {
        Key.Key_Left,
        Key.Key_Right,
        Key.Key_Up,
        Key.Key_Down,
        Key.Key_Home,
        Key.Key_End,
        Key.Key_PageUp,
        Key.Key_PageDown,
    }
)


def moved(layout: GridLayout, index: int | None, key: int, rows: int) -> int:
    """Give the picture that a key of MOVES leads to; `rows` is how many fit into view."""
    last = layout.count - 1
    if key == Key.Key_End:
        return last
    if index is None or key == Key.Key_Home:
        return 0
    if key == Key.Key_Left:
        return max(index - 1, 0)
    if key == Key.Key_Right:
        return min(index + 1, last)
    step = layout.above if key in (Key.Key_Up, Key.Key_PageUp) else layout.below
    for _ in range(rows if key in (Key.Key_PageUp, Key.Key_PageDown) else 1):
        index = step(index)
    return index
