"""Why a backup can't be made, read or restored."""

from local_server.errors import Rejection


class BackupExists(Rejection):
    """There is a file of that name."""

    code = "backup_exists"
    title = "There is a file of that name already"
    advice = "Choose another name, such as one with the date: a backup is never overwritten."


class PassphraseUnfit(Rejection):
    """The passphrase is too short to protect a copy of everything, or others can read its file."""

    code = "passphrase_unfit"
    title = "The passphrase can't be used"
    advice = (
        "Name a file with one line of 12 characters or more that you alone can read (chmod 600): who has the "
        "backup can guess for years."
    )


class WrongPassphrase(Rejection):
    """The passphrase is not the backup's."""

    code = "wrong_passphrase"
    title = "The passphrase does not open this backup"
    advice = (
        "Use the passphrase that it was made with. A backup whose first bytes are damaged looks the same."
    )


class BackupDamaged(Rejection):
    """Something is not as it was written."""

    code = "backup_damaged"
    title = "The backup is damaged"
    advice = (
        "Use another copy of it, or an older backup: this one was altered or cut, and nothing was restored."
    )


class NotABackup(Rejection):
    """The file is something else."""

    code = "not_a_backup"
    title = "That is not a backup"
    advice = "Name a file that `vaultsecure-server backup` has written."


class BackupNewer(Rejection):
    """A newer version of the program has made it."""

    code = "backup_newer"
    title = "The backup is from a newer version"
    advice = "Restore it with the version that made it, or a newer one."
