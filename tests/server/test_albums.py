"""Albums, grants and levels over HTTP: whoever sees albums alone gets nothing by any other way."""

import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from local_server.accounts.models import Role, Sees
from tests.support.gallery import small_pictures
from tests.support.people import add_people
from tests.support.server import Client, Server, command, running
from tests.support.socket import listening
from tests.support.tokens import ago, signer
from tests.support.waiting import until

GUESTS = ("guest", "other guest")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server with eight pictures in two folders, people of all roles, and guests."""
    root = tmp_path_factory.mktemp("albums")
    data, folder = root / "data", root / "pictures"
    small_pictures(folder / "Loans", range(4))
    small_pictures(folder / "Own", range(4, 8))
    add_people(data)
    add_people(data, *((name, Role.VIEWER) for name in GUESTS), ("booth", Role.KIOSK), sees=Sees.ALBUMS)
    done = command("import", str(folder), "--data-dir", str(data), home=root)
    assert done.returncode == 0, done.stdout
    with running(data) as server:
        yield server


@pytest.fixture
def manager(house: Server) -> Iterator[Client]:
    """Return a manager; what albums were made are deleted in the end."""
    client = house.signed_in("manager")
    yield client
    for album in reversed(client.get("/albums").json()["items"]):
        assert client.delete(f"/albums/{album['id']}").status_code == 204


def _account(client: Client) -> str:
    return str(client.get("/session").json()["account"]["id"])


def _ids(client: Client, **query: Any) -> list[str]:
    page = client.get("/images", params=query).json()
    assert page["total"] == len(page["items"])
    return [item["id"] for item in page["items"]]


def _album(manager: Client, name: str, pictures: list[str], **more: Any) -> str:
    made = manager.post("/albums", json={"name": name, **more})
    assert made.status_code == 201, made.text
    if pictures:
        put = manager.put(f"/albums/{made.json()['id']}/pictures", json={"ids": pictures})
        assert put.json() == {"added": len(pictures), "already": 0, "unknown": 0}
    return str(made.json()["id"])


def _grant(manager: Client, album: str, person: Client, **more: Any) -> dict[str, Any]:
    made = manager.post(f"/albums/{album}/grants", json={"account_id": _account(person), **more})
    assert made.status_code == 201, made.text
    found = made.json()
    assert isinstance(found, dict)
    return found


def _view(server: Server, client: Client, picture: str, rendition: str = "screen") -> httpx.Response:
    """Ask for a rendition with a token that is right, whether or not the server would have given it."""
    token = signer(server.data, ago(seconds=1)).view(picture, client.session["viewing_session"]["id"])
    return client.get(
        f"/secure/image/{picture}/view", params={"rendition": rendition}, headers={"X-View-Token": token}
    )


def _code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def _nothing_of(server: Server, client: Client, pictures: list[str], hashes: Mapping[str, str]) -> None:
    """See that there is no way to pictures."""
    assert not set(_ids(client)) & set(pictures)
    for view in ("recent", "favourites", "picks"):
        assert not set(_ids(client, view=view)) & set(pictures)
    assert client.post("/images/tokens", json={"ids": pictures}).json()["tokens"] == {}
    for picture in pictures:
        assert _code(client.get(f"/images/{picture}")) == (404, "picture_unknown")
        assert _code(client.get(f"/images/by-hash/{hashes[picture]}")) == (404, "picture_unknown")
        for rendition in ("thumbnail", "screen", "tile"):
            assert _code(_view(server, client, picture, rendition)) == (404, "picture_unknown")


def test_who_sees_albums_alone_finds_no_other_way_to_a_picture(house: Server, manager: Client) -> None:
    everything = _ids(manager)
    hashes = {one: manager.get(f"/images/{one}").json()["content_hash"] for one in everything}
    for name in ("guest", "booth"):
        guest = house.signed_in(name)
        _nothing_of(house, guest, everything, hashes)
        overview = guest.get("/library").json()
        assert set(overview["counts"].values()) == {0}
        assert (overview["folders"], overview["months"]) == ([], [])
        assert guest.get("/albums").json() == {"items": []}
        path = next((house.data.parent / "pictures" / "Own").iterdir())
        assert _code(guest.post("/images/open", json={"path": str(path)})) == (404, "picture_unknown")

    loans = _ids(manager, folder="Loans")
    album = _album(manager, "Museum loans", loans[:2])
    guest, other = house.signed_in("guest"), house.signed_in("other guest")
    _grant(manager, album, guest)
    assert _ids(guest) == _ids(guest, album=album) == loans[:2]
    overview = guest.get("/library").json()
    assert overview["counts"]["all"] == 2
    assert [(one["path"], one["count"]) for one in overview["folders"]] == [("Loans", 2)]
    assert sum(month["count"] for month in overview["months"]) == 2
    for rendition in ("thumbnail", "screen", "tile"):
        assert _view(house, guest, loans[0], rendition).status_code == 200
    _nothing_of(house, guest, [one for one in everything if one not in loans[:2]], hashes)
    _nothing_of(house, other, everything, hashes)
    assert _code(other.get("/images", params={"album": album})) == (404, "album_unknown")
    place = manager.get(f"/images/{loans[0]}").json()["places"][0]
    path = house.data.parent / "pictures" / place["folder"] / place["name"]
    assert guest.post("/images/open", json={"path": str(path)}).json()["id"] == loans[0]


def test_a_file_that_somebody_without_the_library_opens_is_not_imported(
    house: Server, manager: Client, tmp_path: Path
) -> None:
    small_pictures(tmp_path, range(70, 71))
    (path,) = tmp_path.iterdir()
    before = manager.get("/images").json()["total"]
    guest = house.signed_in("guest")
    assert _code(guest.post("/images/open", json={"path": str(path)})) == (404, "picture_unknown")
    assert manager.get("/images").json()["total"] == before
    assert manager.get("/gallery").json()["pictures"] == before


def test_a_grant_holds_below_while_albums_inherit_and_until_it_is_revoked(
    house: Server, manager: Client
) -> None:
    one, two, three = _ids(manager)[:3]
    top = _album(manager, "Clients", [one])
    below = _album(manager, "Proofs", [two], parent_id=top)
    apart = _album(manager, "Contracts", [three], parent_id=top, inherits=False)
    guest = house.signed_in("guest")
    grant = _grant(manager, top, guest)
    assert set(_ids(guest)) == {one, two}
    assert [
        (album["name"], album["depth"], album["count"]) for album in guest.get("/albums").json()["items"]
    ] == [
        ("Clients", 0, 2),
        ("Proofs", 1, 1),
    ]
    (inherited,) = manager.get(f"/albums/{below}/grants").json()["items"]
    assert (inherited["id"], inherited["inherited"], inherited["album"]) == (grant["id"], True, "Clients")
    assert manager.get(f"/albums/{apart}/grants").json()["items"] == []
    manager.patch(f"/albums/{apart}", json={"inherits": True})
    assert set(_ids(guest)) == {one, two, three}
    assert manager.delete(f"/grants/{grant['id']}").status_code == 204
    assert _ids(guest) == []
    assert _code(manager.delete(f"/grants/{grant['id']}")) == (404, "grant_unknown")


def test_an_expired_grant_gives_nothing(house: Server, manager: Client) -> None:
    guest = house.signed_in("guest")
    album = _album(manager, "For a moment", _ids(manager)[:1])
    end = datetime.now(UTC) + timedelta(seconds=3)
    _grant(manager, album, guest, expires_at=end.isoformat())
    until(lambda: _ids(guest) == [], "the grant to expire")
    assert datetime.now(UTC) >= end
    (grant,) = manager.get(f"/albums/{album}/grants").json()["items"]
    assert grant["state"] == "expired"


def test_views_are_counted_for_openings_and_then_used_up(house: Server, manager: Client) -> None:
    one, two, three = _ids(manager)[:3]
    album = _album(manager, "Twice", [one, two, three])
    guest = house.signed_in("guest")
    _grant(manager, album, guest, view_limit=2)
    for picture in (one, two, three):
        assert _view(house, guest, picture, "thumbnail").status_code == 200
    assert {item["costs_view"] for item in guest.get("/images").json()["items"]} == {True}
    assert {item["costs_view"] for item in manager.get("/images").json()["items"]} == {False}
    for rendition in ("screen", "tile", "screen"):
        assert _view(house, guest, one, rendition).status_code == 200
    (grant,) = manager.get(f"/albums/{album}/grants").json()["items"]
    assert (grant["views_left"], grant["state"]) == (1, "valid")
    costs = {item["id"]: item["costs_view"] for item in guest.get("/images").json()["items"]}
    assert costs == {one: False, two: True, three: True}
    assert _view(house, guest, two).status_code == 200
    for answer in (_view(house, guest, three), guest.get(f"/images/{three}")):
        assert _code(answer) == (403, "views_used_up")
        assert answer.json()["advice"]
    assert set(_ids(guest)) == {one, two}, "what is open stays open"
    assert _view(house, guest, two, "tile").status_code == 200
    again = house.signed_in("guest")
    assert _ids(again) == []
    assert _code(_view(house, again, one)) == (403, "views_used_up")
    (entry,) = [
        line
        for line in house.signed_in("admin")
        .get("/activity", params={"kind": "grant_used_up"})
        .json()["items"]
        if line["detail"] == "Twice"
    ]
    assert (entry["account"], entry["picture_id"]) == ("guest", two)


def test_the_last_view_is_given_once(house: Server, manager: Client) -> None:
    pictures = _ids(manager)[:6]
    album = _album(manager, "The last one", pictures)
    guest = house.signed_in("guest")
    _grant(manager, album, guest, view_limit=1)
    clients = [house.client().carry(guest.session) for _ in pictures]
    answers: list[tuple[int, str]] = []
    together = threading.Barrier(len(pictures))

    def open_one(client: Client, picture: str) -> None:
        together.wait()
        answer = _view(house, client, picture)
        answers.append((answer.status_code, "" if answer.status_code == 200 else answer.json()["code"]))

    threads = [threading.Thread(target=open_one, args=pair) for pair in zip(clients, pictures, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [(200, "")] + [(403, "views_used_up")] * 5


def test_a_picture_is_as_well_protected_as_the_strictest_of_its_albums(
    house: Server, manager: Client
) -> None:
    one, two, three = _ids(manager)[:3]
    top = _album(manager, "Autumn collection", [one], level="sealed")
    _album(manager, "Below", [two], parent_id=top)
    _album(manager, "Family", [one, three], level="open")
    viewer = house.signed_in("viewer")
    for client, weakest in ((manager, "open"), (viewer, "marked")):
        levels = {item["id"]: item["level"] for item in client.get("/images").json()["items"]}
        assert (levels[one], levels[two], levels[three]) == ("sealed", "sealed", weakest)
        assert set(levels.values()) == {"sealed", weakest, "guarded"}
        found = {album["name"]: album["level"] for album in client.get("/albums").json()["items"]}
        assert found == {"Autumn collection": "sealed", "Below": "sealed", "Family": weakest}
    assert viewer.get(f"/images/{two}").json()["protection"]["source"] == "Autumn collection"
    assert viewer.get(f"/images/{three}").json()["protection"]["source"] == "Family"
    guest = house.signed_in("guest")
    _grant(manager, _album(manager, "For the guest", [one]), guest)
    protection = guest.get(f"/images/{one}").json()["protection"]
    assert (protection["level"], protection["source"]) == ("sealed", "another album")
    lowered = manager.patch(f"/albums/{top}", json={"level": None}).json()
    assert (lowered["level"], lowered["own_level"]) == ("guarded", None)
    assert viewer.get(f"/images/{two}").json()["protection"]["source"] == "default"
    (line,) = (
        house.signed_in("admin").get("/activity", params={"kind": "album_level_changed"}).json()["items"]
    )
    assert line["detail"] == "Autumn collection · sealed → guarded"


def test_changes_are_told_without_names_and_grants_to_whom_they_concern(
    house: Server, manager: Client
) -> None:
    guest, other = house.signed_in("guest"), house.signed_in("other guest")
    with (
        listening(house, guest.session["access_token"]) as (mine, _),
        listening(house, other.session["access_token"]) as (theirs, _),
        listening(house, manager.session["access_token"]) as (staff, _),
    ):
        album = _album(manager, "Secret name", [])
        _grant(manager, album, guest)
        manager.patch(f"/albums/{album}", json={"name": "Another"})
        for socket, expected in (
            (mine, ["album_changed", "grants_changed", "album_changed"]),
            (staff, ["album_changed", "grants_changed", "album_changed"]),
            (theirs, ["album_changed", "album_changed"]),
        ):
            heard: list[dict[str, Any]] = []
            while len(heard) < len(expected):
                event = socket.hear()
                if event["kind"] in ("album_changed", "grants_changed"):
                    heard.append(event)
            assert [event["kind"] for event in heard] == expected
            assert "Secret name" not in str(heard)
            assert all(event["data"].get("id", album) == album for event in heard)


def test_what_a_person_may_see_is_told_to_admins_in_pages(house: Server, manager: Client) -> None:
    admin, guest = house.signed_in("admin"), house.signed_in("guest")
    one, two = _ids(manager)[:2]
    top = _album(manager, "A top", [one])
    below = _album(manager, "B below", [one, two], parent_id=top)
    end = datetime(2099, 1, 1, tzinfo=UTC)
    grant = _grant(manager, top, guest, expires_at=end.isoformat(), view_limit=7)
    path = f"/users/{_account(guest)}/access"
    first = admin.get(path, params={"limit": 1}).json()
    second = admin.get(path, params={"limit": 1, "cursor": first["next"]}).json()
    assert (first["sees"], first["total"], second["total"], second["next"]) == ("albums", 2, 2, None)
    rows = first["items"] + second["items"]
    assert [(row["album_id"], row["pictures"], row["inherited"]) for row in rows] == [
        (top, 1, False),
        (below, 2, True),
    ]
    for row in rows:
        assert (row["grant_id"], row["granted_on"], row["views_left"]) == (grant["id"], "A top", 7)
        assert datetime.fromisoformat(row["expires_at"]) == end
    assert admin.get(f"/users/{_account(admin)}/access").json()["sees"] == "library"
    auditor = admin.get(f"/users/{_account(house.signed_in('auditor'))}/access").json()
    assert (auditor["sees"], auditor["total"], auditor["items"]) == ("nothing", 0, [])
    assert _code(admin.get("/users/nobody/access")) == (404, "grantee_unknown")
    assert _code(admin.get(path, params={"cursor": "nonsense"})) == (422, "cursor_invalid")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "a\nb"},
        {"name": "x" * 129},
        {"name": "x", "level": "secret"},
        {"name": "x", "inherits": "yes"},
        {"name": "x", "parent_id": "../.."},
        {"name": "x", "colour": "red"},
    ],
    ids=str,
)
def test_an_album_that_makes_no_sense_is_refused(manager: Client, body: dict[str, Any]) -> None:
    assert manager.post("/albums", json=body).status_code == 422


def test_a_grant_that_makes_no_sense_is_refused(house: Server, manager: Client) -> None:
    album, guest = _album(manager, "Nothing", []), _account(house.signed_in("guest"))
    for body in (
        {"account_id": guest, "view_limit": 0},
        {"account_id": guest, "view_limit": 1.5},
        {"account_id": guest, "expires_at": 4_000_000_000},
        {"account_id": guest, "expires_at": "2099-01-01"},
        {"account_id": guest, "expires_at": "2099-01-01T00:00:00"},
        {"account_id": guest, "expires_at": "0001-01-01T00:00:00+14:00"},
        {"account_id": guest, "expires_at": "2001-01-01T00:00:00Z"},
        {"account_id": _account(house.signed_in("auditor"))},
        {"account_id": "\x00"},
    ):
        assert manager.post(f"/albums/{album}/grants", json=body).status_code == 422, body
    assert _code(manager.post(f"/albums/{album}/grants", json={"account_id": "x"})) == (
        404,
        "grantee_unknown",
    )
    assert _code(manager.post("/albums/x/grants", json={"account_id": guest})) == (404, "album_unknown")
    many = {"ids": ["x"] * 501}
    assert manager.put(f"/albums/{album}/pictures", json=many).status_code == 422
    assert manager.request("DELETE", f"/albums/{album}/pictures", json={"ids": []}).status_code == 422


def test_pictures_leave_an_album_and_stay_in_the_library(house: Server, manager: Client) -> None:
    one, two = _ids(manager)[:2]
    total = manager.get("/images").json()["total"]
    album = _album(manager, "Passing", [one, two])
    answer = manager.request("DELETE", f"/albums/{album}/pictures", json={"ids": [one, "x"]})
    assert answer.json() == {"removed": 1}
    assert _ids(manager, album=album) == [two]
    _album(manager, "In it", [], parent_id=album)
    assert _code(manager.delete(f"/albums/{album}")) == (409, "album_has_albums")
    assert manager.get("/images").json()["total"] == total
