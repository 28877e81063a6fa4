"""What API keys are refused for."""

from local_server.errors import Rejection


class KeyInvalid(Rejection):
    """The key is none of ours, was revoked, or its account is closed."""

    code = "api_key_invalid"
    status = 401
    title = "The API key can't be used"
    advice = "Make a new key, or ask an admin of this gallery for one."


class KeyExpired(Rejection):
    """The key's time is over."""

    code = "api_key_expired"
    status = 401
    title = "The API key has expired"
    advice = "Make a new key."


class KeyRefused(Rejection):
    """The route is for people: it names no scope that a key could have."""

    code = "api_key_refused"
    status = 403
    title = "An API key can't do this"
    advice = "Sign in as a person and send the access token; docs/api.md says what keys can do."


class ScopeMissing(Rejection):
    """The key was not made for this purpose."""

    code = "scope_missing"
    status = 403
    title = "The API key is not meant for this"
    advice = "Make a key that has the scope which is named."


class KeyUnknown(Rejection):
    """There is no such key, or it is somebody else's."""

    code = "api_key_unknown"
    status = 404
    title = "There is no such API key"
    advice = "Load the list of keys again."


class TooManyKeys(Rejection):
    """The account has as many keys in use as one may have."""

    code = "too_many_api_keys"
    status = 409
    title = "This account has too many API keys"
    advice = "Revoke keys that nobody needs any more."
