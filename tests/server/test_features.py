"""Switches: who may see and set them, what the server holds, and what is left of a change."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from local_server.features.models import FEATURES
from tests.support.server import ROLES, Client, Server
from tests.support.socket import listening


def switch(client: Client, name: str, role: str, enabled: bool) -> dict[str, Any]:
    answer = client.put(f"/features/{name}", json={"role": role, "enabled": enabled})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert isinstance(body, dict)
    return body


@pytest.mark.parametrize("role", ROLES)
def test_everybody_sees_their_own(people: Mapping[str, Client], role: str) -> None:
    own = people[role].get("/features").json()["features"]
    assert own == {name: feature.default for name, feature in FEATURES.items()}


def test_the_admin_sees_all_with_their_meaning(people: Mapping[str, Client]) -> None:
    items = people["admin"].get("/features/all").json()["items"]
    assert [item["name"] for item in items] == list(FEATURES)
    assert all(set(item["roles"]) == set(ROLES) and item["meaning"].endswith(".") for item in items)


def test_a_change_holds_is_told_and_recorded_once(own_server: Server) -> None:
    admin, viewer = own_server.signed_in("admin"), own_server.signed_in("viewer")
    with listening(own_server, viewer.session["access_token"]) as (socket, _):
        for _ in range(2):
            changed = switch(admin, "slideshow", "viewer", False)
        assert changed["roles"] == {role: role != "viewer" for role in ROLES}
        told = socket.hear_event("features_changed")["data"]
        assert told == {"feature": "slideshow", "role": "viewer", "enabled": False}
    assert viewer.get("/features").json()["features"]["slideshow"] is False
    assert admin.get("/features").json()["features"]["slideshow"] is True
    lines = admin.get("/activity", params={"kind": "feature_switched"}).json()["items"]
    assert [(line["what"], line["detail"]) for line in lines] == [
        ("Switch changed", "slideshow off for viewer")
    ]


@pytest.mark.parametrize(
    ("name", "body", "status", "code"),
    [
        ("no_such_thing", {"role": "viewer", "enabled": True}, 404, "feature_unknown"),
        ("slideshow", {"role": "emperor", "enabled": True}, 422, "request_invalid"),
        ("slideshow", {"role": "viewer", "enabled": "yes"}, 422, "request_invalid"),
        ("slideshow", {"role": "viewer"}, 422, "request_invalid"),
        ("slideshow", {"role": "viewer", "enabled": True, "more": 1}, 422, "request_invalid"),
        ("x" * 49, {"role": "viewer", "enabled": True}, 422, "request_invalid"),
    ],
)
def test_what_makes_no_sense_is_refused(
    people: Mapping[str, Client], name: str, body: dict[str, Any], status: int, code: str
) -> None:
    answer = people["admin"].put(f"/features/{name}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_opening_a_file_is_held_by_the_server(own_server: Server, tmp_path: Path) -> None:
    admin, viewer = own_server.signed_in("admin"), own_server.signed_in("viewer")
    switch(admin, "open_files", "viewer", False)
    body = {"path": str(tmp_path / "nothing.jpg")}
    answer = viewer.post("/images/open", json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "feature_off")
    assert admin.post("/images/open", json=body).json()["code"] != "feature_off"
