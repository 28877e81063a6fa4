"""What a machine holds decides what it is sent; exemptions, a stronger mark, judgements, quiet programs."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.support.access import user_id
from tests.support.people import add_people
from tests.support.pictures import encoded
from tests.support.reports import report
from tests.support.server import ROOT, Client, Server, claim, command, running

SAMPLES = ROOT / "resources" / "samples"
RENDITIONS: tuple[dict[str, Any], ...] = (
    {"rendition": "thumbnail"},
    {"rendition": "screen"},
    {"rendition": "tile", "column": 0, "row": 0},
)


def busy_picture() -> Image.Image:
    """Return a picture of fine detail: where nothing would hide it, a mark is hardly made stronger."""
    with Image.open(next(SAMPLES.glob("Woodland stream*"))) as photograph:
        return photograph.convert("RGB").resize((700, 500))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server on one picture, which is guarded as any in no album is."""
    root = tmp_path_factory.mktemp("protection")
    data, folder = root / "data", root / "pictures"
    add_people(data)
    folder.mkdir()
    (folder / "one.png").write_bytes(encoded(busy_picture(), "PNG"))
    done = command("import", str(folder), "--data-dir", str(data), home=root)
    assert done.returncode == 0, done.stdout
    with running(data) as server:
        yield server


def tell(client: Client, level: str, **more: Any) -> dict[str, Any]:
    answer = client.put("/session/protection", json=claim(level, **more))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def views(client: Client) -> list[tuple[int, str | None]]:
    """Ask for everything of the one picture; return status and code of each."""
    picture = client.get("/images").json()["items"][0]
    headers = {"X-View-Token": picture["view_token"]}
    answers = [
        client.get(f"/secure/image/{picture['id']}/view", params=each, headers=headers) for each in RENDITIONS
    ]
    return [
        (answer.status_code, answer.json()["code"] if answer.status_code != 200 else None)
        for answer in answers
    ]


@contextmanager
def in_album(client: Client, level: str) -> Iterator[None]:
    """Have the picture in an album of a level for as long as the block lasts."""
    ids = {"ids": [client.get("/images").json()["items"][0]["id"]]}
    album = client.post("/albums", json={"name": "Loans", "level": level}).json()["id"]
    client.put(f"/albums/{album}/pictures", json=ids)
    try:
        yield
    finally:
        client.request("DELETE", f"/albums/{album}/pictures", json=ids)
        client.delete(f"/albums/{album}")


def screen(client: Client) -> np.ndarray[Any, Any]:
    picture = client.get("/images").json()["items"][0]
    answer = client.get(
        f"/secure/image/{picture['id']}/view",
        params={"rendition": "screen"},
        headers={"X-View-Token": picture["view_token"]},
    )
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("L")).astype(float)


def laid(marked: np.ndarray[Any, Any], plain: Image.Image) -> float:
    """Return how much was laid into a picture, in grey levels, without the fine grain that JPEG adds."""
    change = marked - np.asarray(plain.convert("L"))
    return float(np.abs(np.asarray(Image.fromarray(change.astype(np.float32)).reduce(2))).mean())


