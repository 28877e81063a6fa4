"""Why an upload is refused as a whole; single files are refused with a reason in the answer."""

from local_server.errors import Rejection


class NotMultipart(Rejection):
    """The body is not what browsers and HTTP libraries send files in."""

    code = "not_multipart"
    status = 422
    title = "The upload can't be read"
    advice = "Send the files as multipart/form-data, each in a part with a file name."


class TooManyFiles(Rejection):
    """One request holds more files than are taken at once."""

    code = "too_many_files"
    status = 413
    title = "Too many files at once"
    advice = (
        "Nothing was taken: send them in several requests; MAX_FILES_PER_REQUEST says how many one may hold."
    )


class UploadBroken(Rejection):
    """The sender went away in the middle."""

    code = "upload_broken"
    status = 400
    title = "The upload broke off"
    advice = "Send the files again; those that were taken before are said to be duplicates."


class BatchUnknown(Rejection):
    """There is no such batch, or it is somebody else's."""

    code = "batch_unknown"
    status = 404
    title = "There is no such upload"
    advice = "Use the id that the upload was answered with."
