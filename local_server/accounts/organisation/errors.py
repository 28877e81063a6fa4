"""What can go wrong between us, an organisation's provider, and whoever signs in there."""

from local_server.errors import Outage, Rejection


class NotOffered(Rejection):
    """No provider is configured."""

    code = "organisation_not_offered"
    status = 404
    title = "This gallery has no organisation sign-in"
    advice = "Sign in with name and password, or ask the operator to set OIDC_ISSUER."


class RedirectUnusable(Rejection):
    """The redirect address is not the loopback one that the provider knows."""

    code = "redirect_unusable"
    status = 422
    title = "The provider can't send the browser back there"
    advice = "Use http://127.0.0.1:PORT/callback with the port that your program listens on."


class FlowOver(Rejection):
    """The sign-in never began, was finished already, took too long, or belongs to another program."""

    code = "organisation_flow_over"
    status = 401
    title = "This sign-in can't be finished any more"
    advice = "Begin again: a sign-in is good once and for ten minutes, in the program that began it."


class SignInRefused(Rejection):
    """The provider did not take the code, or what it says of the person does not hold; the log says why."""

    code = "organisation_sign_in_refused"
    status = 401
    title = "The organisation did not confirm this sign-in"
    advice = "Begin again. If it happens again, tell the operator of this gallery to look into the audit log."

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class AddressUnverified(Rejection):
    """The provider gives no address, or does not vouch for it."""

    code = "address_unverified"
    status = 403
    title = "Your organisation does not vouch for your mail address"
    advice = "Confirm your address at your organisation, then sign in again."


class DomainNotAllowed(Rejection):
    """The address is of a domain that may not sign in here."""

    code = "domain_not_allowed"
    status = 403
    title = "Addresses of that domain may not sign in here"
    advice = "Sign in with another account of your organisation, or ask the operator to allow the domain."


class NoAccountYet(Rejection):
    """Nobody here has the address, and accounts are not made by themselves."""

    code = "no_account_for_address"
    status = 403
    title = "There is no account for your address here"
    advice = "Ask an admin of this gallery to make one that has your mail address."


class LinkedElsewhere(Rejection):
    """The account with this address belongs to another person at the provider: the address was given on."""

    code = "account_linked_elsewhere"
    status = 403
    title = "The account with your address belongs to somebody else at your organisation"
    advice = (
        "Ask an admin of this gallery: taking the address from the account and giving it again unlinks it."
    )


class ProviderAway(Outage):
    """The provider does not answer."""

    code = "organisation_away"
    title = "Your organisation's sign-in does not answer"
    advice = "Wait a minute and try again; name and password still work."


class ProviderUnusable(Outage):
    """What the provider says of itself can't be used, or not be trusted."""

    code = "organisation_unusable"
    title = "Your organisation's sign-in can't be used"
    advice = "Ask the operator of this gallery to check the settings that begin with OIDC_."
