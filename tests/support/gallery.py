"""A gallery folder for tests: chosen before a server runs, filled with pictures that are all different."""

from pathlib import Path

import numpy as np
from PIL import Image

from local_server.app import utc_now
from local_server.audit.log import AuditLog
from local_server.data_directory import DataDirectory
from local_server.database.migrate import open_catalogue
from local_server.importer.gallery import Gallery
from local_server.rooms import SAMPLES
from local_server.storage.keys import Keys
from tests.support.pictures import encoded


def choose_gallery(root: Path, folder: Path) -> None:
    """Make a folder the gallery of a data directory."""
    data = DataDirectory(root)
    data.prepare()
    database = open_catalogue(data)
    try:
        audit = AuditLog(Keys.open(root, None).derive("audit"), utc_now)
        Gallery(database, data, SAMPLES, audit, utc_now).choose(str(folder), samples=False)
    finally:
        database.close()


def small_pictures(folder: Path, numbers: range) -> None:
    """Write a JPEG of 640 x 480 for each number; no two are alike."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        colours = np.random.default_rng(number).integers(0, 256, (6, 8, 3), np.uint8)
        picture = Image.fromarray(colours).resize((640, 480), Image.Resampling.BILINEAR)
        (folder / f"{number:05}.jpg").write_bytes(encoded(picture, "JPEG", quality=80))


def vivid_pictures(folder: Path, numbers: range) -> None:
    """Write a large JPEG for each number, of a magenta that no room of the program has."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        light = np.random.default_rng(number).integers(-24, 25, (10, 16, 1))
        colours = (np.array([[[215, 40, 130]]]) + light).astype(np.uint8)
        picture = Image.fromarray(colours).resize((3000, 2000), Image.Resampling.BICUBIC)
        (folder / f"{number:05}.jpg").write_bytes(encoded(picture, "JPEG", quality=90))
