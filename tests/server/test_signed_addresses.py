"""Signed addresses: good for one rendition, a while, and no longer than session and rights."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from PIL import Image

from tests.support.people import add_people
from tests.support.pictures import encoded, noise
from tests.support.server import Client, Server, command, running
from tests.support.tokens import ago, signer
from tests.support.waiting import until


def with_pictures(data: Path, folder: Path) -> None:
    add_people(data)
    folder.mkdir()
    for number in range(2):
        (folder / f"{number}.png").write_bytes(encoded(noise(300, 200, number), "PNG"))
    assert command("import", str(folder), "--data-dir", str(data), home=data.parent).returncode == 0


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[Server]:
    data = tmp_path / "data"
    with_pictures(data, tmp_path / "pictures")
    with running(data, SIGNED_URL_EXPIRY="120") as server:
        yield server


def ids(client: Client) -> list[str]:
    return [str(item["id"]) for item in client.get("/images").json()["items"]]


def sign(client: Client, picture: str, rendition: str = "screen") -> httpx.Response:
    return client.post(f"/images/{picture}/url", json={"rendition": rendition})


def test_an_address_needs_nothing_else_and_says_how_long(shown: Server) -> None:
    viewer = shown.signed_in("viewer")
    picture, _ = ids(viewer)
    answer = sign(viewer, picture, "thumbnail")
    assert answer.status_code == 201, answer.text
    left = datetime.fromisoformat(answer.json()["expires_at"]) - datetime.now(UTC)
    assert 0 < left.total_seconds() <= 120
    seen = shown.client(root="").get(answer.json()["url"])
    assert (seen.status_code, seen.headers["content-type"]) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(seen.content)).size == (300, 200)


def test_it_is_for_one_picture_and_cannot_be_made_up(shown: Server) -> None:
    viewer = shown.signed_in("viewer")
    first, second = ids(viewer)
    token = parse_qs(urlsplit(sign(viewer, first).json()["url"]).query)["token"][0]
    stranger = shown.client()

    def code(picture: str, token: str) -> str:
        answer = stranger.get(f"/secure/image/{picture}/signed", params={"token": token})
        return str(answer.json()["code"])

    assert code(second, token) == "not_allowed"
    assert code(first, token[:-4] + "AAAA") == "token_invalid"
    view_token = viewer.get("/images").json()["items"][0]["view_token"]
    assert code(first, view_token) == "token_invalid"
    assert code(first, viewer.session["access_token"]) == "token_invalid"
    session = viewer.session["viewing_session"]["id"]
    old, _ = signer(shown.data, ago(seconds=1000)).address(first, session, "screen", timedelta(seconds=60))
    assert code(first, old) == "token_expired"


def test_it_ends_with_its_session(shown: Server) -> None:
    viewer = shown.signed_in("viewer")
    url = sign(viewer, ids(viewer)[0]).json()["url"]
    viewer.delete("/session")
    assert shown.client(root="").get(url).json()["code"] == "session_ended"


def test_none_is_given_for_what_the_storage_has_lost(shown: Server) -> None:
    viewer = shown.signed_in("viewer")
    picture, _ = ids(viewer)
    (blob,) = (shown.data / "blobs").rglob(f"{picture}-screen")
    blob.unlink()
    lost = sign(viewer, picture)
    assert (lost.status_code, lost.json()["code"]) == (503, "blob_missing")
    until(lambda: sign(viewer, picture).status_code == 201, "the rendition to be made anew")


def test_none_is_given_to_who_may_not_see_it(shown: Server) -> None:
    assert sign(shown.signed_in("auditor"), "0" * 32).status_code == 403
    assert sign(shown.signed_in("viewer"), "0" * 32).json()["code"] == "picture_unknown"


def test_an_address_is_opened_no_more_often_than_the_rate_allows(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with_pictures(data, tmp_path / "pictures")
    with running(data, PICTURE_RATE="5/hour", START_WORKER="false") as server:
        viewer = server.signed_in("viewer")
        url = sign(viewer, ids(viewer)[0]).json()["url"]
        stranger = server.client(root="")
        answers = [stranger.get(url) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200] * 4 + [429]
        assert answers[-1].json()["code"] == "too_many_requests"
