"""The type: Inter where present, else the bundled one, else the system face."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QFont, QFontDatabase

from desktop.look.tokens import TEXT, TEXT_HEAD

FAMILY = "Inter"


def choose_family(bundled: Path) -> str:
    """Pick the family of the whole program and load the bundled files if the system has no Inter.

    Needs a QGuiApplication.
    """
    if FAMILY in QFontDatabase.families():
        return FAMILY
    loaded = [QFontDatabase.addApplicationFont(str(file)) for file in sorted(bundled.glob("Inter*.[ot]tf"))]
    if any(number >= 0 for number in loaded) and FAMILY in QFontDatabase.families():
        return FAMILY
    return QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family()


class Fonts:
    """Make the few fonts that the program uses."""

    def __init__(self, family: str) -> None:
        self.family = family

    def text(self, size: int = TEXT, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
        """Make a text font; `size` in logical pixels."""
        font = QFont(self.family)
        font.setPixelSize(size)
        font.setWeight(weight)
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        return font

    def head(self) -> QFont:
        """Make the spaced capitals of group heads."""
        font = self.text(TEXT_HEAD, QFont.Weight.DemiBold)
        font.setCapitalization(QFont.Capitalization.AllUppercase)
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.8)
        return font

    def count(self, size: int = TEXT, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
        """Make a font whose figures are all equally wide, so that counts do not dance."""
        font = self.text(size, weight)
        font.setFeature(QFont.Tag("tnum"), 1)
        return font
