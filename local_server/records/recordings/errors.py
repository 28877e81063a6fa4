"""Why a recording, or a part of one, is refused."""

from local_server.errors import Rejection


class RecordingNotFound(Rejection):
    """No such recording, or not the asker's."""

    code = "recording_not_found"
    status = 404
    title = "There is no such recording"
    advice = "Load the list again; a recording is deleted when its time is over."


class RecordingNotBegun(Rejection):
    """A connection sends what belongs to a recording, and has begun none."""

    code = "recording_not_begun"
    status = 409
    title = "No recording is open on this connection"
    advice = "Send session_start first, with recording_id to go on with one."


class RecordingEnded(Rejection):
    """Nothing can be added to a recording that has ended."""

    code = "recording_ended"
    status = 409
    title = "The recording has ended"
    advice = "Begin another recording and send what is not acknowledged to that."


class RecordingFull(Rejection):
    """The recording holds as much as one may."""

    code = "recording_full"
    status = 409
    title = "The recording is full"
    advice = "End it, begin another, and send what is not acknowledged to that."


class SequenceTooFar(Rejection):
    """An interaction is so far ahead that what is missing before it will hardly come."""

    code = "sequence_too_far"
    status = 409
    title = "Interactions are missing before these"
    advice = "Count from 1 without gaps, and send what follows the acknowledged one first."


class TooManyRecordings(Rejection):
    """A person begins recordings faster than anybody looks at pictures."""

    code = "too_many_recordings"
    status = 429
    title = "Too many recordings"
    advice = "End recordings that are open, and wait for the seconds in `retry_after`."


class ScreenshotNotAccepted(Rejection):
    """The screenshot is not a small JPEG or PNG."""

    code = "screenshot_not_accepted"
    status = 422
    title = "The screenshot was not accepted"
    advice = "Send a JPEG or PNG of at most 256 KiB, base64."


class ScreenshotIdTaken(Rejection):
    """Another recording has already used this screenshot's id."""

    code = "screenshot_id_taken"
    status = 409
    title = "This screenshot's id is taken"
    advice = "Send the screenshot again under a new random id."


class ScreenshotNotFound(Rejection):
    """The recording has no such screenshot."""

    code = "screenshot_not_found"
    status = 404
    title = "There is no such screenshot"
    advice = "Load the recording's list of screenshots again."


class TooManyScreenshots(Rejection):
    """A person has sent as many bytes of screenshots as are taken in a day."""

    code = "too_many_screenshots"
    status = 429
    title = "Too many screenshots"
    advice = "Wait for the seconds in `retry_after`; interactions are still taken."
