"""An installation in which something has happened: pictures, people, openings, a capture attempt."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.people import add_people
from tests.support.pictures import encoded, noise
from tests.support.reports import report
from tests.support.server import Server, running
from tests.support.waiting import until

PICTURES = 3


def furnish(data: Path, **settings: str) -> None:
    """Make an installation with pictures that were looked at and reported, and stop it."""
    folder = data.parent / "pictures"
    folder.mkdir(parents=True)
    for number in range(PICTURES):
        (folder / f"{number}.jpg").write_bytes(encoded(noise(640, 480, number), "JPEG"))
    add_people(data)
    with running(data, **settings) as server:
        admin = server.signed_in("admin")
        admin.put("/gallery", json={"folder": str(folder)}).raise_for_status()
        until(lambda: admin.get("/images").json()["total"] == PICTURES, "the pictures")
        seen(server)
        viewer = server.signed_in("viewer")
        viewer.post("/violations", json=report()).raise_for_status()


def seen(server: Server, name: str = "viewer") -> list[str]:
    """Open every picture as a person, and return the ids."""
    viewer = server.signed_in(name)
    items = viewer.get("/images").json()["items"]
    assert len(items) == PICTURES
    for item in items:
        for rendition in ("thumbnail", "screen"):
            answer = viewer.get(
                f"/secure/image/{item['id']}/view",
                params={"rendition": rendition},
                headers={"X-View-Token": item["view_token"]},
            )
            assert answer.status_code == 200, answer.text
            assert answer.headers["content-type"] == "image/jpeg"
    return [str(item["id"]) for item in items]


@contextmanager
def busy(server: Server) -> Iterator[None]:
    """Keep a server writing, with evidence and entries, for the length of a block."""
    viewer, over = server.signed_in("viewer"), threading.Event()
    answers: list[int] = []

    def work() -> None:
        while not over.is_set():
            answers.append(viewer.post("/violations", json=report()).status_code)

    worker = threading.Thread(target=work, name="busy")
    worker.start()
    try:
        until(lambda: bool(answers), "the first report")
        yield
    finally:
        over.set()
        worker.join()
    # Beyond a number of reports a minute they are refused, which is work too.
    assert set(answers) <= {201, 429}, answers
    assert answers.count(201) > 1
