"""Pictures travel between replicas: read by any worker, kept in one store, shown by any server."""

import io
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.scale_out.stage import PATIENCE, Stage
from tests.support.parts.redis import Redis
from tests.support.parts.s3 import S3
from tests.support.pictures import encoded, noise
from tests.support.server import Client
from tests.support.waiting import until


@pytest.fixture(scope="module")
def folder(house: Stage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the gallery folder of the house."""
    folder = tmp_path_factory.mktemp("pictures")
    admin = house.signed_in("admin", 0)
    chosen = admin.put("/gallery", json={"folder": str(folder)})
    assert chosen.is_success, chosen.text
    return folder


def pictures(client: Client) -> list[dict[str, Any]]:
    """Return every picture that is ready."""
    answer = client.get("/images", params={"limit": 500})
    assert answer.is_success, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def ready(client: Client, *names: str) -> list[dict[str, Any]]:
    """Wait until pictures of these names are ready and return them."""

    def found() -> list[dict[str, Any]]:
        there = [picture for picture in pictures(client) if picture["name"] in names]
        return there if len(there) == len(names) else []

    return until(found, f"{len(names)} pictures", 2 * PATIENCE)


def view(client: Client, picture: dict[str, Any]) -> httpx.Response:
    """Ask for a picture."""
    return client.get(
        f"/secure/image/{picture['id']}/view",
        params={"rendition": "screen"},
        headers={"X-View-Token": picture["view_token"]},
    )


def shown(client: Client, picture: dict[str, Any]) -> Image.Image:
    """Look at a picture."""
    answer = view(client, picture)
    assert answer.status_code == 200, answer.text
    return Image.open(io.BytesIO(answer.content)).convert("RGB")


def reached(client: Client, picture: dict[str, Any]) -> bool:
    """Tell whether a picture can be looked at; the only reason against it is that the store is away."""
    answer = view(client, picture)
    if answer.status_code != 200:
        assert (answer.status_code, answer.json()["code"]) == (503, "storage_away"), answer.text
    return answer.status_code == 200


def new(folder: Path, *names: str) -> None:
    """Put new pictures into the gallery folder."""
    for name in names:
        content = encoded(noise(1200, 900, seed=abs(hash(name)) % 2**32), "JPEG", quality=85)
        half = folder / f".{name}.part"
        half.write_bytes(content)
        half.rename(folder / name)


def test_what_one_server_finds_every_server_shows(stage: Stage, folder: Path) -> None:
    new(folder, *(f"found {number}.jpg" for number in range(6)))
    for server in (1, 0, None):
        viewer = stage.signed_in("viewer", server)
        for picture in ready(viewer, *(f"found {number}.jpg" for number in range(6))):
            assert shown(viewer, picture).size == (1200, 900)
    # No replica holds a picture that the others can't get.
    assert not [path for server in stage.replicas for path in server.data.glob("blobs/??/??/*")]


@pytest.mark.timeout(300)
def test_the_work_of_a_worker_that_is_killed_is_done_by_the_other(stage: Stage, folder: Path) -> None:
    names = [f"left behind {number}.jpg" for number in range(24)]
    new(folder, *names)
    viewer = stage.signed_in("viewer", 1)
    until(lambda: [picture for picture in pictures(viewer) if picture["name"] in names], "the first one")
    with stage.workers[0].away():
        left = ready(viewer, *names)
    assert len({picture["id"] for picture in left}) == len(names)


def test_pictures_are_taken_in_while_redis_is_away(stage: Stage, folder: Path, redis: Redis) -> None:
    viewer = stage.signed_in("viewer", 1)
    with redis.away():
        new(folder, "without redis.jpg")
        until(lambda: stage.client(0).carry(viewer.session).get("/images").is_success, "the list")
    (picture,) = ready(viewer, "without redis.jpg")
    assert shown(viewer, picture).size == (1200, 900)


def test_pictures_are_shown_from_the_cache_while_the_store_is_away(
    stage: Stage, folder: Path, s3: S3
) -> None:
    new(folder, "cached.jpg")
    viewer = stage.signed_in("viewer", 1)
    (picture,) = ready(viewer, "cached.jpg")
    shown(viewer, picture)
    with s3.away():
        (picture,) = ready(viewer, "cached.jpg")
        assert shown(viewer, picture).size == (1200, 900)


def test_pictures_that_come_while_the_store_is_away_are_all_there_after_it(
    stage: Stage, folder: Path, s3: S3
) -> None:
    viewer = stage.signed_in("viewer", 1)
    names = [f"without store {number}.jpg" for number in range(6)]
    with stage.unrestarted():
        with s3.away():
            new(folder, *names)
            ready(viewer, *names)
        for server in range(2):
            client = stage.signed_in("viewer", server)
            for picture in ready(client, *names):
                until(partial(reached, client, picture), "a picture that waited in a spool")
