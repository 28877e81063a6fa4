"""What leaves the server whole: through one audited route, for who curates, and by no other."""

import io
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from local_server import contract
from local_server.library.protection import Level
from local_server.marks.codec import Codec
from local_server.marks.read import read
from local_server.storage.keys import Keys
from tests.server.test_contract_roles import ALLOWED, NOWHERE
from tests.support.people import add_people
from tests.support.pictures import encoded, noise
from tests.support.server import ROLES, Client, Server, command, running
from tests.support.tokens import ago, signer

SIZE = (700, 560)
WHY = "For the printer of the catalogue"
WEAKEST_AND_STRICTEST = (Level.OPEN, Level.SEALED)
CURATES = ("admin", "manager")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server with a picture in an album of each level, named after it."""
    root = tmp_path_factory.mktemp("export")
    data, folder = root / "data", root / "pictures"
    add_people(data)
    folder.mkdir()
    for number, level in enumerate(Level):
        (folder / f"{level}.png").write_bytes(encoded(noise(*SIZE, number)))
    done = command("import", str(folder), "--data-dir", str(data), home=root)
    assert done.returncode == 0, done.stdout
    with running(data, DEFAULT_PROTECTION="open", EXPORT_RATE="1000/minute") as server:
        manager = server.signed_in("manager")
        for item in manager.get("/images").json()["items"]:
            level = item["name"].removesuffix(".png")
            album = manager.post("/albums", json={"name": level, "level": level}).json()["id"]
            assert manager.put(f"/albums/{album}/pictures", json={"ids": [item["id"]]}).json()["added"] == 1
        yield server


def _file(server: Server, level: Level) -> bytes:
    return (server.data.parent / "pictures" / f"{level}.png").read_bytes()


@pytest.fixture(scope="module")
def admin(house: Server) -> Client:
    """Return who looks at what was recorded."""
    return house.signed_in("admin")


def _pictures(admin: Client) -> dict[Level, Mapping[str, Any]]:
    items = admin.get("/images").json()["items"]
    return {Level(item["name"].removesuffix(".png")): item for item in items}


def _export(client: Client, picture: Mapping[str, Any], **body: str) -> Any:
    return client.post(f"/images/{picture['id']}/export", json=body)


def _marks(content: bytes, server: Server) -> list[str]:
    image = Image.open(io.BytesIO(content)).convert("RGB")
    codec = Codec(Keys.open(server.data, None).derive("marks"))
    return [reading.mark.text for reading in read(np.asarray(image), codec)]


def _exports(admin: Client) -> list[dict[str, Any]]:
    found = admin.get("/activity", params={"kind": "picture_exported"}).json()["items"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("role", ROLES)
def test_each_role_and_level_gets_what_it_may_and_the_log_says_so(
    house: Server, admin: Client, role: str
) -> None:
    client = house.signed_in(role)
    for (level, picture), what, reason in product(
        _pictures(admin).items(), ("original", "copy"), ("", "   ", WHY)
    ):
        before = len(_exports(admin))
        answer = _export(client, picture, what=what, reason=reason)
        told = f"{role}, {level}, {what}, {reason!r}"
        if role not in CURATES:
            assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed"), told
            assert len(_exports(admin)) == before, told
            continue
        if level is not Level.OPEN and not reason.strip():
            assert (answer.status_code, answer.json()["code"]) == (422, "export_reason_missing"), told
            assert len(_exports(admin)) == before, told
            continue
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        if what == "original":
            assert answer.content == _file(house, level), told
            assert answer.headers["content-type"] == "application/octet-stream"
            assert answer.headers["content-disposition"].endswith(f"{level}.png")
        else:
            assert Image.open(io.BytesIO(answer.content)).size == SIZE
            assert _marks(answer.content, house) == [client.session["viewing_session"]["mark_id"]], told
        entries = _exports(admin)
        assert len(entries) == before + 1
        assert (entries[0]["account"], entries[0]["picture_id"]) == (role, picture["id"])
        assert reason.strip() in entries[0]["detail"]
        assert level in entries[0]["detail"]


@pytest.mark.parametrize("role", ["viewer", "kiosk", "auditor"])
def test_no_route_gives_others_an_original_or_unmarked_bytes(house: Server, admin: Client, role: str) -> None:
    """Every route of the contract is asked for every picture, with tokens that are right."""
    client = house.signed_in(role)
    mark, session = (client.session["viewing_session"][key] for key in ("mark_id", "id"))
    originals = [_file(house, level) for level in Level]
    shown = 0
    pictures = _pictures(admin)
    for level in WEAKEST_AND_STRICTEST:
        picture = pictures[level]
        token = signer(house.data, ago(seconds=1)).view(picture["id"], session)
        for route in ALLOWED:
            method, path = route.split(" ", 1)
            if method != "GET" and "export" not in path:
                continue
            where = NOWHERE | {"picture_id": picture["id"], "content_hash": _hash(admin, picture)}
            for rendition in ("thumbnail", "screen", "tile", "original"):
                answer = client.request(
                    method,
                    path.removeprefix("/api").format(**where),
                    params={"rendition": rendition} if "secure" in path else {},
                    headers={"X-View-Token": token},
                    json={"what": "original", "reason": WHY} if method == "POST" else None,
                )
                assert answer.content not in originals, f"{route} gives the original"
                if answer.headers.get("content-type", "").startswith("image/") and "overlay" not in path:
                    shown += 1
                    assert _marks(answer.content, house) == [mark], f"{route} of a {level} picture"
                if "secure" not in path:
                    break
    assert shown == (0 if role == "auditor" else 3 * len(WEAKEST_AND_STRICTEST))


def _hash(admin: Client, picture: Mapping[str, Any]) -> str:
    return str(admin.get(f"/images/{picture['id']}").json()["content_hash"])


def test_only_people_take_pictures_out_and_not_without_end(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "ünder/../x.png".replace("/", "_")).write_bytes(encoded(noise(90, 60)))
    add_people(tmp_path / "data")
    arguments = ["import", str(tmp_path / "pictures"), "--data-dir", str(tmp_path / "data")]
    assert command(*arguments, home=tmp_path).returncode == 0
    with running(tmp_path / "data", EXPORT_RATE="1/hour") as server:
        admin = server.signed_in("admin")
        (picture,) = admin.get("/images").json()["items"]
        body = {"name": "night", "scopes": ["pictures:read", "pictures:write"], "expires_in_days": 1}
        key = admin.post("/api-keys", json=body).json()["key"]
        program = server.client()
        program.headers["X-API-Key"] = key
        refused = _export(program, picture, what="original", reason=WHY)
        assert (refused.status_code, refused.json()["code"]) == (403, "api_key_refused")
        taken = _export(admin, picture, what="original", reason=WHY)
        assert taken.status_code == 200
        assert taken.headers["content-disposition"] == "attachment; filename*=UTF-8''%C3%BCnder_.._x.png"
        assert _export(admin, picture, what="original", reason=WHY).status_code == 429


def test_the_route_of_the_contract_names_no_key_scope() -> None:
    operation = contract.openapi()["paths"]["/api/images/{picture_id}/export"]["post"]
    assert not any("APIKeyHeader" in way for way in operation["security"])
