"""One decoder for all tests of imaging."""

from collections.abc import Iterator

import pytest

from local_server.imaging.isolation import Decoder


@pytest.fixture(scope="session")
def decoder() -> Iterator[Decoder]:
    """Return a decoder with its fork server."""
    decoder = Decoder()
    yield decoder
    decoder.close()
