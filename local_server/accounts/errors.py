"""What people, passwords and tokens are refused for."""

from local_server.errors import Rejection


class SetupDone(Rejection):
    """An account exists already: the first admin is made once."""

    code = "setup_done"
    status = 409
    title = "This gallery is already set up"
    advice = "Sign in, or ask its admin for an account."


class SetupCodeWrong(Rejection):
    """This server runs without a parent program, so set-up needs the code that it printed."""

    code = "setup_code_wrong"
    status = 403
    title = "The set-up code is missing or wrong"
    advice = (
        "The server printed it when it started. On its machine `vaultsecure-server user add` makes the first "
        "admin without it."
    )


class NameTaken(Rejection):
    """Another account has the name, or one that differs in case alone."""

    code = "name_taken"
    status = 409
    title = "That name is taken"
    advice = "Choose another name."


class NameUnusable(Rejection):
    """The name is empty, too long, or holds characters that can't be read."""

    code = "name_unusable"
    status = 422
    title = "That name can't be used"
    advice = "Use 1 to 64 letters, digits, spaces and signs."


class PasswordWeak(Rejection):
    """The password does not meet the policy; the detail says in what."""

    code = "password_weak"
    status = 422
    title = "That password is too easy to guess"
    advice = "Use enough characters, not your name, nothing that many people use; several words are good."


class AccountUnknown(Rejection):
    """No account has that name."""

    code = "account_unknown"
    status = 404
    title = "There is no such account"
    advice = "Load the list of people again; `vaultsecure-server user list` shows it too."


class WrongCredentials(Rejection):
    """Name or password is wrong; which of them is not said."""

    code = "wrong_credentials"
    status = 401
    title = "Name or password is wrong"
    advice = "Check both and the Caps Lock key. An admin can give you a new password."


class AccountLocked(Rejection):
    """Too many wrong passwords in a row; `retry_after` says for how many seconds."""

    code = "account_locked"
    status = 423
    title = "Signing in is locked for a while"
    advice = "Wait until the lock ends, then try again; an admin can give you a new password."


class AccountDisabled(Rejection):
    """The password is right, but an admin has closed the account."""

    code = "account_disabled"
    status = 403
    title = "This account is closed"
    advice = "Ask the admin of this gallery to open it again."


class TokenMissing(Rejection):
    """The request has no access token."""

    code = "token_missing"
    status = 401
    title = "You are not signed in"
    advice = "Sign in and send the access token."


class TokenInvalid(Rejection):
    """The token is not one of ours, or not for this use."""

    code = "token_invalid"
    status = 401
    title = "The token can't be used"
    advice = "Sign in again."


class TokenExpired(Rejection):
    """The token's time is over."""

    code = "token_expired"
    status = 401
    title = "The token has expired"
    advice = "Get a new one with the refresh token, or sign in again."


class TokenReused(Rejection):
    """A refresh token came a second time: it may have been stolen, and its whole family is revoked."""

    code = "token_reused"
    status = 401
    title = "This sign-in was used twice"
    advice = "Sign in again. If you did not do this yourself, change your password."


class SessionEnded(Rejection):
    """The viewing session was ended: signed out, revoked, or its account closed."""

    code = "session_ended"
    status = 401
    title = "Your session has ended"
    advice = "Sign in again."


class NotAllowed(Rejection):
    """The person is known, and the role does not allow this."""

    code = "not_allowed"
    status = 403
    title = "Your role does not allow this"
    advice = "Ask an admin of this gallery."


class PasswordFileUnusable(Rejection):
    """The file that should hold a password can't be read as one."""

    code = "password_file_unusable"
    title = "The password file can't be used"
    advice = "Name a file of UTF-8 text that holds the password alone."


class PasswordUsedBefore(Rejection):
    """The new password is the present one, or one of those before it."""

    code = "password_used_before"
    status = 422
    title = "You have used that password before"
    advice = "Choose one that you have not used here lately."


class PasswordWrong(Rejection):
    """Somebody who is signed in gave a wrong present password."""

    code = "password_wrong"
    status = 403
    title = "That is not your present password"
    advice = "Check it and the Caps Lock key. An admin can give you a one-time code if you have forgotten it."


class PasswordChangeNeeded(Rejection):
    """The sign-in is good for a new password alone."""

    code = "password_change_needed"
    status = 403
    title = "You need a new password first"
    advice = "Choose a new password; then everything is open again."


class SecondFactorSetupNeeded(Rejection):
    """The sign-in is good for setting up a second factor alone."""

    code = "second_factor_setup_needed"
    status = 403
    title = "Your role needs a second factor"
    advice = "Set one up with an authenticator app; then everything is open."


class SecondFactorNeeded(Rejection):
    """Name and password are right, and the account has a second factor that did not come along."""

    code = "second_factor_needed"
    status = 401
    title = "A code is needed too"
    advice = "Send the six digits that your authenticator app shows, or one of your recovery codes."


class SecondFactorWrong(Rejection):
    """The code is wrong, or was used already."""

    code = "second_factor_wrong"
    status = 401
    title = "That code is not right"
    advice = (
        "Wait for the next code of your authenticator app: each is good once. See that your phone's clock "
        "is right. An admin can remove the second factor of a lost phone."
    )


class SecondFactorOn(Rejection):
    """There is a second factor already."""

    code = "second_factor_on"
    status = 409
    title = "You have a second factor already"
    advice = "Remove it first if you want to set up another one."


class SecondFactorNotBegun(Rejection):
    """There is no secret that a code could confirm."""

    code = "second_factor_not_begun"
    status = 409
    title = "No second factor is being set up"
    advice = "Begin again: a new secret is shown."


class ResetCodeWrong(Rejection):
    """Name and one-time code do not belong together, or the code is used up, burned or expired."""

    code = "reset_code_wrong"
    status = 401
    title = "Name or code is wrong"
    advice = (
        "Check both. A code is good once, for a day, and five wrong tries end it: an admin can make another."
    )


class EmailUnusable(Rejection):
    """The address is none."""

    code = "email_unusable"
    status = 422
    title = "That address can't be used"
    advice = "Write it as name@domain, or leave it empty."


class EmailTaken(Rejection):
    """Another account has the address."""

    code = "email_taken"
    status = 409
    title = "Another person has that address"
    advice = "Take it from the other account first, or leave it empty."


class LastAdmin(Rejection):
    """Without this account nobody could let people in any more."""

    code = "last_admin"
    status = 409
    title = "This is the last admin"
    advice = "Make somebody else an admin first."


class CursorInvalid(Rejection):
    """The cursor is none that a page of this list had."""

    code = "cursor_invalid"
    status = 422
    title = "The place in the list is not known"
    advice = "Start again from the first page."


class ExemptionOver(Rejection):
    """An exemption would end before it begins."""

    code = "exemption_over"
    status = 422
    title = "That moment has passed"
    advice = "Choose a later moment, or none for an exemption without an end."
