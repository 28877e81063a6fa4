"""A recording's whole life on both engines, up to the day on which nothing of it is left."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update

from local_server.accounts.models import Caller, Role
from local_server.audit.log import AuditLog
from local_server.database import tables
from local_server.database.engine import Database
from local_server.errors import Rejection
from local_server.records.own import OwnKind, OwnRecords
from local_server.records.recordings.errors import RecordingEnded, RecordingFull, RecordingNotFound
from local_server.records.recordings.models import MAX_INTERACTIONS, Acknowledged, Interaction, Screenshot
from local_server.records.recordings.room import RecordingsRoom
from local_server.records.recordings.service import Sent
from local_server.storage.blobs import Blobs
from local_server.storage.sealing import Sealer
from local_server.storage.store import FolderStore
from tests.support.clock import Clock
from tests.support.engines import ENGINES, address, opened
from tests.support.parts.fixtures import Parts

ME = Caller("me", "me", Role.VIEWER, "v-me", 1, "machine", "library")
ADMIN = Caller("admin", "admin", Role.ADMIN, "v-admin", 2, "machine", "library")
JPEG = b"\xff\xd8\xff" + b"pixels" * 50 + b"\xff\xd9"


@dataclass
class House:
    database: Database
    clock: Clock
    room: RecordingsRoom
    blobs: Path

    def interactions(self, first: int, last: int) -> list[Interaction]:
        return [
            Interaction(
                n, self.clock.moment, "zoomed", "a" * 32, (0.0, 1.0, 2.0, 3.0), ("ctrl",), 1.5, True, {}
            )
            for n in range(first, last + 1)
        ]

    def send(self, recording_id: str, first: int, last: int) -> Sent:
        return Sent(ME.viewing_session_id, recording_id, self.interactions(first, last))

    def count(self, table: str) -> int:
        with self.database.read() as connection:
            statement = select(func.count()).select_from(tables.metadata.tables[table])
            return connection.execute(statement).scalar_one()

    def files(self) -> int:
        return len(list(self.blobs.glob("??/??/*")))


@pytest.fixture(params=ENGINES)
def house(request: pytest.FixtureRequest, tmp_path: Path, parts: Parts) -> Iterator[House]:
    clock = Clock()
    with address(request.param, tmp_path, parts) as where, opened(tmp_path, where) as database:
        with database.write() as connection:
            for number, person in enumerate((ME, ADMIN)):
                connection.execute(
                    insert(tables.accounts).values(
                        id=person.account_id,
                        name=person.name,
                        name_folded=person.name,
                        role=person.role.value,
                        password_hash="",
                        password_changed_at=clock.moment,
                        created_at=clock.moment,
                    )
                )
                connection.execute(
                    insert(tables.viewing_sessions).values(
                        id=person.viewing_session_id,
                        account_id=person.account_id,
                        mark=number,
                        machine_id="m",
                        machine_name="m",
                        client="desktop",
                        started_at=clock.moment,
                        seen_at=clock.moment,
                    )
                )
        folder = tmp_path / "blobs"
        room = RecordingsRoom(
            database,
            Blobs(FolderStore(folder), Sealer(bytes(32))),
            AuditLog(bytes(32), clock),
            clock,
            lambda: 0.0,
            kept=timedelta(days=90),
            evidence_kept=timedelta(days=365),
        )
        yield House(database, clock, room, folder)


def test_from_its_start_to_the_day_it_is_gone(house: House) -> None:
    recordings, screenshots, retention = house.room.recordings, house.room.screenshots, house.room.retention
    one, two = recordings.start(ME, {"n": 1}), recordings.start(ME, {"n": 2})
    outcomes = recordings.add_all(
        [house.send(one, 1, 30), house.send(two, 5, 9), house.send(one, 20, 40), house.send("f" * 32, 1, 1)]
    )
    assert outcomes[:3] == [Acknowledged(30, 30), Acknowledged(0, 5), Acknowledged(40, 10)]
    assert isinstance(outcomes[3], RecordingNotFound)
    assert recordings.add_all([house.send(two, 1, 5)]) == [Acknowledged(9, 4)]
    shot = Screenshot("0" * 36, house.clock.moment, "hotkey")
    assert [screenshots.keep(ME, one, shot, JPEG) for _ in range(2)] == [True, False]
    ended = recordings.end(ME, one)
    assert (ended.interactions, ended.screenshots, house.count("interactions")) == (40, 1, 9)
    assert [item.sequence for item in recordings.interactions(ADMIN, one, after=35, limit=3)] == [36, 37, 38]
    assert screenshots.content(ADMIN, one, shot.id) == (JPEG, "image/jpeg")
    late = recordings.add_all([house.send(one, 40, 41)])[0]
    assert isinstance(late, RecordingEnded)

    house.clock.forward(hours=2)
    retention.once()
    assert recordings.see(ADMIN, two).end_reason == "abandoned"
    assert (house.count("interactions"), house.files()) == (0, 3)
    assert len(recordings.interactions(ME, two, after=0, limit=100)) == 9

    house.clock.forward(days=90)
    with pytest.raises(RecordingNotFound):
        recordings.see(ADMIN, one)
    retention.once()
    assert (house.count("recordings"), house.count("screenshots"), house.files()) == (0, 0, 0)
    retention.once()
    with house.database.read() as connection:
        entries = select(tables.audit_entries.c.detail).where(
            tables.audit_entries.c.kind == "records_deleted"
        )
        assert connection.execute(entries).scalars().all() == [{"count": 2, "screenshots": 1}]


def test_a_recording_has_an_end_of_its_own(house: House) -> None:
    recordings = house.room.recordings
    one = recordings.start(ME, {})
    with house.database.write() as connection:
        full = update(tables.recordings).values(interactions=MAX_INTERACTIONS - 1)
        connection.execute(full)
    outcome = recordings.add_all([house.send(one, 1, 2)])[0]
    assert isinstance(outcome, RecordingFull)
    assert isinstance(outcome, Rejection)
    assert recordings.add_all([house.send(one, 1, 1)]) == [Acknowledged(1, 1)]


def test_old_evidence_goes_and_its_attempt_stays(house: House) -> None:
    blob = "e" * 32 + "-evidence"
    house.room.screenshots._blobs.put(blob, JPEG)
    with house.database.write() as connection:
        connection.execute(
            insert(tables.violations).values(
                id="v",
                time=house.clock.moment,
                received_at=house.clock.moment,
                viewing_session_id="v-me",
                account_id="me",
                kind="read",
                level="guarded",
                confidence=1.0,
                hidden=True,
                evidence_blob=blob,
            )
        )
    house.clock.forward(days=364)
    house.room.retention.once()
    assert house.files() == 1
    house.clock.forward(days=2)
    house.room.retention.once()
    assert (house.files(), house.count("violations")) == (0, 1)


def test_own_records_are_paged_on_both_engines(house: House) -> None:
    for _ in range(5):
        house.room.recordings.start(ME, {})
    own = OwnRecords(house.database, house.clock, timedelta(days=365))
    found, cursor = [], None
    for _ in range(3):
        page, cursor = own.page(ME, kinds=(), cursor=cursor, limit=2)
        found += page
    assert cursor is None
    assert [record.kind for record in found] == [OwnKind.SIGN_IN, *[OwnKind.RECORDING] * 5]
    assert len({record.id for record in found}) == 6
