"""Tiles, put together, are the upright picture at full size."""

import io
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from local_server.imaging.isolation import Decoder
from local_server.imaging.models import Refused
from local_server.imaging.tiles import MARGIN, SIDE, TilePack, columns_and_rows
from tests.support.pictures import encoded, noise


def _cut(decoder: Decoder, content: bytes) -> bytes | Refused:
    source = os.memfd_create("picture")
    try:
        os.write(source, content)
        return decoder.tiles(source)
    finally:
        os.close(source)


def _joined(pack: TilePack) -> Image.Image:
    whole = Image.new("RGB", (pack.width, pack.height))
    for row in range(pack.rows):
        for column in range(pack.columns):
            tile = pack.tile(column, row)
            assert tile is not None
            image = Image.open(io.BytesIO(tile.content))
            left, top, right, bottom = tile.margin
            inner = image.crop((left, top, image.width - right, image.height - bottom))
            assert inner.size == (
                min(SIDE, pack.width - column * SIDE),
                min(SIDE, pack.height - row * SIDE),
            )
            whole.paste(inner, (column * SIDE, row * SIDE))
    return whole


@pytest.mark.parametrize("orientation", range(1, 9))
def test_tiles_are_the_upright_picture(decoder: Decoder, orientation: int) -> None:
    picture = noise(1100, 530)
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = _cut(decoder, encoded(picture, "PNG", exif=exif.tobytes()))
    assert isinstance(content, bytes)
    pack = TilePack.opened(content)
    methods = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    expected = picture if orientation == 1 else picture.transpose(methods[orientation])
    assert (pack.width, pack.height) == expected.size
    difference = np.asarray(_joined(pack)).astype(int) - np.asarray(expected).astype(int)
    assert np.sqrt((difference**2).mean()) < 2.5


@pytest.mark.parametrize("size", [(1, 1), (512, 512), (513, 512), (527, 1025), (1024 + MARGIN - 1, 10)])
def test_edges_have_no_margin_and_cut_ones_are_short(decoder: Decoder, size: tuple[int, int]) -> None:
    content = _cut(decoder, encoded(noise(*size), "PNG"))
    assert isinstance(content, bytes)
    assert _joined(TilePack.opened(content)).size == size


def test_a_bad_file_is_refused(decoder: Decoder) -> None:
    content = encoded(noise(900, 900), "PNG")
    answer = _cut(decoder, content[: len(content) // 2])
    assert isinstance(answer, Refused)
    assert answer.code == "damaged"


@given(width=st.integers(1, 3000), height=st.integers(1, 3000), data=st.data())
def test_a_pack_gives_back_each_tile(width: int, height: int, data: st.DataObject) -> None:
    columns, rows = columns_and_rows(width, height)
    tiles = [f"tile {index}".encode() for index in range(columns * rows)]
    pack = TilePack.opened(TilePack.pack(width, height, tiles))
    column = data.draw(st.integers(-1, columns))
    row = data.draw(st.integers(-1, rows))
    tile = pack.tile(column, row)
    if 0 <= column < columns and 0 <= row < rows:
        assert tile is not None
        assert tile.content == tiles[row * columns + column]
    else:
        assert tile is None


@given(st.binary(max_size=200))
def test_what_is_no_pack_is_not_read(content: bytes) -> None:
    with pytest.raises(ValueError, match="tile pack"):
        TilePack.opened(content)
