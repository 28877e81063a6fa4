"""The library's tool bar: search, star filter, size of thumbnails, information."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QPushButton, QSlider, QWidget

from desktop.gallery.grid import ROW, ROW_LARGEST, ROW_SMALLEST
from desktop.look.appearance import Appearance
from desktop.look.buttons import IconButton
from desktop.look.surfaces import button
from desktop.look.tokens import TEXT_HEAD, TOOL_BAR

TYPING_MS = 250
FIELD = 360


class SearchField(QLineEdit):
    """A line with a magnifier and its key; Esc empties it, then leaves it."""

    left = Signal()

    def __init__(self, look: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.setPlaceholderText("Search pictures, tags, dates, cameras")
        self.setAccessibleName("Search")
        self.setMinimumWidth(160)
        self.setMaximumWidth(FIELD)
        self.setMaxLength(200)
        self.setTextMargins(24, 0, 40, 0)
        look.changed.connect(self.update)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave on Esc, Down and Enter."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the magnifier and, while empty, the key."""
        super().paintEvent(event)
        painter = QPainter(self)
        ratio = self.devicePixelRatioF()
        icon = self._look.icons.pixmap("search", 15, self._look.palette.faint, ratio)
        painter.drawPixmap(11, (self.height() - 15) // 2, icon)
        if not self.text():
            painter.setFont(self._look.fonts.text(TEXT_HEAD))
            painter.setPen(self._look.colour("faint"))
            painter.drawText(
                self.rect().adjusted(0, 0, -11, 0),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
                "Ctrl F",
            )
        painter.end()


class ToolBar(QWidget):
    """Tells what the person asks for; knows nothing of the pictures."""

    searched = Signal(str)
    stars_chosen = Signal(int)
    row_height_chosen = Signal(int)
    information_toggled = Signal(bool)
    grid_wanted = Signal()

    def __init__(self, look: Appearance, *, information: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._stars = 0
        self.setFixedHeight(TOOL_BAR)
        self.field = SearchField(look)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_MS)
        self._typing.timeout.connect(lambda: self.searched.emit(self.field.text().strip()))
        self.field.textChanged.connect(lambda text: self._typing.start())
        self.field.left.connect(self.grid_wanted)
        self._filter = self._make_filter()
        self._chip = button("", "filter")
        self._chip.setAccessibleName("Remove the filter")
        self._chip.clicked.connect(lambda: self._choose(0))
        self._chip.hide()
        self.thumbnail_size = QSlider(Qt.Orientation.Horizontal)
        self.thumbnail_size.setRange(ROW_SMALLEST, ROW_LARGEST)
        self.thumbnail_size.setValue(ROW)
        self.thumbnail_size.setFixedWidth(92)
        self.thumbnail_size.setAccessibleName("Size of the thumbnails")
        self.thumbnail_size.setToolTip("Size of the thumbnails")
        self.thumbnail_size.valueChanged.connect(self.row_height_chosen)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 16, 1)
        row.setSpacing(8)
        row.addWidget(self.field, 3)
        row.addWidget(self._chip)
        row.addWidget(self._filter)
        row.addStretch(1)
        row.addWidget(self.thumbnail_size)
        row.addSpacing(8)
        self.information = IconButton(look, "info", "Information", keys="I", checkable=True)
        self.information.toggled.connect(self.information_toggled)
        self.information.setVisible(information)
        self.add = IconButton(look, "image-plus", "Add pictures…")
        self.add.hide()
        row.addWidget(self.add)
        row.addWidget(self.information)
        look.changed.connect(self._refresh)
        self._refresh()

    def search(self) -> None:
        """Put the cursor into the search field."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the panel and its edge."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._look.colour("panel"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, self._look.colour("line"))
        painter.end()

    def _make_filter(self) -> QPushButton:
        made = button(" Filter", "dashed")
        made.setAccessibleName("Filter")
        made.setToolTip("Show only pictures with stars")
        made.clicked.connect(self._offer)
        return made

    def _offer(self) -> None:
        menu = QMenu(self)
        for stars in range(1, 6):
            action = QAction(_stars_words(stars), menu)
            action.setData(stars)
            menu.addAction(action)
        menu.triggered.connect(lambda action: self._choose(int(action.data())))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self._filter.mapToGlobal(QPoint(0, self._filter.height() + 4)))

    def _choose(self, stars: int) -> None:
        self._stars = stars
        self._chip.setText(f"{_stars_words(stars)}  ×")
        self._chip.setAccessibleName(f"{_stars_words(stars)}: remove this filter")
        self._chip.setVisible(stars > 0)
        self._filter.setVisible(stars == 0)
        self.stars_chosen.emit(stars)

    def _refresh(self) -> None:
        icons, palette = self._look.icons, self._look.palette
        self._chip.setIcon(icons.icon("star", 14, palette.strong))
        self._filter.setIcon(icons.icon("plus", 14, palette.normal, palette.strong))
        self.update()


def _stars_words(stars: int) -> str:
    return "5 stars" if stars == 5 else f"{stars} and up"
