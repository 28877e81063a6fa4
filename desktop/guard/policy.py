"""Turns what was noticed into answers: a table of class and level, and what makes them milder."""

from __future__ import annotations

from enum import Flag, auto
from typing import Final, NamedTuple

from .findings import (
    CLIPBOARD_IMAGE,
    DUMPABLE,
    FOREIGN,
    IMAGE_FILE,
    MEETING,
    PORTAL_REMOTE,
    PORTAL_SCREENCAST,
    PORTAL_SCREENSHOT,
    PRELOADED,
    RECORDING,
    REMOTE_SERVER,
    REMOTE_SESSION,
    SCREEN_STREAM,
    TRACER,
    VIRTUAL_CAMERA,
)

HOLD_S: Final = 4.0
SIGN_HOLD_S: Final = 1.0
DOUBT: Final = 0.4
# How long a program that has connected and shows no window hides what is sealed, and one that has read.
NEWCOMER_S: Final = 8.0
READER_S: Final = 120.0

KEY, ATTACK = "key", "attack"
READ, PREPARATION, SIGN, REQUEST, STREAM, RECORDER, BYSTANDER, COPY, DEBUGGING, ALIEN = (
    *("read", "preparation", "sign", "request", "stream"),
    *("recorder", "bystander", "copy", "debugging", "alien"),
)
CLASSES: Final = {
    "get_image": READ,
    "shm_get_image": READ,
    "copy_area": READ,
    "render_composite": READ,
    "composite_name_pixmap": READ,
    "composite_redirect": PREPARATION,
    "gl_read": READ,
    "buffer_shared": READ,
    "double_buffer": READ,
    "client_started": SIGN,
    "authority_opened": SIGN,
    "library_opened": SIGN,
    "capture_program": SIGN,
    "reader_alive": SIGN,
    "focus_lost": SIGN,
    "screen_covered": SIGN,
    "capture_key": KEY,
    "keys_recorded": KEY,
    "guard_attacked": ATTACK,
    TRACER: DEBUGGING,
    PRELOADED: ALIEN,
    FOREIGN: ALIEN,
    DUMPABLE: ALIEN,
    PORTAL_SCREENSHOT: REQUEST,
    PORTAL_SCREENCAST: REQUEST,
    PORTAL_REMOTE: REQUEST,
    SCREEN_STREAM: STREAM,
    REMOTE_SESSION: STREAM,
    RECORDING: RECORDER,
    VIRTUAL_CAMERA: RECORDER,
    REMOTE_SERVER: BYSTANDER,
    MEETING: BYSTANDER,
    CLIPBOARD_IMAGE: COPY,
    IMAGE_FILE: COPY,
}
DEEDS: Final = {
    "get_image": "read the screen",
    "shm_get_image": "read the screen through shared memory",
    "copy_area": "copied a part of the screen",
    "render_composite": "drew from the screen",
    "composite_name_pixmap": "took hold of the window's contents",
    "composite_redirect": "redirected the window's contents",
    "gl_read": "opened the window to graphics commands that read",
    "buffer_shared": "took hold of the memory behind the window",
    "double_buffer": "took hold of the window's back buffer",
    "client_started": "connected to the display",
    "authority_opened": "was about to connect to the display",
    "library_opened": "was about to connect to the display",
    "capture_program": "can take pictures of the screen, and was started",
    "reader_alive": "read the screen before and still ran",
    "focus_lost": "took the keyboard",
    "screen_covered": "covered the whole screen",
    "capture_key": "was asked for a picture of the screen by a key",
    "keys_recorded": "listened to the keys that are pressed",
    "guard_attacked": "tried to uncover the picture or to stop the guard",
    TRACER: "attached to this program",
    PRELOADED: "was loaded into this program before its own parts",
    FOREIGN: "was loaded into this program without being a part of it",
    DUMPABLE: "opened this program's memory",
    PORTAL_SCREENSHOT: "asked the desktop for a screenshot",
    PORTAL_SCREENCAST: "asked the desktop for a recording of the screen",
    PORTAL_REMOTE: "asked the desktop for control from afar",
    SCREEN_STREAM: "began to take a video stream of the screen",
    REMOTE_SESSION: "was found showing this screen elsewhere",
    RECORDING: "was found ready to record the screen",
    VIRTUAL_CAMERA: "was found ready to pass the screen on as a camera",
    REMOTE_SERVER: "was found ready to show a screen elsewhere",
    MEETING: "was found ready to share the screen",
    CLIPBOARD_IMAGE: "put an image into the clipboard",
    IMAGE_FILE: "wrote an image into a folder for screenshots",
}
UNKNOWN_DEED: Final = "read the screen"
# How the picture comes back where it does not come back by itself.
REMEDIES: Final = {
    SCREEN_STREAM: "End the stream to see the picture.",
    REMOTE_SESSION: "End the remote session to see the picture.",
    RECORDING: "Close that program to see the picture.",
    VIRTUAL_CAMERA: "Close the camera to see the picture.",
    PRELOADED: "Start the program again without it to see the picture.",
    FOREIGN: "Start the program again without it to see the picture.",
}
# What each class is, as the documents have it.
MEANINGS: Final = {
    READ: "a program reads pixels of ours",
    PREPARATION: "a program gets ready to read them",
    SIGN: "what comes before a read, and before much else: a program connects, another window has the focus",
    KEY: "a key is pressed that asks for a picture of the screen, or a program listens to all keys",
    ATTACK: "a program meddles with the black windows, or with the guard's connection to the display",
    REQUEST: "a program asks the desktop environment for a picture of the screen",
    STREAM: "the screen is shown elsewhere while it lasts: a stream, a remote session",
    RECORDER: "what can record is there and is not known to: a recorder, a virtual camera",
    BYSTANDER: "what can show a screen elsewhere, and most likely does not: a server that waits, a meeting",
    COPY: "a picture has turned up that may be one of ours: in the clipboard, in the folder of screenshots",
    DEBUGGING: "a tracer is attached to the program",
    ALIEN: "code that is none of ours is in the program, or its memory is open",
}


