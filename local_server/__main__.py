"""`python -m local_server`: the command line, as the desktop starts its server and worker."""

import sys

from local_server.cli import main

sys.exit(main())
