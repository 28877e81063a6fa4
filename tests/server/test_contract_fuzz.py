"""The description of the interface is true: whatever it allows and forbids is sent, as every role.

No answer may be a 5xx or one that the description does not know, in status, type, headers or body.
"""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from local_server import contract
from tests.conftest import NewServer
from tests.support.parts.redis import Redis
from tests.support.people import add_people
from tests.support.pictures import encoded, noise
from tests.support.server import MACHINE, PASSWORD, ROLES, environment

HERE = Path(__file__).parent
PROGRAM = Path(sys.executable).with_name("st")
# More than any run sends: what is looked for is not whether a rate holds.
MANY = "1000000/minute"


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", ROLES)
def test_every_answer_is_one_that_the_description_knows(
    new_server: NewServer, data_dir: Path, tmp_path: Path, role: str
) -> None:
    add_people(data_dir)
    ask_everything(new_server, tmp_path, role, {})


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_answer_of_the_larger_house_is_one_that_the_description_knows(
    new_server: NewServer, data_dir: Path, tmp_path: Path, database_url: str, redis: Redis
) -> None:
    larger = {"DATABASE_URL": database_url, **redis.settings}
    with new_server(**larger) as server:
        setup = {"gallery_folder": None, "samples": False, "machine": MACHINE}
        made = server.client().post("/setup", json={"name": "admin", "password": PASSWORD, **setup})
        assert made.status_code == 201, made.text
    ask_everything(new_server, tmp_path, "admin", larger)


def ask_everything(new_server: NewServer, tmp_path: Path, role: str, settings: Mapping[str, str]) -> None:
    """Send all that the description allows and forbids to a server of its own, as one role."""
    rates = {"SIGN_IN_RATE": MANY, "PICTURE_RATE": MANY, "UPLOAD_RATE": MANY, "REPORT_RATE": MANY}
    with new_server(**rates, **settings) as server:
        picture = ("one.png", encoded(noise(80, 60), "PNG"))
        assert server.signed_in("admin").post("/images", files=[("files", picture)]).status_code == 202
        caller = server.signed_in(role)
        asked = subprocess.run(
            [
                PROGRAM,
                *("--config-file", HERE / "schemathesis.toml"),
                *("run", contract.ROOT / "resources/contract/openapi.json"),
                *("--url", f"http://127.0.0.1:{server.port}"),
                *("--header", f"X-Launch-Secret: {server.secret}"),
                *("--header", f"Authorization: {caller.headers['Authorization']}"),
                # Whoever may the least meets the least: chance has nothing to find behind a refusal.
                *("--phases", "coverage,fuzzing" if role == "admin" else "coverage"),
                *("--checks", "all", "--suppress-health-check", "all"),
                *("--warnings", "off", "--no-color"),
            ],
            env=environment(tmp_path),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=590,
            check=False,
        )
        assert asked.returncode == 0, asked.stdout[-20_000:] + asked.stderr[-2_000:]
        # It still serves, and the session it was asked in still lives.
        assert caller.get("/session").status_code == 200
