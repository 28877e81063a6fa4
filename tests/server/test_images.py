"""Lists, details and changes over HTTP, with the rights of each role."""

from collections.abc import Mapping
from typing import Any

import pytest
from PIL import ExifTags, Image

from tests.support.people import add_people
from tests.support.pictures import encoded, noise
from tests.support.server import ROLES, Client, Server, command, running


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Run a server with five pictures in two folders; the first has a camera and a position."""
    root = tmp_path_factory.mktemp("images")
    folder = root / "pictures"
    (folder / "Trips" / "Iceland").mkdir(parents=True)
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "Canon", "Canon EOS R5"
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = "2026:05:04 21:30:00"
    details[ExifTags.Base.OffsetTimeOriginal] = "+02:00"
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLatitude] = "N", (64.0, 8.0, 0.0)
    gps[ExifTags.GPS.GPSLongitudeRef], gps[ExifTags.GPS.GPSLongitude] = "W", (21.0, 56.0, 0.0)
    (folder / "Trips" / "Iceland" / "geysir.jpg").write_bytes(
        encoded(noise(90, 60, 1), "JPEG", exif=exif.tobytes())
    )
    for number in range(2, 6):
        (folder / "Trips" / f"{number}.png").write_bytes(encoded(noise(40, 30, number)))
    data = root / "data"
    add_people(data)
    assert command("import", str(folder), "--data-dir", str(data), home=root).returncode == 0
    with running(data) as server:
        yield server


def _geysir(client: Client) -> Mapping[str, Any]:
    (item,) = client.get("/images", params={"q": "geysir"}).json()["items"]
    assert isinstance(item, dict)
    return item


def test_pages_follow_each_other(library: Server) -> None:
    viewer = library.signed_in("viewer")
    found, cursor = [], None
    for _ in range(3):
        page = viewer.get("/images", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        assert page["total"] == 5
        found += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert cursor is None
    assert len(set(found)) == 5
    assert viewer.get("/images", params={"limit": 501}).status_code == 422
    assert viewer.get("/images", params={"cursor": "nonsense"}).json()["code"] == "cursor_invalid"


def test_a_picture_tells_what_its_camera_wrote(library: Server) -> None:
    viewer = library.signed_in("viewer")
    item = _geysir(viewer)
    assert (item["folder"], item["camera_name"]) == ("Trips/Iceland", "Canon EOS R5")
    assert item["taken_local"] == "2026-05-04T21:30:00"
    assert item["taken_at"] == "2026-05-04T19:30:00Z"
    assert item["sort_at"] == "2026-05-04T21:30:00Z"
    details = viewer.get(f"/images/{item['id']}").json()
    assert details["gps"] == {"latitude": pytest.approx(64.1333333), "longitude": pytest.approx(-21.9333333)}
    assert (len(details["histogram"]), sum(details["histogram"])) == (64, 90 * 60)
    assert details["places"] == [{"folder": "Trips/Iceland", "name": "geysir.jpg"}]
    assert details["protection"] == {
        "level": "guarded",
        "source": "default",
        "mark_id": viewer.session["viewing_session"]["mark_id"],
    }
    assert viewer.get(f"/images/by-hash/{details['content_hash']}").json()["id"] == item["id"]
    assert viewer.get("/images/by-hash/" + "0" * 64).status_code == 404
    assert viewer.get("/images/nothing").json()["code"] == "picture_unknown"


@pytest.mark.parametrize(("feature", "member"), [("information_gps", "gps"), ("histogram", "histogram")])
def test_what_is_switched_off_for_a_role_is_not_sent_to_it(
    library: Server, feature: str, member: str
) -> None:
    admin, viewer, manager = (library.signed_in(role) for role in ("admin", "viewer", "manager"))
    path = f"/images/{_geysir(viewer)['id']}"
    for enabled in (False, True):
        body = {"role": "viewer", "enabled": enabled}
        assert admin.put(f"/features/{feature}", json=body).status_code == 200
        assert bool(viewer.get(path).json()[member]) is enabled
        assert manager.get(path).json()[member]


def test_the_side_bar_counts(library: Server) -> None:
    overview = library.signed_in("viewer").get("/library").json()
    assert overview["counts"]["all"] == 5
    assert overview["folders"] == [
        {"path": "Trips", "name": "Trips", "depth": 0, "count": 5},
        {"path": "Trips/Iceland", "name": "Iceland", "depth": 1, "count": 1},
    ]
    assert {"month": "2026-05", "count": 1} in overview["months"]


def test_curators_change_pictures_and_viewers_do_not(library: Server) -> None:
    manager, viewer = library.signed_in("manager"), library.signed_in("viewer")
    path = f"/images/{_geysir(viewer)['id']}"
    changed = manager.patch(
        path,
        json={
            "rating": 4,
            "flag": "pick",
            "favourite": True,
            "title": " The \u202egeysir ",
            "tags": ["a", "a", "b"],
        },
    )
    assert changed.status_code == 200, changed.text
    assert (changed.json()["rating"], changed.json()["title"]) == (4, "The geysir")
    assert manager.get(path).json()["tags"] == ["a", "b"]
    assert manager.patch(path, json={"flag": None}).json()["flag"] is None
    assert manager.get(path).json()["rating"] == 4, "what is left out stays"
    for role in ("viewer", "kiosk", "auditor"):
        assert library.signed_in(role).patch(path, json={"rating": 1}).status_code == 403
    for wrong in (
        {"rating": 6},
        {"rating": "5"},
        {"flag": "maybe"},
        {"colour": "#fff"},
        {"title": "x" * 300},
    ):
        assert manager.patch(path, json=wrong).status_code == 422


def test_markup_in_a_name_travels_as_text(library: Server) -> None:
    answer = library.signed_in("viewer").get("/images", params={"q": "<script>"})
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json()["items"] == []


@pytest.mark.parametrize("role", ROLES)
def test_gallery_and_imports_are_for_those_who_curate(library: Server, role: str) -> None:
    client = library.signed_in(role)
    expected = 200 if role in ("admin", "manager") else 403
    for path in ("/gallery", "/imports", "/imports/refused"):
        assert client.get(path).status_code == expected
    chosen = client.put("/gallery", json={"folder": "/nowhere"}).status_code
    assert chosen == (422 if role == "admin" else 403)
    assert client.get("/queue/status").status_code == 200
