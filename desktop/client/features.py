"""What an admin has switched on or off for a role, as the API names it."""

from dataclasses import dataclass

from desktop.client.answers import Model


@dataclass(frozen=True, slots=True)
class OwnFeatures(Model):
    """GET /features: each feature, and whether one's own role has it."""

    features: dict[str, bool]


@dataclass(frozen=True, slots=True)
class Feature(Model):
    """One feature as it is for each role."""

    name: str
    meaning: str
    default: bool
    kept_by: str
    roles: dict[str, bool]


@dataclass(frozen=True, slots=True)
class Features(Model):
    """GET /features/all."""

    items: tuple[Feature, ...]
