"""The switches there are: name, default and meaning; what is not in this table can't be switched."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from local_server.accounts.models import Role

UPLOADS: Final = "uploads"
OPEN_FILES: Final = "open_files"
INFORMATION_GPS: Final = "information_gps"
HISTOGRAM: Final = "histogram"
SLIDESHOW: Final = "slideshow"
COMPARE: Final = "compare"
COMMAND_PALETTE: Final = "command_palette"
GUARD_TRIAL: Final = "guard_trial"


@dataclass(frozen=True, slots=True)
class Feature:
    """One switch; where `kept_by` is "desktop" it is a courtesy, and no protection."""

    name: str
    default: bool
    meaning: str
    kept_by: Literal["server", "desktop"]


FEATURES: Final[Mapping[str, Feature]] = {
    feature.name: feature
    for feature in (
        Feature(UPLOADS, True, "Send pictures into the gallery; for admins and managers.", "server"),
        Feature(INFORMATION_GPS, True, "See where a picture was taken.", "server"),
        Feature(HISTOGRAM, True, "See the histogram of a picture.", "server"),
        Feature(OPEN_FILES, True, "Open a picture file by its path, as `vaultsecure FILE` does.", "server"),
        Feature(SLIDESHOW, True, "Play the pictures one after another.", "desktop"),
        Feature(COMPARE, True, "Lay two pictures side by side.", "desktop"),
        Feature(
            GUARD_TRIAL,
            False,
            "Try the capture guard: captures of guarded pictures are recorded and hide nothing.",
            "desktop",
        ),
        Feature(COMMAND_PALETTE, True, "Find what can be done by typing its name.", "desktop"),
    )
}


@dataclass(frozen=True, slots=True)
class Switched:
    """A feature with what it is for each role."""

    feature: Feature
    roles: Mapping[Role, bool]
