"""Why an installation can't be taken elsewhere; nothing was changed where one of these is raised."""

from local_server.errors import Rejection


class NotEmpty(Rejection):
    """There is something at the target already."""

    code = "target_not_empty"
    title = "There is something at the target already"
    advice = "Name an empty database, an empty bucket and a new data directory: nothing is ever overwritten."


class SamePlace(Rejection):
    """Source and target are one."""

    code = "same_place"
    title = "The target is where everything is already"
    advice = "Name another DATABASE_URL or DATA_DIR in the settings of the target."


class InUse(Rejection):
    """A server or worker uses the installation."""

    code = "installation_in_use"
    title = "The installation is in use"
    advice = "Stop every server and worker, wait a minute, and try again: nobody may write meanwhile."


class OtherKey(Rejection):
    """The target has another master key."""

    code = "other_master_key"
    title = "The target has another master key"
    advice = "Give it the same key, or name a data directory that has none yet: it gets a copy of it."


class NotMovable(Rejection):
    """The other engine does not take a row."""

    code = "row_not_movable"
    title = "A row can't be taken over"
    advice = "Nothing was changed at the source; the detail names the table and what its engine said."


class NotTheSame(Rejection):
    """What arrived is not what was sent."""

    code = "transfer_differs"
    title = "What arrived is not what was sent"
    advice = "Nothing was changed at the source. See that nobody else writes to the target, and try again."


class SettingsFileWrong(Rejection):
    """The file of the target's settings can't be used."""

    code = "settings_file_wrong"
    title = "The file of settings can't be used"
    advice = "Write one NAME=value a line, and let only yourself read the file (chmod 600)."
