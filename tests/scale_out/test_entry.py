"""Keys and organisation sign-ins of a house with two servers, on PostgreSQL and Redis."""

from urllib.parse import parse_qsl, urlsplit

from local_server.accounts.models import Role
from tests.scale_out.stage import Stage
from tests.support.parts.openid import OpenId
from tests.support.server import MACHINE, Client


def with_key(client: Client, key: str) -> Client:
    client.headers["X-API-Key"] = key
    return client


def test_a_key_that_one_server_made_and_another_revoked_is_dead_everywhere(stage: Stage) -> None:
    admin, other = stage.signed_in("admin", 0), stage.signed_in("admin", 1)
    body = {"name": "wall", "scopes": ["pictures:read", "queue:read"], "expires_in_days": 1}
    made = admin.post("/api-keys", json=body).json()
    clients = [with_key(stage.client(number), made["key"]) for number in (0, 1)]
    marks = set()
    for client in clients:
        assert client.get("/queue/status").is_success
        listed = other.get("/api-keys", params={"limit": 100}).json()["items"]
        marks.add(next(key["last_used_at"] for key in listed if key["id"] == made["api_key"]["id"]))
        assert client.get("/activity").json()["code"] == "scope_missing"
    assert None not in marks
    assert other.delete(f"/api-keys/{made['api_key']['id']}").status_code == 204
    assert {client.get("/queue/status").json()["code"] for client in clients} == {"api_key_invalid"}


def test_one_server_begins_a_sign_in_and_the_other_finishes_it(stage: Stage, openid: OpenId) -> None:
    stage.add_people(("clara", Role.MANAGER))
    admin = stage.signed_in("admin", 0)
    clara = next(user for user in admin.get("/users").json()["items"] if user["name"] == "clara")
    email = {"email": "clara@example.org"}
    assert admin.patch(f"/users/{clara['id']}", json=email).is_success
    openid.know({"clara": {**email, "email_verified": True}})
    start = {"redirect_uri": "http://127.0.0.1:49152/callback", "machine": MACHINE}
    for _ in range(2):
        started = stage.client(0).post("/session/organisation/start", json=start).json()
        back = dict(parse_qsl(urlsplit(openid.browse(started["authorisation_url"], "clara")).query))
        finish = {"state": back["state"], "code": back["code"], "ticket": started["ticket"]}
        answer = stage.client(1).post("/session/organisation/finish", json=finish)
        assert answer.status_code == 201, answer.text
        assert answer.json()["account"]["name"] == "clara"
        again = stage.client(0).post("/session/organisation/finish", json=finish)
        assert again.json()["code"] == "organisation_flow_over"
