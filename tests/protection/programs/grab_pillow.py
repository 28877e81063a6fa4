"""Takes the screen with Pillow: `grab_pillow.py FILE`."""

import os
import sys

from PIL import ImageGrab

ImageGrab.grab(xdisplay=os.environ["DISPLAY"]).save(sys.argv[1])
