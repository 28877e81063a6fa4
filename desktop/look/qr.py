"""QR codes as pictures."""

import segno
from PySide6.QtGui import QImage, QPixmap

MODULE_PIXELS = 4
QUIET_MODULES = 4


def qr_code(text: str) -> QPixmap:
    """Return the QR code of a text, dark on light whatever the theme: readers expect that."""
    rows = [list(row) for row in segno.make(text, error="m", micro=False).matrix_iter(border=QUIET_MODULES)]
    size = len(rows)
    image = QImage(size, size, QImage.Format.Format_RGB32)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            image.setPixel(x, y, 0xFF000000 if dark else 0xFFFFFFFF)
    return QPixmap.fromImage(image.scaled(size * MODULE_PIXELS, size * MODULE_PIXELS))


def in_groups(secret: str) -> str:
    """Write a secret in groups of four letters, as it is typed most easily."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
