"""What the doctor asks of the program itself: Python, libraries, settings."""

import importlib
import platform
import sys
from collections.abc import Iterator

from local_server import VERSION
from local_server.health import requirements
from local_server.health.doctor import Finding, Patient, Verdict

_REINSTALL = "Install the program again; from a checkout, `make setup` does it."


def python(patient: Patient) -> Iterator[Finding]:
    """Compare Python with the versions that the program is tested on."""
    oldest, newest = requirements.OLDEST_PYTHON, requirements.NEWEST_PYTHON
    here = platform.python_version()
    supported = f"{oldest[0]}.{oldest[1]} to {newest[0]}.{newest[1]}"
    if oldest <= sys.version_info[:2] <= newest:
        yield Finding("python", Verdict.OK, f"VaultSecure Gallery {VERSION} runs on Python {here}.")
    else:
        sentence = f"Python is {here}; the program needs {supported}."
        yield Finding("python", Verdict.PROBLEM, sentence, f"Install Python {supported} and set up again.")


def libraries(patient: Patient) -> Iterator[Finding]:
    """Look for each library, and load it."""
    faults = requirements.faults()
    if not faults:
        for module in requirements.MODULES:
            try:
                importlib.import_module(module)
            except (ImportError, OSError) as error:
                faults.append(f"{module} is there, but cannot be loaded: {error}")
    if faults:
        yield Finding("libraries", Verdict.PROBLEM, f"{'; '.join(faults)}.", _REINSTALL)
    else:
        count = len(requirements.REQUIREMENTS)
        yield Finding("libraries", Verdict.OK, f"All {count} libraries of the server are there and load.")


def settings(patient: Patient) -> Iterator[Finding]:
    """Read the settings as a server would."""
    from local_server.settings import Settings, SettingsWrong

    try:
        Settings.load(patient.environment, data_dir=patient.root)
    except SettingsWrong as wrong:
        yield Finding("settings", Verdict.PROBLEM, f"{wrong.detail}.", wrong.advice)
    else:
        yield Finding("settings", Verdict.OK, "Every setting can be used.")
