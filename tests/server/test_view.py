"""Pixels leave through one door: with a token of one's own session, at one's level, marked and recorded."""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from local_server.marks.carrier import Layer
from local_server.marks.codec import Codec
from local_server.marks.read import read
from local_server.storage.keys import Keys
from tests.support.people import add_people
from tests.support.pictures import encoded, noise
from tests.support.server import Client, Server, command, running
from tests.support.tokens import ago, signer
from tests.support.waiting import until

SIZE = (1300, 900)


def _imported(root: Path) -> Path:
    """Import two pictures below a folder and add people; return the data directory."""
    data, folder = root / "data", root / "pictures"
    add_people(data)
    folder.mkdir()
    for number in range(2):
        (folder / f"{number}.png").write_bytes(encoded(noise(*SIZE, number), "PNG"))
    done = command("import", str(folder), "--data-dir", str(data), home=root)
    assert done.returncode == 0, done.stdout
    return data


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server on two pictures for all tests that only look."""
    with running(_imported(tmp_path_factory.mktemp("view"))) as server:
        yield server


def _get(client: Client, picture: Mapping[str, Any], rendition: str, **more: Any) -> httpx.Response:
    token = more.pop("token", picture["view_token"])
    headers = {} if token is None else {"X-View-Token": token}
    return client.get(
        f"/secure/image/{picture['id']}/view", params={"rendition": rendition, **more}, headers=headers
    )


def _image(answer: httpx.Response) -> Image.Image:
    assert answer.status_code == 200, answer.text
    return Image.open(io.BytesIO(answer.content)).convert("RGB")


def _codec(data: Path) -> Codec:
    return Codec(Keys.open(data, None).derive("marks"))


def _first(client: Client) -> dict[str, Any]:
    item = client.get("/images").json()["items"][0]
    assert isinstance(item, dict)
    return item


def test_each_viewer_gets_pixels_with_the_own_mark(shown: Server) -> None:
    codec = _codec(shown.data)
    for role in ("viewer", "kiosk", "admin"):
        client = shown.signed_in(role)
        picture = _first(client)
        answer = _get(client, picture, "screen")
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["cache-control"] == "no-store"
        assert (answer.headers["x-rendition-width"], answer.headers["x-rendition-height"]) == ("1300", "900")
        readings = read(np.asarray(_image(answer)), codec)
        assert [(one.mark.text, one.layer) for one in readings] == [
            (client.session["viewing_session"]["mark_id"], Layer.PIXELS)
        ]


def test_tiles_joined_are_the_whole_picture_with_one_mark(shown: Server) -> None:
    viewer = shown.signed_in("viewer")
    picture = _first(viewer)
    whole = Image.new("RGB", SIZE)
    for row in range(2):
        for column in range(3):
            answer = _get(viewer, picture, "tile", column=column, row=row)
            assert answer.headers["x-rendition-width"] == "1300"
            tile = _image(answer)
            assert tile.size == (min(512, 1300 - 512 * column), min(512, 900 - 512 * row))
            whole.paste(tile, (512 * column, 512 * row))
    readings = read(np.asarray(whole), _codec(shown.data))
    assert [one.mark.text for one in readings] == [viewer.session["viewing_session"]["mark_id"]]
    screen = np.asarray(_image(_get(viewer, picture, "screen"))).astype(float)
    assert np.abs(np.asarray(whole) - screen).mean() < 2.0, "both come from the same pixels"
    for column, row in ((3, 0), (0, 2)):
        outside = _get(viewer, picture, "tile", column=column, row=row)
        assert (outside.status_code, outside.json()["code"]) == (404, "tile_unknown")


def test_a_thumbnail_fits_its_size_and_is_marked_by_whom_it_was_sent_to(shown: Server) -> None:
    viewer, other = shown.signed_in("viewer"), shown.signed_in("viewer")
    mine = _get(viewer, _first(viewer), "thumbnail")
    assert max(_image(mine).size) == 640
    assert _get(viewer, _first(viewer), "thumbnail").content == mine.content, "marked once, kept"
    assert _get(other, _first(other), "thumbnail").content != mine.content


def test_staff_see_open_pictures_plain_and_viewers_never_do(tmp_path: Path) -> None:
    with running(_imported(tmp_path), DEFAULT_PROTECTION="open") as server:
        manager, viewer = server.signed_in("manager"), server.signed_in("viewer")
        assert _first(manager)["level"] == "open"
        assert _first(viewer)["level"] == "marked"
        codec = _codec(server.data)
        for rendition in ("screen", "tile"):
            plain = np.asarray(_image(_get(manager, _first(manager), rendition)))
            marked = np.asarray(_image(_get(viewer, _first(viewer), rendition)))
            assert plain.shape == marked.shape
            assert not read(plain, codec)
        details = viewer.get(f"/images/{_first(viewer)['id']}").json()
        assert details["protection"]["mark_id"] == viewer.session["viewing_session"]["mark_id"]
        assert manager.get(f"/images/{_first(manager)['id']}").json()["protection"]["mark_id"] is None


def test_a_view_token_serves_one_picture_in_one_session_for_a_minute(shown: Server) -> None:
    viewer, other = shown.signed_in("viewer"), shown.signed_in("admin")
    first, second = viewer.get("/images").json()["items"]
    session = viewer.session["viewing_session"]["id"]
    stale = signer(shown.data, ago(seconds=61)).view(first["id"], session)
    for client, picture, token, status, code in (
        (other, first, first["view_token"], 403, "view_token_foreign"),
        (viewer, second, first["view_token"], 403, "view_token_foreign"),
        (viewer, first, None, 401, "view_token_missing"),
        (viewer, first, stale, 401, "token_expired"),
        (viewer, first, first["view_token"][:-2] + "xx", 401, "token_invalid"),
        (viewer, first, viewer.session["access_token"], 401, "token_invalid"),
    ):
        for rendition in ("thumbnail", "screen", "tile"):
            answer = _get(client, picture, rendition, token=token)
            assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert _get(viewer, first, "thumbnail").status_code == 200
    fresh = viewer.post("/images/tokens", json={"ids": [first["id"], "0" * 32]}).json()
    assert list(fresh["tokens"]) == [first["id"]]
    assert _get(viewer, first, "thumbnail", token=fresh["tokens"][first["id"]]).status_code == 200
    assert _get(viewer, first, "original").status_code == 422


def test_a_picture_that_is_gone_or_damaged_is_not_served(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    with running(_imported(tmp_path)) as server:
        admin = server.signed_in("admin")
        admin.put("/gallery", json={"folder": str(pictures)})
        until(lambda: admin.get("/gallery").json()["watching"], "the folder to be watched")
        item = next(one for one in admin.get("/images").json()["items"] if one["name"] == "0.png")
        for rendition in ("thumbnail", "screen", "tile"):
            assert _get(admin, item, rendition).status_code == 200
        (pictures / "0.png").unlink()
        until(lambda: admin.get("/images").json()["total"] == 1, "the picture to be hidden")
        for rendition in ("thumbnail", "screen", "tile"):
            answer = _get(admin, item, rendition)
            assert (answer.status_code, answer.json()["code"]) == (404, "picture_unknown")

        viewer = server.signed_in("viewer")
        left = _first(viewer)
        (blob,) = (server.data / "blobs").rglob(f"{left['id']}-screen")
        content = bytearray(blob.read_bytes())
        content[len(content) // 2] ^= 1
        blob.write_bytes(content)
        answer = _get(viewer, left, "screen")
        assert (answer.status_code, answer.json()["code"]) == (503, "blob_damaged")
        assert "anew" in answer.json()["advice"]
        until(lambda: viewer.get(f"/images/{left['id']}").status_code == 200, "it to be made anew")
        assert _get(viewer, _first(viewer), "screen").status_code == 200


def test_an_auditor_sees_no_picture(shown: Server) -> None:
    auditor = shown.signed_in("auditor")
    picture = _first(shown.signed_in("viewer"))
    for path in ("/images", "/library", f"/images/{picture['id']}", f"/secure/image/{picture['id']}/view"):
        assert auditor.get(path).status_code == 403
    assert auditor.post("/images/tokens", json={"ids": [picture["id"]]}).status_code == 403


def test_opening_is_recorded_with_who_and_which(shown: Server) -> None:
    viewer, admin = shown.signed_in("viewer"), shown.signed_in("admin")
    picture = _first(viewer)
    _get(viewer, picture, "thumbnail")
    _get(viewer, picture, "screen")
    opened = until(
        lambda: [
            entry
            for entry in admin.get("/activity", params={"kind": "picture_opened"}).json()["items"]
            if viewer.session["viewing_session"]["mark_id"] in entry["detail"]
        ],
        "the entry",
    )
    assert [(entry["account"], entry["picture_id"]) for entry in opened] == [("viewer", picture["id"])]


def test_no_blob_holds_a_picture_in_the_clear(shown: Server) -> None:
    blobs = [path for path in (shown.data / "blobs").rglob("*") if path.is_file()]
    assert {path.name.rpartition("-")[2] for path in blobs} >= {"thumbnail", "screen"}
    for path in blobs:
        assert path.stat().st_mode & 0o077 == 0
        assert b"JFIF" not in path.read_bytes()
