"""Takes the tooltip away at once: Qt leaves it on the screen for a third of a second."""

from PySide6.QtWidgets import QApplication, QLabel, QToolTip


def drop_tooltip() -> None:
    """Show no tooltip any more, and forget what it said."""
    QToolTip.hideText()
    for widget in QApplication.topLevelWidgets():
        if widget.inherits("QTipLabel") and isinstance(widget, QLabel):
            widget.hide()
            widget.clear()
