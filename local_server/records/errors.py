"""Why a record is refused."""

from local_server.errors import Outage, Rejection


class ReportIdTaken(Rejection):
    """Another account has already used this report's id."""

    code = "report_id_taken"
    status = 409
    title = "This report's id is taken"
    advice = "Send the report again under a new random id."


class EvidenceNotAccepted(Rejection):
    """The evidence picture is not a small JPEG."""

    code = "evidence_not_accepted"
    status = 422
    title = "The evidence picture was not accepted"
    advice = "Send a JPEG of at most 64 KiB, base64, or none."


class EvidenceNotFound(Rejection):
    """No evidence belongs to this entry."""

    code = "evidence_not_found"
    status = 404
    title = "There is no evidence picture for this entry"
    advice = "Only capture attempts on a shown picture have one; reload the activity list."


class TooManyReports(Rejection):
    """One viewing session sends reports faster than a guard can make them."""

    code = "too_many_reports"
    status = 429
    title = "Too many reports at once"
    advice = "Wait for the seconds in `retry_after`, then send what is left; nothing sent before is lost."


class BadCursor(Rejection):
    """The cursor does not come from this list."""

    code = "bad_cursor"
    status = 422
    title = "The place in the list is not valid"
    advice = "Load the list from its beginning."


class ClientLogUnwritable(Outage):
    """The log of clients' errors can't be written."""

    code = "client_log_unwritable"
    title = "The error report could not be kept"
    advice = "Look whether the disk of the data directory is full; the report need not be sent again."