def activity(client: Client, *kinds: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/activity", params={"kind": list(kinds)}).json()["items"]
    return found


SHOWN, KEPT = [(200, None)] * 3, [(403, "level_not_held")] * 3


def test_what_a_machine_cannot_hold_is_not_sent_to_it(house: Server) -> None:
    admin = house.signed_in("admin")
    assert views(admin) == SHOWN
    for held, sent in (("marked", KEPT), ("guarded", SHOWN), ("sealed", SHOWN)):
        assert tell(admin, held, beats=2)["holds"] == held
        assert views(admin) == sent
    tell(admin, "marked", reason="“programs that connect” is not live.")
    picture = admin.get("/images").json()["items"][0]
    headers = {"X-View-Token": picture["view_token"]}
    refusal = admin.get(f"/secure/image/{picture['id']}/view?rendition=screen", headers=headers).json()
    assert refusal["detail"] == "This machine cannot hold level guarded: “programs that connect” is not live."
    assert "status bar" in refusal["advice"]
    with in_album(admin, "sealed"):
        for held, sent in (("guarded", KEPT), ("sealed", SHOWN)):
            tell(admin, held, beats=3)
            assert views(admin) == sent


def test_a_session_that_says_nothing_gets_nothing_guarded(house: Server) -> None:
    body = {"name": "admin", "password": "seven wet geese in a row"}
    machine = {"id": "m", "name": "m", "client": "cli"}
    client = house.client()
    client.carry(client.post("/session", json={**body, "machine": machine}).json())
    assert views(client) == KEPT
    # An address that was signed in such a session opens no more than the session does.
    picture = client.get("/images").json()["items"][0]
    signed = client.post(f"/images/{picture['id']}/url", json={"rendition": "screen"})
    if signed.status_code == 201:
        opened = house.client(root="").get(signed.json()["url"])
        assert opened.json()["code"] == "level_not_held"


def test_a_machine_that_contradicts_itself_is_recorded_and_gets_nothing_guarded(house: Server) -> None:
    admin, liar = house.signed_in("admin"), house.signed_in("manager")
    answer = tell(liar, "sealed", sentinel=None)
    assert (answer["holds"], answer["reason"]) == (
        "marked",
        "it claims a live guard and has no sentinel that beats.",
    )
    assert views(liar) == KEPT
    tell(liar, "sealed", sentinel=None)
    found = activity(admin, "machine_doubted")
    assert [(line["account"], line["severity"]) for line in found] == [("manager", "alarm")]
    assert found[0]["detail"] == (
        "test machine claims sealed: it claims a live guard and has no sentinel that beats."
    )
    too_fast = house.signed_in("manager")
    assert tell(too_fast, "sealed", beats=100_000)["holds"] == "marked"


def test_a_stronger_mark_holds_until_the_end_of_the_session(house: Server) -> None:
    admin, other = house.signed_in("admin"), house.signed_in("admin")
    overlay, plain = admin.get("/session/overlay").content, busy_picture()
    with in_album(admin, "marked"):
        weak = screen(admin)
        assert tell(admin, "guarded", strengthen=True)["strong"]
        assert tell(admin, "guarded", beats=2)["strong"], "it stays"
        assert not tell(other, "guarded")["strong"]
        strong = screen(admin)
    assert laid(strong, plain) > 1.2 * laid(weak, plain)
    stronger = admin.get("/session/overlay").content
    alpha = [np.asarray(Image.open(io.BytesIO(png)))[..., 3].mean() for png in (overlay, stronger)]
    assert alpha[1] > 1.4 * alpha[0]
    assert activity(admin, "mark_strengthened")[0]["account"] == "admin"


def test_an_exemption_is_granted_told_used_in_the_open_and_taken_back(house: Server) -> None:
    admin, viewer = house.signed_in("admin"), house.signed_in("viewer")
    route = f"/users/{user_id(admin, 'viewer')}/assistive"
    past = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    late = admin.put(route, json={"reason": "magnifier", "expires_at": past})
    assert (late.status_code, late.json()["code"]) == (422, "exemption_over")
    assert tell(viewer, "guarded")["assistive"] is None
    granted = admin.put(route, json={"reason": "magnifier"}).json()["assistive"]
    assert (granted["reason"], granted["granted_by"], granted["expires_at"]) == ("magnifier", "admin", None)
    answer = tell(viewer, "guarded", beats=2)
    assert answer["assistive"] == {"reason": "magnifier", "granted_by": "admin", "expires_at": None}
    assert answer["strong"]
    use = report(
        hidden=False, answers=["record", "strengthen"], withheld=["shield"], spared="assistive", evidence=None
    )
    assert viewer.post("/violations", json=use).status_code == 201
    line = activity(admin, "capture_attempt")[0]
    assert line["detail"] == "scrot read 1440×900 · visible by an assistive exemption"
    own = viewer.get("/session/records", params={"kind": "capture"}).json()["items"][0]
    assert own["facts"]["spared"] == "assistive"
    assert admin.delete(route).json()["assistive"] is None
    assert tell(viewer, "guarded", beats=3)["assistive"] is None
    kinds = [line["kind"] for line in activity(admin, "assistive_granted", "assistive_ended")]
    assert kinds == ["assistive_ended", "assistive_granted"]


def test_the_owner_of_the_server_grants_exemptions_at_the_command_line(tmp_path: Path) -> None:
    data = tmp_path / "data"
    add_people(data)
    base = ("user", "exempt", "viewer", "--data-dir", str(data), "--reason", "screen reader")
    assert command(*base, "--until", "2020-01-01", home=tmp_path).returncode == 2
    assert command(*base, "--until", "2120-01-01", home=tmp_path).returncode == 0
    with running(data) as server:
        viewer = server.signed_in("viewer")
        assert tell(viewer, "guarded", beats=2)["assistive"]["granted_by"] == "command line"
    ended = command("user", "end-exemption", "viewer", "--data-dir", str(data), home=tmp_path)
    assert ended.returncode == 0


def test_a_short_shield_accuses_nobody(house: Server) -> None:
    admin, viewer = house.signed_in("admin"), house.signed_in("viewer")
    before = admin.get("/activity/summary").json()["captures_7d"]["total"]
    sign = report(kind="client_started", level="sealed", answers=["brief", "shield"], evidence=None, count=3)
    assert viewer.post("/violations", json=sign).status_code == 201
    assert admin.get("/activity/summary").json()["captures_7d"]["total"] == before
    line = activity(admin, "short_shield")[0]
    assert (line["severity"], line["detail"]) == (
        "info",
        "scrot connected to the display 3 times · hidden for a moment",
    )


def test_a_false_alarm_leads_to_a_quiet_program_and_a_real_one_ends_it(house: Server) -> None:
    admin, auditor, viewer = (house.signed_in(role) for role in ("admin", "auditor", "viewer"))
    culprit = {"pid": 7, "name": "panel", "executable": "/usr/bin/panel", "script": None}
    for _ in range(2):
        assert viewer.post("/violations", json=report(culprit=culprit, evidence=None)).status_code == 201
    newest, older = activity(admin, "capture_attempt")[:2]
    quieten = {"sequence": newest["sequence"], "days": 30}
    early = admin.post("/guard/quiet", json=quieten)
    assert (early.status_code, early.json()["code"]) == (409, "judgement_needed")
    judged = {"judgement": "false_alarm", "note": "draws a clock"}
    assert admin.put(f"/activity/{newest['sequence']}/judgement", json=judged).status_code == 204
    assert activity(admin, "capture_attempt")[0]["judgement"] == "false_alarm"
    made = admin.post("/guard/quiet", json=quieten)
    assert (made.status_code, made.json()["executable"], made.json()["note"]) == (
        201,
        "/usr/bin/panel",
        "draws a clock",
    )
    assert tell(viewer, "guarded", beats=2)["quiet"] == ["/usr/bin/panel"]
    ledger = auditor.get("/guard/ledger").json()
    cause = next(one for one in ledger["causes"] if one["executable"] == "/usr/bin/panel")
    assert (cause["attempts"], cause["false_alarms"], cause["real"]) == (2, 1, 0)
    assert [one["sequence"] for one in ledger["quiet"]] == [newest["sequence"]]
    real = {"judgement": "real", "note": "it was somebody after all"}
    assert admin.put(f"/activity/{older['sequence']}/judgement", json=real).status_code == 204
    assert tell(viewer, "guarded", beats=3)["quiet"] == []
    again = admin.post("/guard/quiet", json=quieten).json()
    assert admin.delete(f"/guard/quiet/{again['id']}").status_code == 204
    gone = admin.delete(f"/guard/quiet/{again['id']}")
    assert (gone.status_code, gone.json()["code"]) == (404, "quiet_program_unknown")
    told = [line["what"] for line in activity(admin, "capture_judged", "quiet_program_added")]
    assert told == ["Program quieted", "Capture judged", "Program quieted", "Capture judged"]


def test_what_is_no_attempt_or_names_no_program_cannot_be_quieted(house: Server) -> None:
    admin, viewer = house.signed_in("admin"), house.signed_in("viewer")
    judged: Mapping[str, str] = {"judgement": "false_alarm", "note": "so"}
    opened = activity(admin, "signed_in")[0]["sequence"]
    assert admin.put(f"/activity/{opened}/judgement", json=judged).json()["code"] == "capture_unknown"
    nameless = report(culprit={}, evidence=None)
    assert viewer.post("/violations", json=nameless).status_code == 201
    sequence = activity(admin, "capture_attempt")[0]["sequence"]
    assert admin.put(f"/activity/{sequence}/judgement", json=judged).status_code == 204
    answer = admin.post("/guard/quiet", json={"sequence": sequence, "days": 1})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_program_named")


def test_a_trial_is_told_to_the_role_it_is_on_for(house: Server) -> None:
    admin, viewer = house.signed_in("admin"), house.signed_in("viewer")
    switch = {"role": "viewer", "enabled": True}
    assert admin.put("/features/guard_trial", json=switch).status_code == 200
    try:
        assert tell(viewer, "guarded", beats=2)["trial"]
        assert not tell(admin, "guarded", beats=2)["trial"]
    finally:
        admin.put("/features/guard_trial", json={**switch, "enabled": False})
    assert not tell(viewer, "guarded", beats=3)["trial"]