class Deed(Flag):
    """What the program can do about something; several at once."""

    NOTHING = 0
    RECORD = auto()  # as a capture attempt
    BRIEF = auto()  # as a short shield and its reason: nobody is accused of anything
    SHIELD = auto()
    STRENGTHEN = auto()
    LOCK = auto()
    END = auto()


def names(deeds: Deed) -> list[str]:
    """Return what a report says of deeds."""
    return [str(deed.name).lower() for deed in deeds]


class Rule(NamedTuple):
    """What follows at one level, how long the shield stays afterwards, and why."""

    deeds: Deed
    hold_s: float
    because: str


class Answer(NamedTuple):
    """What to do about an event; `reason` says why, in words for the person at the screen.

    `withheld` is what would have been done, had not `spared` been in the way: assistive, trial or quiet.
    """

    deeds: Deed
    hold_s: float
    reason: str
    withheld: Deed = Deed.NOTHING
    spared: str | None = None

    @property
    def record(self) -> bool:
        """Say whether it is told to the server, as an attempt or as a short shield."""
        return bool(self.deeds & (Deed.RECORD | Deed.BRIEF))

    @property
    def brief(self) -> bool:
        """Say whether it is no more than a short shield."""
        return Deed.BRIEF in self.deeds

    @property
    def shield(self) -> bool:
        """Say whether pictures are hidden."""
        return Deed.SHIELD in self.deeds

    @property
    def strengthen_mark(self) -> bool:
        """Say whether the session's mark becomes stronger, until its end."""
        return Deed.STRENGTHEN in self.deeds

    @property
    def lock(self) -> bool:
        """Say whether the password is asked for again."""
        return Deed.LOCK in self.deeds

    @property
    def end_session(self) -> bool:
        """Say whether the person is signed out."""
        return Deed.END in self.deeds


class Circumstances(NamedTuple):
    """What makes an answer milder: an exemption, a trial of the guard, a program known here."""

    assistive: bool = False
    dry: bool = False
    quiet: bool = False


