"""Takes the screen between two connections that do nothing, and stays: `grab_between.py FILE`.

The server gives each the number that the one before has just given back. It says when it has done so, and
ends with its standard input.
"""

import sys

from wire import Wire, cookie, keep

known = cookie()
Wire(known).close()
taking = Wire(known)
pixels = taking.screen()
taking.close()
Wire(known).close()
keep(sys.argv[1], pixels)
sys.stdout.write("done\n")
sys.stdout.flush()
sys.stdin.read()
