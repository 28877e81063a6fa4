"""Takes out of a report of errors what must not leave this machine: secrets, names of people, addresses."""

import re
from collections.abc import Collection

REDACTED = "[redacted]"

_NAMED = re.compile(
    r"""((?<![a-z])pass(?:word|wd|phrase|code)?|secret|token|api[_-]?key|authori[sz]ation|cookie|credentials?|signature)
    (["']?\s{0,4}[:=]\s{0,4})
    (?:bearer\s+)?
    (?:"[^"\n]{0,1024}"|'[^'\n]{0,1024}'|[^\s"',;&)}\]]{1,4096})""",
    re.IGNORECASE | re.VERBOSE,
)
_BEARER = re.compile(r"(?<=bearer )[^\s\"']{1,4096}", re.IGNORECASE)
# What is random: a signed token, or the text of a random key. Ids and hashes have no capitals.
_SIGNED = re.compile(r"(?<![\w-])eyJ[\w-]{8,4096}\.[\w-]{1,4096}(?:\.[\w-]{0,4096})?")
# Long, in both cases, and with a digit or more capitals than a name of several words has.
_RANDOM = re.compile(
    r"(?<![\w-])(?=[\w-]{0,200}[A-Z])(?=[\w-]{0,200}[a-z])"
    r"(?=[\w-]{0,200}\d|(?:[a-z_-]{0,60}[A-Z]){8})[\w-]{32,}"
)
_IN_ADDRESS = re.compile(r"(?<=://)[^/\s:@]{0,256}:[^/\s@]{0,1024}@")
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_HOME = re.compile(r"((?:/home|/Users|[A-Za-z]:[\\/]{1,2}Users)[\\/]{1,2})[^\\/\s\"':]{1,255}")


def scrubbed(text: str, secrets: Collection[str] = ()) -> str:
    """Return the text without `secrets`, and without what its form shows to be secret or personal."""
    for secret in secrets:
        text = text.replace(secret, REDACTED)
    text = _IN_ADDRESS.sub(f"{REDACTED}@", text)
    text = _NAMED.sub(rf"\1\2{REDACTED}", text)
    for pattern in (_BEARER, _SIGNED, _RANDOM):
        text = pattern.sub(REDACTED, text)
    return _HOME.sub(r"\1~", _MAIL.sub("[address]", text))
