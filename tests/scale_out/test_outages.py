"""A part that goes is told of, keeps nobody from working who can, and is found again without a restart."""

from tests.scale_out.stage import Stage
from tests.support.parts.postgresql import PostgreSQL


def test_postgresql_goes_and_comes_back(stage: Stage, postgresql: PostgreSQL) -> None:
    viewer = stage.signed_in("viewer")
    with stage.unrestarted():
        with postgresql.away():
            for server in range(2):
                assert [reason.split(":")[0] for reason in stage.wait_until_ill(server)] == ["database"]
                refused = stage.client(server).carry(viewer.session).get("/images")
                assert (refused.status_code, refused.json()["code"]) == (503, "database_away")
        for server in range(2):
            stage.wait_until_well(server)
            assert stage.client(server).carry(viewer.session).get("/images").is_success
