"""The tour is a test: the real program, a real screen, mouse and keys, and a real capture attempt."""

from pathlib import Path

import pytest

from tests.tour.__main__ import main


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_tour_sees_what_it_should(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--output", str(tmp_path / "tour")])
    assert status == 0, capsys.readouterr().out
    assert len(list((tmp_path / "tour").glob("*.png"))) > 15
