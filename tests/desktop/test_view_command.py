"""`vaultsecure view FILE`: straight to one picture, or to a page that says why not."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local_server.accounts.models import Role
from tests.desktop.conftest import wait_for
from tests.protection.stage import Screen
from tests.support.people import add_people
from tests.support.server import PASSWORD, ROOT
from tests.tour.hands import Hands
from tests.tour.program import Program
from tests.tour.steps import ALARM, colourfulness, has_colour, part

SAMPLE = ROOT / "resources" / "samples" / "Fig in a red bowl.jpg"
MIDDLE = (300, 200, 900, 700)

View = Callable[..., Program]


@pytest.fixture
def own_screen(tmp_path: Path) -> Iterator[Screen]:
    """Run a screen for one program alone."""
    folder = tmp_path / "screen"
    folder.mkdir()
    screen = Screen(folder, "-screen", "0", "1440x900x24")
    yield screen
    screen.close()


@pytest.fixture
def hands(own_screen: Screen) -> Iterator[Hands]:
    """Sit down at the screen."""
    made = Hands(own_screen.name, str(own_screen.authority))
    yield made
    made.close()


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    """Return a file with the right password."""
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\n")
    return path


@pytest.fixture
def view(own_screen: Screen, data_dir: Path, tmp_path: Path, password_file: Path) -> Iterator[View]:
    """Return what starts the command as `viewer`; whatever still runs at the end is ended."""
    started: list[Program] = []

    def start(file: Path, user: str = "viewer", password: Path | None = None) -> Program:
        arguments = ["view", str(file), "--user", user, "--password-file", str(password or password_file)]
        started.append(Program(data_dir, own_screen.environment, tmp_path / "program.log", *arguments))
        return started[-1]

    yield start
    for program in started:
        if program.process.poll() is None:
            program.stop()


def said(tmp_path: Path) -> str:
    return (tmp_path / "program.log").read_text()


def test_a_picture_that_is_not_known_yet_is_shown(
    view: View, own_screen: Screen, hands: Hands, data_dir: Path, tmp_path: Path
) -> None:
    add_people(data_dir, ("viewer", Role.VIEWER))
    program = view(SAMPLE)
    # Task switchers show titles to whoever looks: none names a picture.
    wait_for(lambda: any("Picture" in title for title in hands.titles()), "a picture is opened", 60)
    wait_for(
        lambda: colourfulness(part(own_screen.pixels(), *MIDDLE)) > 0.2, "the picture is on the screen", 60
    )
    hands.key("Escape")
    wait_for(lambda: not any("Picture" in title for title in hands.titles()), "the library is shown")
    assert program.stop() == 0
    assert said(tmp_path) == ""


@pytest.mark.parametrize(
    ("broken", "words", "status"),
    [
        pytest.param("file", "", 1, id="a file that is no picture"),
        pytest.param("missing", "", 1, id="a file that is not there"),
        pytest.param("password", "wrong", 2, id="a wrong password"),
        pytest.param("password file", "cannot be read", 2, id="no password file"),
        pytest.param("account", "no account", 2, id="a gallery without accounts"),
    ],
)
def test_a_page_says_why_not(
    broken: str, words: str, status: int, view: View, own_screen: Screen, data_dir: Path, tmp_path: Path
) -> None:
    if broken != "account":
        add_people(data_dir, ("viewer", Role.VIEWER))
    file, password = SAMPLE, None
    if broken == "file":
        file = tmp_path / "text.jpg"
        file.write_text("this is no picture")
    elif broken == "missing":
        file = tmp_path / "missing.jpg"
    elif broken == "password":
        password = tmp_path / "other"
        password.write_text("not this one")
    elif broken == "password file":
        password = tmp_path / "nothing"
    program = view(file, password=password)
    wait_for(
        lambda: has_colour(part(own_screen.pixels(), 400, 200, 1040, 700), ALARM), "a page that says why", 60
    )
    wait_for(lambda: words in said(tmp_path) and said(tmp_path) != "", "the same words on standard error")
    assert program.stop() == status


def test_no_display_is_said_at_once(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "desktop", "--data-dir", str(tmp_path / "data")],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 3
    assert "display" in answer.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("arguments", [["--help"], ["view", "--help"], ["--version"]])
def test_help_needs_no_display(arguments: list[str], tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "desktop", *arguments],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 0
    assert "vaultsecure" in answer.stdout
    assert not answer.stderr


def test_wrong_use_is_told(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "desktop", "view", "a.jpg"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 2
    assert "--user" in answer.stderr
