"""What the virus scanner's verdict means for a file, and its silence."""

from collections.abc import Iterable
from enum import StrEnum

from local_server.errors import Outage
from local_server.external.clamd import Clamd, NotScanned
from local_server.external.link import Away
from local_server.imaging.models import Refused
from local_server.installation import Installation


class ScannerAway(Outage):
    """The virus scanner does not answer, and new files are to wait for it."""

    code = "scanner_away"
    title = "The virus scanner does not answer"
    advice = "See that clamd runs; new files wait for it. CLAMD_WHEN_GONE=flag takes them unscanned instead."


class Scan(StrEnum):
    """How a file stands with the scanner; one that came while there was none stands in no way."""

    CLEAN = "clean"
    WAITING = "waiting"
    SKIPPED = "skipped"


class VirusScan:
    """Asks clamd; `wait` says that nothing is taken unscanned."""

    def __init__(self, clamd: Clamd, *, wait: bool) -> None:
        self._clamd = clamd
        self._wait = wait

    def look(self, content: Iterable[bytes]) -> Scan | Refused:
        """Return how the content stands, or why it is refused. Raises ScannerAway."""
        try:
            found = self._clamd.scan(content)
        except Away as away:
            if self._wait:
                raise ScannerAway(str(away)) from away
            return Scan.SKIPPED
        except NotScanned as reason:
            if self._wait:
                return Refused("not_scanned", f"The virus scanner could not look at the file: {reason}")
            return Scan.SKIPPED
        if found.virus is not None:
            return Refused("infected", f"The virus scanner found {found.virus}.")
        return Scan.CLEAN


def virus_scan_of(installation: Installation) -> VirusScan | None:
    """Return the virus scan of an installation, if it has one."""
    if installation.clamd is None:
        return None
    return VirusScan(installation.clamd, wait=installation.settings.clamd_when_gone == "wait")
