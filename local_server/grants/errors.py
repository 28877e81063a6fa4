"""What a grant can be refused for."""

from local_server.errors import Rejection


class GrantUnknown(Rejection):
    """There is no such grant, or it was revoked."""

    code = "grant_unknown"
    status = 404
    title = "There is no such grant"
    advice = "Load the grants of the album again: it may have been revoked or replaced."


class GranteeUnknown(Rejection):
    """There is no such account."""

    code = "grantee_unknown"
    status = 404
    title = "There is no such person"
    advice = "Load the list of people again, and choose one of them."


class GrantPointless(Rejection):
    """The role sees every picture, or none, whatever is granted."""

    code = "grant_pointless"
    status = 422
    title = "A grant would change nothing for this person"
    advice = "Admins and managers see every album, auditors none; grants are for viewers and kiosks."


class GrantExpired(Rejection):
    """The moment at which the grant is to end has passed."""

    code = "grant_expired"
    status = 422
    title = "That grant would have ended already"
    advice = "Choose a moment in the future, or none."
