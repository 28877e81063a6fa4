"""What servers must share though no row holds it: rates, and live events the moment they happen."""

from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from websockets.sync.client import connect

from tests.scale_out.stage import PATIENCE, REPORTS, Stage
from tests.support.parts.part import HOST
from tests.support.parts.redis import Redis
from tests.support.pictures import encoded, noise
from tests.support.server import Client
from tests.support.socket import Socket
from tests.support.waiting import until


def report(client: Client) -> int:
    """Report an error and return the status."""
    entry = {"time": datetime.now(UTC).isoformat(), "level": "error", "logger": "bug", "message": "It broke."}
    return client.post("/logs", json={"version": "0.1.0", "entries": [entry]}).status_code


def test_a_rate_is_one_for_all_servers(stage: Stage) -> None:
    first = stage.signed_in("auditor", 0)
    both = [first, stage.client(1).carry(first.session), stage.client().carry(first.session)]
    statuses = Counter(report(both[turn % 3]) for turn in range(2 * REPORTS + 4))
    assert statuses == {202: REPORTS, 429: REPORTS + 4}


@pytest.mark.parametrize("redis_is_there", [True, False])
def test_what_happens_at_one_server_is_heard_at_every_other(
    stage: Stage, redis: Redis, redis_is_there: bool
) -> None:
    curator = stage.signed_in("manager", 0)
    content = encoded(noise(320, 240, seed=90), "JPEG")
    sent = curator.post("/images", files=[("files", ("heard.jpg", content))])
    picture = f"/images/{sent.json()['items'][0]['picture_id']}"
    until(lambda: curator.get(picture).is_success, "the picture", PATIENCE)
    viewers = [stage.signed_in("viewer", server) for server in (0, 1, None)]
    ports = [stage.servers[0].port, stage.servers[1].port, stage.proxy.port]
    with ExitStack() as stack:
        sockets = [
            Socket(stack.enter_context(connect(f"ws://{HOST}:{port}/ws", proxy=None))) for port in ports
        ]
        for socket, viewer in zip(sockets, viewers, strict=True):
            socket.send({"type": "authenticate", "access_token": viewer.session["access_token"]})
            socket.hear()
        if not redis_is_there:
            redis.stop()
        assert curator.patch(picture, json={"rating": 3 + redis_is_there}).is_success
        for socket in sockets:
            while f"/images/{socket.hear_event('picture_changed')['data']['id']}" != picture:
                pass
