"""What a request about pictures can be refused for."""

from local_server.errors import Outage, Rejection


class PictureUnknown(Rejection):
    """There is no such picture, or not for this person."""

    code = "picture_unknown"
    status = 404
    title = "There is no such picture"
    advice = "Load the list again: the picture may have been moved or deleted."


class ViewsUsedUp(Rejection):
    """The person's grant was for a number of views, and all have been had."""

    code = "views_used_up"
    status = 403
    title = "All views of this album are used up"
    advice = "Ask who shared the album with you for more views."


class AlbumUnknown(Rejection):
    """There is no such album, or not for this person."""

    code = "album_unknown"
    status = 404
    title = "There is no such album"
    advice = "Load the albums again: it may have been deleted, or is no longer shared with you."


class TileUnknown(Rejection):
    """The picture has no tile in that column and row."""

    code = "tile_unknown"
    status = 404
    title = "The picture has no such tile"
    advice = "Ask for columns and rows that the picture's width and height have, in tiles of 512 pixels."


class ViewTokenMissing(Rejection):
    """A view was asked for without a view token."""

    code = "view_token_missing"
    status = 401
    title = "The view token is missing"
    advice = "Send the view_token of the picture's entry in X-View-Token; POST /images/tokens gives new ones."


class ViewTokenForeign(Rejection):
    """The view token was made for another viewing session or another picture."""

    code = "view_token_foreign"
    status = 403
    title = "The view token is not yours"
    advice = "Ask for tokens in your own session with POST /images/tokens."


class ExportReasonMissing(Rejection):
    """A protected picture was to be taken out, and nobody said why."""

    code = "export_reason_missing"
    status = 422
    title = "Taking a protected picture out takes a reason"
    advice = "Say what it is needed for: the reason is kept in the audit log."


class CopyTooLarge(Rejection):
    """The picture has more pixels than a marked copy can be made of."""

    code = "copy_too_large"
    status = 422
    title = "The picture is too large for a marked copy"
    advice = "Export the original, or make a smaller version of it and add that to the gallery."


class OriginalMissing(Outage):
    """The file of a picture is not there, or no longer the same."""

    code = "original_missing"
    title = "The original file is not there"
    advice = "Put the file back, or connect the disk it is on; the picture works again by itself."


class LevelNotHeld(Rejection):
    """The album asks for a protection that the asking machine does not hold now."""

    code = "level_not_held"
    status = 403
    title = "This machine cannot hold the level of this album"
    advice = (
        "Open it in the program on a machine whose capture guard is live (its status bar says so), or ask an "
        "admin for another level."
    )


class OriginalRefused(Rejection):
    """The original can no longer be decoded in full."""

    code = "original_refused"
    status = 422
    title = "The picture cannot be decoded"
    advice = "Look at the reason; restore the file from a backup if it was good before."
