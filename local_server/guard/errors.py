"""What the room of the guard refuses."""

from local_server.errors import Rejection


class CaptureUnknown(Rejection):
    """No entry of that number tells of a capture attempt."""

    code = "capture_unknown"
    status = 404
    title = "There is no such capture attempt"
    advice = "Load the activity list again."


class NoProgramNamed(Rejection):
    """The guard could not tell where the program of this attempt lies."""

    code = "no_program_named"
    status = 409
    title = "It is not known which program this was"
    advice = "Judge it; only a program with a known path can be put on the quiet list."


class JudgementNeeded(Rejection):
    """A program is put on the quiet list by an attempt that was found to be a false alarm."""

    code = "judgement_needed"
    status = 409
    title = "This attempt was not found to be a false alarm"
    advice = "Judge it a false alarm first, with a note that says why."


class QuietProgramUnknown(Rejection):
    """No program on the quiet list has that id."""

    code = "quiet_program_unknown"
    status = 404
    title = "There is no such program on the quiet list"
    advice = "Load the ledger again; it may have expired."
