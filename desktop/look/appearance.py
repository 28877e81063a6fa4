"""The look of the running program: palette, type, icons and motion, following the system's scheme."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QWidget

from desktop.look.fonts import Fonts, choose_family
from desktop.look.icons import Icons
from desktop.look.motion import Motion
from desktop.look.style import qpalette, style_sheet
from desktop.look.tokens import DARK, LIGHT, Palette


class Appearance(QObject):
    """Apply the palette that the system asks for and tell who paints by hand."""

    changed = Signal()

    def __init__(self, application: QApplication, resources: Path, motion: Motion) -> None:
        super().__init__(application)
        self._application = application
        self.motion = motion
        self.fonts = Fonts(choose_family(resources / "fonts"))
        self.icons = Icons(resources / "icons")
        self.palette: Palette = DARK
        hints = application.styleHints()
        application.setStyle("Fusion")
        application.setFont(self.fonts.text())
        self._apply(hints.colorScheme())
        hints.colorSchemeChanged.connect(self._apply)

    def colour(self, name: str) -> QColor:
        """Give a token's colour by its name."""
        return QColor(getattr(self.palette, name))

    def use(self, palette: Palette) -> None:
        """Switch every window to another palette: what is shown now, the rest in the loop's next turn."""
        application = self._application
        self.palette = palette
        self.icons.forget()
        application.setPalette(qpalette(palette))
        # Qt would dress every widget that it has rules of, once for itself and once for each of its parents.
        # One that has forgotten them dresses none: that is ours to do, once.
        application.style().unpolish(application)
        application.setStyleSheet(style_sheet(palette))
        widgets = application.allWidgets()
        _dress(widget for widget in widgets if widget.isVisible())
        self.changed.emit()
        if widgets:
            QTimer.singleShot(0, self, self._dress_all)

    def _dress_all(self) -> None:
        # What is shown by now may have been hidden a moment ago, so nothing is left out.
        _dress(self._application.allWidgets())

    def _apply(self, scheme: Qt.ColorScheme) -> None:
        # A system that states no preference gets the dark room: pictures are the only light in it.
        self.use(LIGHT if scheme == Qt.ColorScheme.Light else DARK)


def _dress(widgets: Iterable[QWidget]) -> None:
    """Have widgets take their looks from the style sheet anew."""
    for widget in widgets:
        widget.style().polish(widget)
        QCoreApplication.sendEvent(widget, QEvent(QEvent.Type.StyleChange))
