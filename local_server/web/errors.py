"""What the web layer itself refuses, before or beside any room."""

from local_server.errors import Failure, Rejection


class NotFound(Rejection):
    """No such address, or nothing that the asker may know of."""

    code = "not_found"
    status = 404
    title = "There is nothing here"
    advice = "Check the address. If it came from a list, load the list again."


class MethodNotAllowed(Rejection):
    """The address exists, but not for this method."""

    code = "method_not_allowed"
    status = 405
    title = "This address does not take that method"
    advice = "See resources/contract/openapi.json for the methods of each address."


class RequestInvalid(Rejection):
    """The request can't be read, or a value in it is outside of what is allowed."""

    code = "request_invalid"
    status = 422
    title = "The request can't be understood"
    advice = "Correct the fields that are named and send it again."


class BodyTooLarge(Rejection):
    """The body is longer than any request needs."""

    code = "body_too_large"
    status = 413
    title = "The request is too large"
    advice = "Send less at once."


class ForeignHost(Rejection):
    """The Host header names another machine: a web page may use its own name for us (DNS rebinding)."""

    code = "foreign_host"
    status = 403
    title = "This server does not answer to that name"
    advice = "Use the address that the server printed when it started, or name this one in ALLOWED_HOSTS."


class ForeignOrigin(Rejection):
    """A web page that is not on the list of allowed origins sent the request."""

    code = "foreign_origin"
    status = 403
    title = "Web pages of that origin may not call this server"
    advice = "If the page is yours, name its origin in the setting FRONTEND_URL and start the server again."


class TooManyRequests(Rejection):
    """More requests than the rate allows; `retry_after` says when the next one may come."""

    code = "too_many_requests"
    status = 429
    title = "Too many requests"
    advice = "Wait for the seconds in Retry-After and try again."


class InternalError(Failure):
    """A bug of ours: the answer says only where its report is found."""

    code = "internal_error"
    status = 500
    title = "The server has made a mistake"
    advice = "Look for the request id in logs/error.log and report it with that entry."
