"""Takes the screen as soon as the server has let it in: `grab_fast.py FILE [SECONDS]`.

Between connection and read lies no library, only one answer. With SECONDS it reads the cookie that long
before.
"""

import sys
import time

from wire import Wire, cookie, keep

known = cookie()
time.sleep(float(sys.argv[2]) if len(sys.argv) > 2 else 0.0)
keep(sys.argv[1], Wire(known).screen())
