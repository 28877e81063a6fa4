"""Why a switch, or what is behind it, is refused."""

from local_server.errors import Rejection


class FeatureUnknown(Rejection):
    """There is no switch of that name."""

    code = "feature_unknown"
    status = 404
    title = "There is no such switch"
    advice = "GET /api/features/all lists the switches."


class FeatureOff(Rejection):
    """An admin has switched this off for the caller's role."""

    code = "feature_off"
    status = 403
    title = "This is switched off for your role"
    advice = "Ask an admin of this gallery to switch it on."