PLAIN: Final = Circumstances()
_NOTED, _BRIEFLY = Deed.RECORD, Deed.BRIEF | Deed.SHIELD
_HIDDEN = Deed.RECORD | Deed.SHIELD
_STRICT = _HIDDEN | Deed.STRENGTHEN
# At `open`, and where no line stands here, nothing follows.
TABLE: Final = {
    (READ, "marked"): Rule(_NOTED, 0, "what was taken carries the mark"),
    (READ, "guarded"): Rule(_HIDDEN, HOLD_S, "one picture is gone, the next is not"),
    (READ, "sealed"): Rule(_STRICT, 2 * HOLD_S, "nothing sealed may leave; what has left is traced easier"),
    (PREPARATION, "sealed"): Rule(_STRICT, HOLD_S, "the read that follows would come too soon"),
    (SIGN, "sealed"): Rule(_BRIEFLY, SIGN_HOLD_S, "a tool reads within milliseconds of its start"),
    (KEY, "guarded"): Rule(_NOTED, 0, "the read that may follow is answered by itself"),
    (KEY, "sealed"): Rule(_HIDDEN, HOLD_S, "a tool that waits for the key reads within milliseconds"),
    (ATTACK, "marked"): Rule(_NOTED, 0, "nobody has reason to do that"),
    (ATTACK, "guarded"): Rule(_STRICT, 2 * HOLD_S, "nobody has reason to do that"),
    (ATTACK, "sealed"): Rule(_STRICT, 2 * HOLD_S, "nobody has reason to do that"),
    (REQUEST, "marked"): Rule(_NOTED, 0, "what was taken carries the mark"),
    (REQUEST, "guarded"): Rule(_HIDDEN, HOLD_S, "the picture is taken after the question: it comes in time"),
    (REQUEST, "sealed"): Rule(_STRICT, 2 * HOLD_S, "the picture is taken after the question"),
    (STREAM, "marked"): Rule(_NOTED, 0, "what is seen carries the mark"),
    (STREAM, "guarded"): Rule(_HIDDEN, HOLD_S, "somebody elsewhere would see it for as long as it lasts"),
    (STREAM, "sealed"): Rule(_STRICT, HOLD_S, "somebody elsewhere would see it for as long as it lasts"),
    (RECORDER, "guarded"): Rule(_NOTED, 0, "its first read hides the picture anyway"),
    (RECORDER, "sealed"): Rule(_STRICT, HOLD_S, "its first read would be too many"),
    (BYSTANDER, "sealed"): Rule(_NOTED, 0, "whatever it reads is answered anyway"),
    (COPY, "guarded"): Rule(_NOTED, 0, "it is too late to hide, and it may be another picture"),
    (COPY, "sealed"): Rule(_STRICT, HOLD_S, "what made it may do so again"),
    (DEBUGGING, "marked"): Rule(_NOTED, 0, "a tracer reads whatever the program holds"),
    (DEBUGGING, "guarded"): Rule(_HIDDEN, HOLD_S, "a tracer reads whatever the program holds"),
    (DEBUGGING, "sealed"): Rule(_STRICT, 2 * HOLD_S, "a tracer reads whatever the program holds"),
    (ALIEN, "marked"): Rule(_NOTED, 0, "it may be harmless, as an overlay for games is"),
    (ALIEN, "guarded"): Rule(_NOTED, 0, "it may be harmless, as an overlay for games is"),
    (ALIEN, "sealed"): Rule(_STRICT, HOLD_S, "it can do all that the program can"),
}
_UNATTENDED = "nobody has reason to debug a screen that stands in a hall"
BY_ROLE: Final = {
    (DEBUGGING, "guarded", "kiosk"): Rule(_HIDDEN | Deed.LOCK, HOLD_S, _UNATTENDED),
    (DEBUGGING, "sealed", "kiosk"): Rule(_STRICT | Deed.END, 2 * HOLD_S, _UNATTENDED),
}
NOTHING: Final = Rule(Deed.NOTHING, 0, "it happens all the time and takes nothing")


def answer(
    kind: str, level: str, role: str, *, confidence: float = 1.0, given: Circumstances = PLAIN
) -> Answer:
    """Decide about an event of `kind` while something of `level` is shown to `role`.

    An unknown kind counts as a read: a tripwire that the table does not know must not open a hole. A kiosk
    holds the shield twice as long, because nobody who waits there has a right to hurry.
    """
    of = CLASSES.get(kind, READ)
    rule = BY_ROLE.get((of, level, role)) or TABLE.get((of, level), NOTHING)
    deed = DEEDS.get(kind, UNKNOWN_DEED)
    hold = rule.hold_s * (2 if role == "kiosk" else 1)
    if rule.deeds & Deed.SHIELD:
        milder = _milder(of, rule.deeds, level, confidence, given)
        if milder is not None:
            deeds, why, spared = milder
            return Answer(deeds, 0.0, f"It {deed}. {why}", rule.deeds & ~deeds, spared)
        reason = f"It {deed} while a {level} picture was shown: {rule.because}."
        return Answer(rule.deeds, hold, f"{reason} The picture returns {hold:g} s after the last time.")
    if rule.deeds & Deed.RECORD:
        reason = f"It {deed} while a {level} picture was shown. That is recorded: {rule.because}."
        return Answer(rule.deeds, 0.0, reason)
    return Answer(Deed.NOTHING, 0.0, f"It {deed}; at level {level} nothing follows: {rule.because}.")


def _milder(
    of: str, deeds: Deed, level: str, confidence: float, given: Circumstances
) -> tuple[Deed, str, str | None] | None:
    """Return what is left of an answer that would hide, why, and what spared it; None for all of it."""
    hiding = Deed.SHIELD | Deed.LOCK | Deed.END
    if given.assistive:
        if Deed.BRIEF in deeds:
            return Deed.NOTHING, "An assistive exemption keeps the picture visible.", "assistive"
        why = "An assistive exemption keeps the picture visible; the mark is stronger, the use recorded."
        return deeds & ~hiding | Deed.STRENGTHEN, why, "assistive"
    if given.dry and level != "sealed":
        return deeds & ~hiding, "The guard is on trial here: without that it would have been hidden.", "trial"
    if given.quiet and level == "guarded" and of not in (DEBUGGING, ALIEN, ATTACK):
        why = "An admin has found this program harmless: it is recorded, and hides nothing."
        return deeds & ~hiding, why, "quiet"
    if confidence < DOUBT:
        return deeds & ~hiding, "That is too uncertain for the shield.", None
    return None
