"""A copy is found by its looks, among others and whatever became of it; the catalogue remembers them."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter
from sqlalchemy import insert, select, update

from local_server.database.tables import likenesses, pictures, renditions
from local_server.importer import queries
from local_server.marks import perceptual
from local_server.marks.likenesses import Likenesses
from local_server.storage.blobs import Blobs
from local_server.storage.sealing import Sealer
from tests.support.catalogue import Catalogue, catalogue, now

SAMPLES = sorted((Path(__file__).parents[3] / "resources" / "samples").glob("*.jpg"))[:12]


@pytest.fixture(scope="module")
def thumbnails() -> list[bytes]:
    return [_thumbnail(path) for path in SAMPLES]


@pytest.fixture(scope="module")
def learnt(
    thumbnails: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Catalogue, Likenesses]]:
    """Return a catalogue of an older version, with thumbnails that were learnt by the sweep."""
    root = tmp_path_factory.mktemp("learnt")
    with catalogue(root / "data") as known:
        blobs = Blobs(known.data.blobs, Sealer(b"k" * 32))
        with known.database.write() as connection:
            for number, content in enumerate(thumbnails):
                one, blob = _id(number), f"{_id(number)}-thumbnail"
                queries.add_picture(connection, one, one * 2, 1, now(), now())
                row = {"picture_id": one, "kind": "thumbnail", "blob": blob, "width": 1, "height": 1}
                connection.execute(insert(renditions).values(row | {"bytes": blobs.put(blob, content)}))
            connection.execute(update(pictures).values(status="ready"))
        remembered = Likenesses(known.database, blobs)
        assert [remembered.learn_missing(8) for _ in range(4)] == [8, 4, 0, 0]
        yield known, remembered


def _id(number: int) -> str:
    return f"{number:032x}"


def _thumbnail(path: Path) -> bytes:
    with Image.open(path) as image:
        small = image.convert("RGB")
        small.thumbnail((640, 640))
    return _jpeg(small, 90)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    packed = io.BytesIO()
    image.save(packed, "JPEG", quality=quality)
    return packed.getvalue()


def _part(image: Image.Image, share: float) -> Image.Image:
    width, height = round(image.width * share), round(image.height * share)
    left, top = (image.width - width) // 3, (image.height - height) // 4
    return image.crop((left, top, left + width, top + height))


def _in_a_screenshot(image: Image.Image) -> Image.Image:
    screen = Image.new("RGB", (round(image.width * 1.25), round(image.height * 1.25)), (16, 17, 19))
    screen.paste(image, (image.width // 10, image.height // 8))
    return screen


BECAME = {
    "as it was": lambda image: image,
    "JPEG 10": lambda image: Image.open(io.BytesIO(_jpeg(image, 10))),
    "64 pixels wide": lambda image: image.resize((64, 48)),
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(5)),
    "flat": lambda image: ImageEnhance.Contrast(image).enhance(0.5),
    "turned": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "half of it": lambda image: _part(image, 0.75),
    "in a screenshot": _in_a_screenshot,
}


@pytest.mark.parametrize("name", BECAME)
def test_what_became_of_a_picture_looks_most_like_it(
    learnt: tuple[Catalogue, Likenesses], thumbnails: list[bytes], name: str
) -> None:
    for number, content in enumerate(thumbnails):
        copy = BECAME[name](Image.open(io.BytesIO(content)).convert("RGB"))
        found = learnt[1].nearest(copy, 3)
        assert found[0].picture_id == _id(number), SAMPLES[number].name
        assert found[0].distance < found[1].distance


def test_a_picture_that_was_withdrawn_is_not_found(
    learnt: tuple[Catalogue, Likenesses], thumbnails: list[bytes]
) -> None:
    known, remembered = learnt
    with known.database.write() as connection:
        connection.execute(update(pictures).where(pictures.c.id == _id(3)).values(status="refused"))
    try:
        found = remembered.nearest(Image.open(io.BytesIO(thumbnails[3])), len(SAMPLES))
        assert _id(3) not in {one.picture_id for one in found}
    finally:
        with known.database.write() as connection:
            connection.execute(update(pictures).values(status="ready"))


def test_hashes_of_another_version_are_made_anew(learnt: tuple[Catalogue, Likenesses]) -> None:
    known, remembered = learnt
    everything = select(likenesses.c.hashes).order_by(likenesses.c.picture_id)
    with known.database.write() as connection:
        before = connection.execute(everything).all()
        connection.execute(
            update(likenesses).where(likenesses.c.picture_id == _id(5)).values(version=0, hashes=b"")
        )
    assert [remembered.learn_missing(8) for _ in range(2)] == [1, 0]
    with known.database.read() as connection:
        assert connection.execute(everything).all() == before


def test_a_distance_counts_the_bits_of_the_best_pair() -> None:
    known = np.array([[0b1111, 0b0001], [0b1111_0000, 0b1111_1111]], np.uint64)
    assert perceptual.distances(np.array([0, 0b1110], np.uint64), known).tolist() == [1, 4]
