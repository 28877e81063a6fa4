"""The key sheet: every key that does something, made from the table of actions."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop.actions import Action, Actions, keys_text
from desktop.look.appearance import Appearance
from desktop.look.surfaces import button, head, label

COLUMNS = 2


class KeySheet(QDialog):
    """Lists the keys by group."""

    def __init__(self, look: Appearance, actions: Actions, window: QWidget) -> None:
        super().__init__(window)
        self.setWindowTitle("Keys")
        edge = f"1px solid {look.palette.line}"
        self.setStyleSheet(f"KeySheet {{ background: {look.palette.raised}; border: {edge}; }}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        groups: dict[str, list[Action]] = {}
        for action in actions.handled():
            if action.keys:
                groups.setdefault(action.group, []).append(action)
        columns = [QVBoxLayout() for _ in range(COLUMNS)]
        heights = [0] * COLUMNS
        for name, members in groups.items():
            shortest = heights.index(min(heights))
            heights[shortest] += len(members) + 2
            columns[shortest].addLayout(_group(look, name, members))
        across = QHBoxLayout()
        across.setSpacing(40)
        for column in columns:
            column.setSpacing(20)
            column.addStretch(1)
            across.addLayout(column)
        close = button("Close", "primary")
        close.clicked.connect(self.accept)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(28, 24, 28, 20)
        outer.setSpacing(16)
        outer.addWidget(label("Keys", "large"))
        outer.addLayout(across)
        outer.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)


def _group(look: Appearance, name: str, actions: list[Action]) -> QGridLayout:
    rows = QGridLayout()
    rows.setHorizontalSpacing(24)
    rows.setVerticalSpacing(6)
    rows.addWidget(head(name, look.fonts), 0, 0, 1, 2)
    for number, action in enumerate(actions, start=1):
        rows.addWidget(label(action.title), number, 0)
        rows.addWidget(label(keys_text(action), "faint"), number, 1, Qt.AlignmentFlag.AlignRight)
    return rows
