"""Import rate against its limit: libjpeg's own scaled decoding of the same files in the same run.

`python -m tests.bench.bench_import [pictures] [processes]` prints both; it passes or fails nothing.
"""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from PIL import Image

from tests.support.people import add_people
from tests.support.pictures import encoded, noise
from tests.support.server import environment

MEGAPIXELS_12 = (4000, 3000)


def _limit(path: Path) -> None:
    """Decode at 1/8: all of the file's entropy coding, hardly any pixels."""
    with Image.open(path) as image:
        image.draft("RGB", (image.width // 8, image.height // 8))
        image.load()


def _scaled(path: Path) -> None:
    """Decode at the scale that the screen rendition needs."""
    with Image.open(path) as image:
        image.draft("RGB", (2560, 1920))
        image.load()


def _seconds(work: object, paths: list[Path], processes: int) -> float:
    with ProcessPoolExecutor(processes, get_context("forkserver")) as pool:
        list(pool.map(_limit, paths[:processes]))  # the processes are started and have imported Pillow
        began = time.perf_counter()
        list(pool.map(work, paths))  # type: ignore[arg-type]  # a module's function
        return time.perf_counter() - began


def main() -> None:
    """Print the rates."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    processes = int(sys.argv[2]) if len(sys.argv) > 2 else os.cpu_count() or 2
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        folder = root / "pictures"
        folder.mkdir()
        paths = [folder / f"{number}.jpg" for number in range(count)]
        for number, path in enumerate(paths):
            path.write_bytes(encoded(noise(*MEGAPIXELS_12, number), "JPEG", quality=92))
        add_people(root / "data")
        limit = _seconds(_limit, paths, processes)
        scaled = _seconds(_scaled, paths, processes)
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "local_server", "import", folder, "--data-dir", root / "data"],
            env=environment(root, {"WORKER_CONCURRENCY": str(processes)}),
            cwd=root,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        imported = time.perf_counter() - began
    print(f"{count} pictures of 12 MP, {processes} processes")
    print(f"  decode at 1/8, the limit     {count / limit:6.1f} pictures/s")
    print(f"  decode for the screen        {count / scaled:6.1f} pictures/s")
    print(
        f"  import with its start        {count / imported:6.1f} pictures/s  {imported / limit:.1f} x limit"
    )


if __name__ == "__main__":
    main()
