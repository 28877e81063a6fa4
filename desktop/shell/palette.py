"""The command palette: type a few letters of what you want to do, press Enter."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop.actions import Action, Actions, keys_text
from desktop.look.appearance import Appearance
from desktop.look.surfaces import label

WIDTH, HEIGHT = 520, 380
TOP = 96
ROW = 36
MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


def matching(actions: list[Action], typed: str) -> list[Action]:
    """Return the actions that hold every typed word, those that start with the first word in front."""
    words = typed.casefold().split()
    found = [action for action in actions if all(word in action.title.casefold() for word in words)]
    if words:
        found.sort(key=lambda action: not action.title.casefold().startswith(words[0]))
    return found


class Palette(QFrame):
    """Lies over the window while it is used."""

    chosen = Signal(str)

    def __init__(self, look: Appearance, actions: Actions, window: QWidget) -> None:
        super().__init__(window)
        self._look = look
        self._actions = actions
        self._over = window
        self._available: list[Action] = []
        self._focus_before: QWidget | None = None
        self.setObjectName("palette")
        self.field = QLineEdit()
        self.field.setPlaceholderText("What do you want to do?")
        self.field.setAccessibleName("Command")
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName("Commands")
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.field)
        column.addWidget(self.list, 1)
        self.field.textChanged.connect(self._filter)
        self.list.itemClicked.connect(lambda _item: self._choose())
        self.field.installEventFilter(self)
        look.changed.connect(self._dress)
        self._dress()
        self.hide()

    def open(self) -> None:
        """Show everything that can be done now."""
        self._available = [action for action in self._actions.available() if action.id != "palette"]
        self._focus_before = self._over.focusWidget()
        self.setGeometry((self._over.width() - WIDTH) // 2, TOP, WIDTH, HEIGHT)
        self.field.clear()
        self._filter()
        self.show()
        self.raise_()
        self.field.setFocus()

    def close_again(self) -> None:
        """Go away and give the focus back."""
        self.hide()
        if self._focus_before is not None:
            self._focus_before.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Move in the list from the field; leave with Esc or with the focus."""
        if event.type() == QEvent.Type.FocusOut and self.isVisible():
            self.hide()
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape:
                self.close_again()
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                # The field would pass it on, and the window would open the current picture with it.
                self._choose()
                return True
            if event.key() in MOVES:
                self.list.keyPressEvent(event)
                return True
        return False

    def _filter(self) -> None:
        self.list.clear()
        for action in matching(self._available, self.field.text()):
            item = QListWidgetItem(self.list)
            item.setData(Qt.ItemDataRole.UserRole, action.id)
            why_not = self._actions.why_not(action.id)
            spoken = f"{action.title}: {why_not}" if why_not else action.title
            item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
            row = QWidget()
            across = QHBoxLayout(row)
            across.setContentsMargins(10, 0, 10, 0)
            across.addWidget(label(action.title, "faint" if why_not else "strong"))
            across.addStretch(1)
            across.addWidget(label(why_not or keys_text(action), "faint"))
            size = row.sizeHint()
            size.setHeight(ROW)
            item.setSizeHint(size)
            self.list.setItemWidget(item, row)
        self.list.setCurrentRow(0)
        rows = max(1, self.list.count())
        self.resize(WIDTH, min(HEIGHT, 60 + self.field.sizeHint().height() // 2 + rows * ROW))

    def _choose(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.close_again()
            self.chosen.emit(str(item.data(Qt.ItemDataRole.UserRole)))

    def _dress(self) -> None:
        palette = self._look.palette
        self.setStyleSheet(
            f"#palette {{ background: {palette.raised}; border: 1px solid {palette.line};"
            " border-radius: 12px; }"
            "QListWidget { background: transparent; border: none; }"
            f"QListWidget::item {{ border-radius: 8px; }}"
            f"QListWidget::item:selected {{ background: {palette.pressed}; }}"
        )
