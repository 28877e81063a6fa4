"""HTTP of the switches: one's own, all of them, and their change."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from local_server.accounts.gate import Gate
from local_server.accounts.models import EVERYONE, Caller, Role
from local_server.features.models import Switched
from local_server.features.service import Features
from local_server.web.bodies import Answer, Body


class OwnFeaturesAnswer(Answer):
    """Each feature, and whether the caller's role has it."""

    features: dict[str, bool]


class FeatureAnswer(Answer):
    """One feature; `kept_by` says whether the server holds it or the desktop only hides it."""

    name: str
    meaning: str
    default: bool
    kept_by: str
    roles: dict[str, bool]


class FeaturesAnswer(Answer):
    """Every feature."""

    items: list[FeatureAnswer]


class SwitchBody(Body):
    """A role and what it is to have."""

    role: Annotated[Role, Field(strict=False)]
    enabled: bool


def routes(features: Features, gate: Gate) -> APIRouter:
    """Return the routes of this room."""
    router = APIRouter(tags=["features"])

    @router.get("/features")
    def own_features(caller: Annotated[Caller, Depends(gate.require(EVERYONE))]) -> OwnFeaturesAnswer:
        """Return the features of the caller's role."""
        return OwnFeaturesAnswer(features=dict(features.of(caller.role)))

    @router.get("/features/all", dependencies=[Depends(gate.require({Role.ADMIN}))])
    def all_features() -> FeaturesAnswer:
        """Return every feature for each role."""
        return FeaturesAnswer(items=[_told(switched) for switched in features.all()])

    @router.put("/features/{name}")
    def switch_feature(
        name: Annotated[str, Path(max_length=48)],
        body: SwitchBody,
        caller: Annotated[Caller, Depends(gate.require({Role.ADMIN}))],
    ) -> FeatureAnswer:
        """Switch a feature for a role."""
        return _told(features.switch(caller, name, body.role, enabled=body.enabled))

    return router


def _told(switched: Switched) -> FeatureAnswer:
    feature = switched.feature
    return FeatureAnswer(
        name=feature.name,
        meaning=feature.meaning,
        default=feature.default,
        kept_by=feature.kept_by,
        roles={role.value: enabled for role, enabled in switched.roles.items()},
    )
