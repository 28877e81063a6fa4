"""A part is away for a while under load: nothing acknowledged is lost, and nothing restarts."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from http import HTTPStatus

import httpx
import pytest

from tests.scale_out.stage import PATIENCE, Stage
from tests.support.parts.fixtures import Parts
from tests.support.parts.part import Part
from tests.support.parts.postgresql import PostgreSQL
from tests.support.parts.redis import Redis
from tests.support.parts.s3 import S3
from tests.support.pictures import encoded, noise
from tests.support.recordings import begun, items, stored
from tests.support.server import Client
from tests.support.waiting import until

AWAY_SECONDS = 20.0


class Load:
    """Somebody who uploads, somebody who is recorded and somebody who looks, all through the proxy."""

    def __init__(self, stage: Stage) -> None:
        # An account each: one viewing session after another belongs to one person's machine.
        self.uploader, self.recorded, self.looker = (
            stage.signed_in(name) for name in ("manager", "viewer", "admin")
        )
        self.recording = begun(self.recorded)
        self.pictures: set[str] = set()
        self.acknowledged = 0
        self.statuses: Counter[str] = Counter()
        self._seed = time.time_ns() % 2**31
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._again_and_again, args=(work,))
            for work in (self._upload, self._record, self._look)
        ]

    def __enter__(self) -> "Load":
        """Begin."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _again_and_again(self, work: Callable[[], httpx.Response]) -> None:
        while not self._stop.is_set():
            answer = work()
            code = answer.json().get("code", "") if answer.is_error else ""
            self.statuses[f"{work.__name__} {answer.status_code} {code}".strip()] += 1
            self._stop.wait(0.1)

    def _upload(self) -> httpx.Response:
        self._seed += 1
        content = encoded(noise(320, 240, self._seed), "JPEG")
        answer = self.uploader.post("/images", files=[("files", (f"{self._seed}.jpg", content))])
        if answer.status_code == HTTPStatus.ACCEPTED:
            self.pictures |= {item["picture_id"] for item in answer.json()["items"]}
        return answer

    def _record(self) -> httpx.Response:
        batch = items(self.acknowledged + 1, self.acknowledged + 3)
        answer = self.recorded.post("/interactions", json={"recording_id": self.recording, "items": batch})
        if answer.is_success:
            self.acknowledged = answer.json()["acknowledged"]
        return answer

    def _look(self) -> httpx.Response:
        return self.looker.get("/images", params={"limit": 20})


def shown(client: Client, pictures: set[str]) -> bool:
    """Tell whether all these pictures are ready."""
    there: set[str] = set()
    cursor = None
    while True:
        page = client.get("/images", params={"limit": 500, **({"cursor": cursor} if cursor else {})})
        assert page.is_success, page.text
        there |= {item["id"] for item in page.json()["items"]}
        cursor = page.json()["next"]
        if cursor is None:
            return pictures <= there


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("kind", [PostgreSQL, Redis, S3])
def test_nothing_acknowledged_is_lost(stage: Stage, parts: Parts, kind: type[Part]) -> None:
    part = parts.get(kind)
    with stage.unrestarted():
        with Load(stage) as load:
            until(lambda: load.pictures and load.acknowledged, "the load to begin")
            with part.away():
                time.sleep(AWAY_SECONDS)
                while_away = load.acknowledged, len(load.pictures)
            for server in range(2):
                stage.wait_until_well(server)
            until(
                lambda: load.acknowledged > while_away[0] and len(load.pictures) > while_away[1],
                "the work to go on",
            )
        # What was refused was refused for the outage, and in words.
        wrong = [one for one in load.statuses if " 2" not in one and " 503 " not in one]
        assert not wrong, load.statuses
        for server in range(2):
            admin = stage.signed_in("admin", server)
            until(partial(shown, admin, load.pictures), "every acknowledged upload to be shown", 2 * PATIENCE)
        assert stored(load.recorded, load.recording) == list(range(1, load.acknowledged + 1))
