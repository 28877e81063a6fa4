"""Why a trace is refused, or what kept it from its end."""

from local_server.errors import Outage, Rejection


class TraceUnknown(Rejection):
    """There is no such trace, or it has no such part."""

    code = "trace_unknown"
    status = 404
    title = "There is no such trace"
    advice = "Use the id that the trace was answered with, or load the list of traces again."


class NothingToTrace(Rejection):
    """The request has no file."""

    code = "nothing_to_trace"
    status = 422
    title = "There is no file to trace"
    advice = "Send one file, as multipart/form-data in a part with a file name."


class FileTooLarge(Rejection):
    """The file is longer than is taken."""

    code = "file_too_large"
    status = 413
    title = "The file is too large to be traced"
    advice = "Send a part of it, such as the first seconds of a video; MAX_FILE_SIZE says how much is taken."


class TracerBusy(Outage):
    """As many files wait as may."""

    code = "tracer_busy"
    title = "Other traces come first"
    advice = "Files are traced one at a time. Wait for the seconds in `retry_after`, then send it again."


class TraceLost(Outage):
    """The server that was at it has stopped."""

    code = "trace_lost"
    title = "The server stopped before the trace was done"
    advice = "Trace the file again; nothing of it was kept."


class TraceFailed(Outage):
    """The program made a mistake over this file."""

    code = "trace_failed"
    title = "The trace broke off over a mistake of the program"
    advice = "Try it with another copy of the file, and report the mistake: the server's log tells of it."
