"""The least that Qt can do with a picture, for comparison: `python -m tests.bench.bare_window FILE`."""

import sys

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QLabel

application = QApplication(sys.argv)
label = QLabel()
label.resize(1440, 900)
label.setPixmap(QPixmap(sys.argv[1]).scaled(label.size(), Qt.AspectRatioMode.KeepAspectRatio))
label.show()
application.exec()
