"""The bar over an opened picture: back, name, place in the list, protection level and buttons."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from desktop.canvas.shield_page import SHIELDED, ShieldReason
from desktop.client.models import Picture
from desktop.look.appearance import Appearance
from desktop.look.buttons import IconButton, Pill
from desktop.look.surfaces import label
from desktop.look.tokens import TOOL_BAR

LEVELS = {
    "open": ("lock-open", "Open", "normal"),
    "marked": ("fingerprint", "Marked", "good"),
    "guarded": ("shield-check", "Guarded", "good"),
    "sealed": ("lock", "Sealed", "good"),
}


class TitleField(QLineEdit):
    """The name while it is edited; Esc gives up."""

    given_up = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave on Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
        else:
            super().keyPressEvent(event)


class TopBar(QWidget):
    """Tells what was pressed; shows what the page says."""

    back = Signal()
    favourite = Signal()
    compare = Signal()
    play = Signal()
    information = Signal()
    full_screen = Signal()
    renamed = Signal(str)

    def __init__(self, look: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(TOOL_BAR)
        self._level = "open"
        self._name = label("")
        self._name.setStyleSheet("font-weight: 500;")
        self._name.setMinimumWidth(0)
        self._field = TitleField()
        self._field.setMaxLength(200)
        self._field.setFixedWidth(320)
        self._field.setAccessibleName("Title")
        self._field.returnPressed.connect(self._take_title)
        self._field.given_up.connect(self.stop_editing)
        self._field.hide()
        self._picture: Picture | None = None
        self._place = label("", "faint")
        self._place.setFont(look.fonts.count())
        self._pill = Pill(look)
        self._favourite = IconButton(look, "heart", "Favourite", self.favourite.emit, keys="L", size=18)
        self._compare = IconButton(
            look, "columns-2", "Compare two pictures", self.compare.emit, keys="C", size=18
        )
        self._compare.setCheckable(True)
        self._play = IconButton(look, "play", "Play", self.play.emit, keys="Space", size=18)
        self.info = IconButton(look, "info", "Information", keys="I", checkable=True, size=18)
        self.info.clicked.connect(self.information)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 0, 14, 0)
        row.setSpacing(6)
        row.addWidget(
            IconButton(look, "arrow-left", "Back to the library", self.back.emit, keys="Esc", size=18)
        )
        row.addSpacing(6)
        row.addWidget(self._name)
        row.addWidget(self._field)
        row.addSpacing(6)
        row.addWidget(self._place)
        row.addStretch(1)
        row.addWidget(self._pill)
        row.addSpacing(2)
        for made in (self._favourite, self._compare, self._play, self.info):
            row.addWidget(made)
        row.addWidget(IconButton(look, "maximize", "Full screen", self.full_screen.emit, keys="F11", size=18))

    def show_picture(self, picture: Picture, place: int, total: int) -> None:
        """Show another picture's name and place."""
        self.stop_editing()
        self._picture = picture
        self._place.setText(f"{place + 1:,} of {total:,}")
        self._favourite.show_icon("heart", "accent" if picture.favourite else "normal")
        self._favourite.rename("Remove from favourites" if picture.favourite else "Favourite", "L")
        self._level = picture.level
        self.show_hidden(None)

    def show_hidden(self, reason: ShieldReason | None) -> None:
        """Show that the picture is hidden, and whether somebody is to blame; or its name and level again."""
        if reason is not None:
            self.stop_editing()
        self._show_name(hidden=reason is not None)
        if reason is not None:
            tone = ("Capture attempt", "alarm") if reason.accuses else ("Hidden", "caution")
            self._pill.say("shield-alert", *tone)
        else:
            self._pill.say(*LEVELS.get(self._level, LEVELS["guarded"]))

    def withhold(self, features: frozenset[str]) -> None:
        """Hide the buttons of features that are switched off."""
        self._compare.setVisible("compare" not in features)
        self._play.setVisible("slideshow" not in features)

    def show_playing(self, playing: bool) -> None:
        """Show whether the slideshow plays."""
        self._play.show_icon("pause" if playing else "play")
        self._play.rename("Pause" if playing else "Play", "Space")

    def show_comparing(self, comparing: bool) -> None:
        """Show whether two pictures are compared."""
        self._compare.setChecked(comparing)

    def edit_title(self, title: str) -> None:
        """Open the field for the title."""
        self._name.hide()
        self._field.setText(title)
        self._field.show()
        self._field.selectAll()
        self._field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def stop_editing(self) -> None:
        """Close the field without a change."""
        if self._field.isVisible():
            self._field.hide()
            self._name.show()
            parent = self.parentWidget()
            if parent is not None:
                parent.setFocus()

    def sizeHint(self) -> QSize:
        """Be as high as a tool bar."""
        return QSize(600, TOOL_BAR)

    def _show_name(self, *, hidden: bool) -> None:
        picture = None if hidden else self._picture
        name = SHIELDED if picture is None else picture.title or picture.name
        self._name.setText(self._name.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, 360))
        self._name.setToolTip("" if picture is None else picture.name)

    def _take_title(self) -> None:
        title = " ".join(self._field.text().split())
        self.stop_editing()
        self.renamed.emit(title)
