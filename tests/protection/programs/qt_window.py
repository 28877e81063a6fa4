"""A Qt window that shows the test pattern and says when it is clicked: `qt_window.py x,y,width,height`.

Prints the window's id, then `pressed` for each click; ends with its standard input.
"""

import sys

from PySide6.QtCore import QSocketNotifier, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

COLOURS = (QColor(0xE01B84), QColor(0x14C8A0), QColor(0xF0A010))


class Picture(QWidget):
    """The pattern."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint stripes."""
        painter = QPainter(self)
        for left in range(0, self.width(), 10):
            painter.fillRect(left, 0, 10, self.height(), COLOURS[left // 10 % 3])
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Say that the click has arrived."""
        sys.stdout.write("pressed\n")
        sys.stdout.flush()


application = QApplication(sys.argv)
picture = Picture()
picture.setWindowFlag(Qt.WindowType.FramelessWindowHint)
picture.setGeometry(*map(int, sys.argv[1].split(",")))
picture.show()
ending = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)
ending.activated.connect(application.quit)
sys.stdout.write(f"{int(picture.winId())}\n")
sys.stdout.flush()
application.exec()
