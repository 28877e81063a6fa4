"""The settings of the other side, read from a file that may hold secrets."""

import os
import stat
from pathlib import Path
from typing import Final

from local_server.errors import Rejection
from local_server.settings import Settings
from local_server.settings.fields import Fields
from local_server.settings.loading import SECRETS
from local_server.transfer.errors import SettingsFileWrong

_LONGEST: Final = 1 << 20


def read_settings(path: Path, default_data_dir: Path) -> Settings:
    """Read NAME=value lines as the environment of a server; `#` begins a comment line.

    Without DATA_DIR the data directory is the given one. Raises SettingsFileWrong or SettingsWrong.
    """
    environment = _lines(path)
    wrong = [name for name in environment if not _is_setting(name)]
    if wrong:
        raise SettingsFileWrong(f"{path}: there is no setting {', '.join(sorted(wrong))}.")
    data_dir = None if environment.get("DATA_DIR") else default_data_dir
    return Settings.load(environment, data_dir=data_dir)


def private_text(path: Path, unfit: type[Rejection]) -> str:
    """Return what a file holds that nobody else may read. Raises `unfit`, naming the file."""
    try:
        with path.open("rb") as file:
            if os.name != "nt" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise unfit(f"{path} can be read by others.")
            content = file.read(_LONGEST + 1)
        if len(content) > _LONGEST:
            raise unfit(f"{path} is too long.")
        return content.decode()
    except OSError as error:
        raise unfit(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError:
        raise unfit(f"{path} is not UTF-8 text.") from None


def _lines(path: Path) -> dict[str, str]:
    environment = {}
    for number, line in enumerate(private_text(path, SettingsFileWrong).splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals:
            raise SettingsFileWrong(f"{path}, line {number}: it is no NAME=value.")
        environment[name.strip()] = value.strip()
    return environment


def _is_setting(name: str) -> bool:
    plain = name.lower()
    return plain in Fields.model_fields or (
        plain.endswith("_file") and plain.removesuffix("_file") in SECRETS
    )
