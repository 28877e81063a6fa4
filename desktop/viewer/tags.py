"""A picture's tags as chips: a click on one removes it, the plus adds one."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QToolButton, QWidget

from desktop.look.appearance import Appearance
from desktop.look.buttons import IconButton
from desktop.look.flow import FlowLayout
from desktop.look.surfaces import button, label

LONGEST = 64


class Tags(QWidget):
    """Shows tags; `changed` carries the whole new list."""

    changed = Signal(tuple)

    def __init__(self, look: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._tags: tuple[str, ...] = ()
        self._editable = True
        self._flow = FlowLayout(self)
        self._add: QToolButton = IconButton(look, "plus", "Add a tag", self.edit, keys="T", size=14)
        self._add.setFixedSize(QSize(34, 24))
        self._add.setProperty("kind", "dashed")
        self._field = QLineEdit()
        self._field.setMaxLength(LONGEST)
        self._field.setFixedSize(QSize(120, 26))
        self._field.setPlaceholderText("New tag")
        self._field.setAccessibleName("New tag")
        self._field.setStyleSheet("min-height: 20px; font-size: 12px;")
        self._field.installEventFilter(self)
        self._field.returnPressed.connect(self._take)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.show_tags(())

    def show_tags(self, tags: tuple[str, ...]) -> None:
        """Show another picture's tags."""
        self._tags = tags
        self._field.hide()
        while (item := self._flow.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None and widget not in (self._add, self._field):
                widget.deleteLater()
        for tag in tags:
            chip = button(tag, "chip")
            chip.setEnabled(self._editable)
            chip.setToolTip(f"Remove the tag “{tag}”" if self._editable else tag)
            chip.setAccessibleName(f"Tag {tag}")
            chip.clicked.connect(lambda checked=False, tag=tag: self._remove(tag))
            self._flow.addWidget(chip)
        if not tags and not self._editable:
            self._flow.addWidget(label("None", "faint"))
        self._flow.addWidget(self._field)
        self._flow.addWidget(self._add)
        self._add.setVisible(self._editable)
        self.updateGeometry()

    def set_editable(self, editable: bool) -> None:
        """Say whether tags can be changed by this person."""
        self._editable = editable
        self.show_tags(self._tags)

    def edit(self) -> None:
        """Open the field for a new tag."""
        if not self._editable:
            return
        self._add.hide()
        self._field.clear()
        self._field.show()
        self._field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._flow.invalidate()
        self.updateGeometry()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave the field on Esc and when it loses the focus."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Escape
        ):
            self._close()
            return True
        if event.type() == QEvent.Type.FocusOut and self._field.isVisible():
            self._close()
        return False

    def _close(self) -> None:
        self._field.hide()
        self._add.setVisible(self._editable)
        self._flow.invalidate()
        self.updateGeometry()

    def _take(self) -> None:
        tag = " ".join(self._field.text().split())
        if tag and tag not in self._tags:
            self.changed.emit((*self._tags, tag))
        self._field.clear()

    def _remove(self, tag: str) -> None:
        if self._editable:
            self.changed.emit(tuple(each for each in self._tags if each != tag))
