"""What the importer refuses, and what stops it."""

from local_server.errors import Outage, Rejection


class FolderUnusable(Rejection):
    """The folder cannot be the gallery."""

    code = "folder_unusable"
    status = 422
    title = "That folder cannot be the gallery"
    advice = "Choose a folder that exists and that this account may read, outside of the data directory."


class NoGallery(Rejection):
    """There is no gallery folder to scan."""

    code = "no_gallery"
    status = 409
    title = "No gallery folder is chosen yet"
    advice = "Choose a folder in the settings, or try the sample pictures."


class PictureRefused(Rejection):
    """The file is no picture that can be taken; `reason_code` says why."""

    code = "picture_refused"
    status = 422
    title = "The file cannot be taken as a picture"
    advice = "Look at the reason; open the file in the program that made it and save it again."


class OpenNotLocal(Rejection):
    """A path was sent to a server that is not on the asker's own desktop."""

    code = "open_not_local"
    status = 403
    title = "Files are opened by path only on the desktop they are on"
    advice = "Import the file into the gallery folder of the server instead."


class StillWaiting(Outage):
    """A picture was not ready in time."""

    code = "still_waiting"
    title = "The picture is not ready yet"
    advice = "Try again in a moment. If it stays so, see in the health report whether the worker runs."


class SamplesMissing(Outage):
    """The sample pictures are not part of this installation."""

    code = "samples_missing"
    title = "The sample pictures are missing"
    advice = "Install the program again, or choose a folder of your own."
