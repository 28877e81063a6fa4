"""What the library page says when no picture is to be shown."""

from desktop.client.errors import Outage
from desktop.client.models import GalleryFolder
from desktop.gallery.choice import Choice
from desktop.gallery.library_model import LibraryModel, State
from desktop.look.notice import Notice


def explain_empty(notice: Notice, model: LibraryModel, folder: GalleryFolder | None) -> None:
    """Say in place of pictures that they are being fetched, why they cannot be, or why there are none."""
    if model.state is State.LOADING:
        notice.say("loader-circle", "Loading", "Fetching the list of pictures.")
    elif model.state is State.FAILED and model.failure is not None:
        icon = "wifi-off" if isinstance(model.failure, Outage) else "circle-alert"
        notice.say(icon, model.failure.message, model.failure.advice, "Try again", "caution")
    else:
        notice.say(*empty_words(model.choice, folder))


def empty_words(choice: Choice, folder: GalleryFolder | None) -> tuple[str, str, str]:
    """Return icon, title and advice."""
    if choice.filtered:
        return "search", "Nothing found", "No picture matches. Try fewer words, or remove the filter."
    if choice.album is not None:
        return (
            "book-marked",
            "No pictures in this album",
            "Select a picture in the library, and use “Add the picture to an album” (Ctrl+K).",
        )
    if choice.view == "favourites":
        return "heart", "No favourites yet", "Press L on a picture to make it a favourite."
    if choice.view == "picks":
        return "list-checks", "No picks yet", "Press P on a picture to pick it."
    if folder is None or folder.folder is None:
        return "folder", "No gallery folder", "Choose in Settings which folder holds the pictures."
    if not folder.exists or not folder.readable:
        return (
            "triangle-alert",
            "The gallery folder cannot be read",
            f"{folder.folder} does not answer. Connect the drive, or choose another folder in Settings.",
        )
    return (
        "images",
        "No pictures yet",
        f"Put pictures into {folder.folder}: they appear here by themselves.",
    )
