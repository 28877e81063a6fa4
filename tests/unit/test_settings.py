"""The table of settings: what is taken, what is refused, and that nothing is repeated."""

from pathlib import Path

import pytest

from local_server.data_directory import default_root
from local_server.settings import Settings, SettingsWrong


def test_nothing_needs_to_be_set() -> None:
    settings = Settings.load({})
    assert settings.port == 0
    assert settings.default_protection == "guarded"
    assert settings.data_dir == default_root()
    assert 1 <= settings.worker_concurrency <= 4
    assert settings.frontend_url == ()


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("PORT", "8123", 8123),
        ("PORT", "", 0),
        ("DEFAULT_PROTECTION", " Sealed ", "sealed"),
        ("MAX_FILE_SIZE", "500MB", 500_000_000),
        ("MAX_FILE_SIZE", "2GiB", 2 << 30),
        ("WORKER_CONCURRENCY", "3", 3),
        ("LOG_LEVEL", "WARNING", "warning"),
        (
            "FRONTEND_URL",
            "https://a.example/, http://b.example:8080",
            ("https://a.example", "http://b.example:8080"),
        ),
        ("SIGN_IN_RATE", "5/second;10/hour", "5/second;10/hour"),
    ],
)
def test_a_good_value_is_taken(name: str, written: str, value: object) -> None:
    assert getattr(Settings.load({name: written}), name.lower()) == value


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "http"),
        ("DEFAULT_PROTECTION", "none"),
        ("MAX_FILE_SIZE", "0"),
        ("MAX_FILE_SIZE", "large"),
        ("WORKER_CONCURRENCY", "0"),
        ("LOG_LEVEL", "chatty"),
        ("FRONTEND_URL", "*"),
        ("FRONTEND_URL", "https://gallery.example/path"),
        ("FRONTEND_URL", "https://someone:hunter2@gallery.example"),
        ("SIGN_IN_RATE", "often"),
        ("VAULTSECURE_PORT", "1"),
        ("VAULTSECURE_SECRET", "hunter2"),
    ],
)
def test_a_bad_value_is_named_and_not_repeated(name: str, written: str) -> None:
    with pytest.raises(SettingsWrong) as refused:
        Settings.load({name: written})
    assert name in refused.value.detail
    if len(written) > 2:
        assert written not in refused.value.detail.replace(name, "")


def test_the_option_goes_before_the_variable() -> None:
    assert Settings.load({"DATA_DIR": "/a"}, data_dir=Path("/b")).data_dir == Path("/b")
    assert Settings.load({"DATA_DIR": "~/pictures"}).data_dir == Path("~/pictures").expanduser()
