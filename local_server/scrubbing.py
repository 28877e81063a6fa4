"""Takes out of free text what must not be kept: secrets, names of people's folders, addresses, controls.

Patterns look at each character a bounded number of times: whoever sends the text may want them to take long.
"""

import re
from collections.abc import Collection
from typing import Final

REDACTED: Final = "[redacted]"

_NAMED: Final = re.compile(
    r"""((?<![a-z])pass(?:word|wd|phrase|code)?|secret|token|api[_-]?key|authori[sz]ation|cookie|credentials?|signature)
    (["']?\s{0,4}[:=]\s{0,4})
    (?:bearer\s+)?
    (?:"[^"\n]{0,1024}"|'[^'\n]{0,1024}'|[^\s"',;&)}\]]{1,4096})""",
    re.IGNORECASE | re.VERBOSE,
)
_SECRET_NAME: Final = re.compile(
    r"pass|secret|token|key|authori[sz]ation|cookie|credential|signature", re.IGNORECASE
)
_BEARER: Final = re.compile(r"(?<=bearer )[^\s\"']{1,4096}", re.IGNORECASE)
# What is random: a signed token (RFC 7519), or the text of a random key. Ids and hashes have no capitals.
_SIGNED: Final = re.compile(r"(?<![\w-])eyJ[\w-]{8,4096}\.[\w-]{1,4096}(?:\.[\w-]{0,4096})?")
# Long, in both cases, and with a digit or more capitals than a name of several words has.
_RANDOM: Final = re.compile(
    r"(?<![\w-])(?=[\w-]{0,200}[A-Z])(?=[\w-]{0,200}[a-z])"
    r"(?=[\w-]{0,200}\d|(?:[a-z_-]{0,60}[A-Z]){8})[\w-]{32,}"
)
_IN_ADDRESS: Final = re.compile(r"(?<=://)[^/\s:@]{0,256}:[^/\s@]{0,1024}@")
_MAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_HOME: Final = re.compile(r"((?:/home|/Users|[A-Za-z]:[\\/]{1,2}Users)[\\/]{1,2})[^\\/\s\"':]{1,255}")


def scrubbed(text: str, secrets: Collection[str] = ()) -> str:
    """Return the text without `secrets`, and without what its form shows to be secret or personal."""
    for secret in secrets:
        text = text.replace(secret, REDACTED)
    text = _IN_ADDRESS.sub(f"{REDACTED}@", text)
    text = _NAMED.sub(rf"\1\2{REDACTED}", text)
    for pattern in (_BEARER, _SIGNED, _RANDOM):
        text = pattern.sub(REDACTED, text)
    return _HOME.sub(r"\1~", _MAIL.sub("[address]", text))


def names_secret(key: str) -> bool:
    """Say whether a value of this name is a secret whatever it looks like."""
    return _SECRET_NAME.search(key) is not None


def escaped(text: str, *, keep: str = "") -> str:
    """Return the text with every character that does not print as an escape, but for those to keep."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter in keep else letter.encode("unicode_escape").decode()
        for letter in text
    )
