"""What a change of albums can be refused for."""

from local_server.errors import Rejection


class AlbumNameUnusable(Rejection):
    """The name is empty, or holds characters that can't be seen."""

    code = "album_name_unusable"
    status = 422
    title = "An album cannot have that name"
    advice = "Use 1 to 128 letters, digits, spaces and signs."


class AlbumNameTaken(Rejection):
    """An album beside it has the name, or one that differs in case alone."""

    code = "album_name_taken"
    status = 409
    title = "There is an album of that name here"
    advice = "Choose another name, or put the album somewhere else."


class AlbumInItself(Rejection):
    """An album was to be moved below itself."""

    code = "album_in_itself"
    status = 409
    title = "An album cannot lie in itself"
    advice = "Choose an album that is not below the one you move."


class AlbumsTooDeep(Rejection):
    """Albums would lie in each other more deeply than is allowed."""

    code = "albums_too_deep"
    status = 409
    title = "Albums are nested too deeply"
    advice = "Put the album higher up: twelve levels are allowed."


class AlbumsFull(Rejection):
    """There are as many albums as there may be."""

    code = "albums_full"
    status = 409
    title = "There are too many albums"
    advice = "Delete albums that nobody needs: two thousand are allowed."


class AlbumHasAlbums(Rejection):
    """An album that others lie in was to be deleted."""

    code = "album_has_albums"
    status = 409
    title = "There are albums in this album"
    advice = "Move the albums in it elsewhere or delete them first: their protection and grants depend on it."
