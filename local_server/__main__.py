"""`python -m local_server`: the command line, as the desktop starts its server and worker."""

import os
import sys

# Our matrices are small and our threads many: OpenBLAS's own threads cost five times the CPU they save.
# It reads this when numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from local_server.cli import main  # noqa: E402 - after the line above, or numpy would not see it

sys.exit(main())
