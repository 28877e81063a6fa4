"""The overlay that a canvas paints: each session's own, and its mark can be read out of a screenshot."""

import io
from collections.abc import Mapping

import numpy as np
from PIL import Image

from local_server.marks.carrier import Layer
from local_server.marks.codec import Codec
from local_server.marks.read import read
from local_server.storage.keys import Keys
from tests.support.server import Client, Server


def tile(client: Client) -> Image.Image:
    answer = client.get("/session/overlay")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.headers["cache-control"] == "no-store"
    return Image.open(io.BytesIO(answer.content))


def test_the_overlay_is_a_translucent_tile(people: Mapping[str, Client]) -> None:
    image = tile(people["viewer"])
    assert (image.mode, image.size) == ("RGBA", (128, 128))
    alpha = np.asarray(image)[..., 3]
    assert 0 < alpha.mean() < 8


def test_it_is_the_sessions_own_and_stays_so(server: Server) -> None:
    first, second = server.signed_in("viewer"), server.signed_in("viewer")
    assert tile(first).tobytes() == tile(first).tobytes()
    assert tile(first).tobytes() != tile(second).tobytes()


def test_an_auditor_has_none(people: Mapping[str, Client]) -> None:
    assert people["auditor"].get("/session/overlay").status_code == 403


def test_a_screenshot_under_it_gives_the_mark_back(server: Server) -> None:
    viewer = server.signed_in("viewer")
    across = np.linspace(40, 210, 900)
    ramp = np.add.outer(np.linspace(0, 30, 700), across).clip(0, 255).astype(np.uint8)
    screenshot = Image.fromarray(np.dstack([ramp] * 3)).convert("RGBA")
    pattern = tile(viewer)
    for top in range(0, screenshot.height, 128):
        for left in range(0, screenshot.width, 128):
            screenshot.alpha_composite(pattern, (left, top))
    codec = Codec(Keys.open(server.data, None).derive("marks"))
    found = read(np.asarray(screenshot.convert("RGB")), codec)
    assert [(reading.mark.text, reading.layer) for reading in found] == [
        (viewer.session["viewing_session"]["mark_id"], Layer.OVERLAY)
    ]
