"""Takes the screen as a Qt program does: `grab_qt.py FILE`."""

import sys

from PySide6.QtGui import QGuiApplication

application = QGuiApplication(sys.argv)
QGuiApplication.primaryScreen().grabWindow(0).save(sys.argv[1])
