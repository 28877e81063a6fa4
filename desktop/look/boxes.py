"""Rows and columns whose parts touch: no margin around them, no space between."""

from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget


def row(parent: QWidget | None = None) -> QHBoxLayout:
    """Give a row, the layout of a widget if there is one."""
    box = QHBoxLayout()
    _settle(box, parent)
    return box


def column(parent: QWidget | None = None) -> QVBoxLayout:
    """Give a column, the layout of a widget if there is one."""
    box = QVBoxLayout()
    _settle(box, parent)
    return box


def _settle(box: QBoxLayout, parent: QWidget | None) -> None:
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(0)
    if parent is not None:
        parent.setLayout(box)
