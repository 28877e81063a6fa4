"""The installation's master key: where it is kept, and the keys derived from it."""

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path
from typing import Any, Final, Literal, Protocol, Self

import keyring
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from local_server.storage.errors import KeyMissing, KeyWrong, write_failure
from local_server.storage.lock import FileLock

SERVICE: Final = "vaultsecure"
Where = Literal["key store", "file", "given file"]

_EXPLANATIONS: Final[dict[Where, str]] = {
    "key store": "The master key is in the key store of this operating system account.",
    "file": (
        "No key store answered when this installation was made: the master key is in keys/master.key, "
        "readable by this account only. Whoever can read the data directory can open the stored renditions."
    ),
    "given file": "The master key is in the file that the setting MASTER_KEY_FILE names.",
}


class KeyStore(Protocol):
    """What is used of a `keyring` backend."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...


def system_key_store() -> KeyStore | None:
    """Return the operating system's key store, or None where there is none, or one of plain text."""
    backend: Any = keyring.get_keyring()
    try:
        usable = backend.priority >= 1
    except RuntimeError:  # how keyring's backends say that they cannot work here
        return None
    return backend if usable else None


class Keys:
    """The master key, opened; derive one key a purpose and never use the master itself."""

    def __init__(self, master: bytes, where: Where) -> None:
        self._master = master
        self.where = where
        # Tells one key from another and nothing else.
        self.check = _check(master)
        self.explanation = _EXPLANATIONS[where]

    def __repr__(self) -> str:
        return f"Keys(where={self.where!r})"

    @classmethod
    def open(cls, data_dir: Path, key_store: KeyStore | None, given: Path | None = None) -> Self:
        """Open the installation's master key, the one in a given file or else its own.

        Its own is made on the very first use only. Raise KeyMissing when the place it was put into no longer
        has it, KeyWrong when it has another one.
        """
        if given is not None:
            return cls(_read_key(given), "given file")
        folder = data_dir / "keys"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = FileLock(folder / "lock", wait=True)
        except OSError as error:
            raise write_failure(error, folder) from error
        with lock:
            if (folder / "where.json").exists():
                return cls._reopen(folder, key_store)
            if _has_sealed_objects(data_dir):
                raise KeyMissing(
                    f"{folder / 'where.json'} is missing, but there are pictures sealed with its key"
                )
            return cls._create(folder, key_store)

    @classmethod
    def hand_over(cls, keys: "Keys", data_dir: Path, key_store: KeyStore | None, given: Path | None) -> None:
        """Let another installation have a key: its data directory, or a given file, made if missing.

        Raises KeyWrong where that has another key already.
        """
        if given is None:
            cls.adopt(data_dir, key_store, keys)
        elif not given.exists():
            _write(given, base64.b64encode(keys.reveal()))
        elif _check(_read_key(given)) != keys.check:
            raise KeyWrong(f"{given} has another key already")

    @classmethod
    def adopt(cls, data_dir: Path, key_store: KeyStore | None, keys: "Keys") -> Self:
        """Give a data directory another one's master key; raise KeyWrong where it has one that differs."""
        folder = data_dir / "keys"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = FileLock(folder / "lock", wait=True)
        except OSError as error:
            raise write_failure(error, folder) from error
        with lock:
            if not (folder / "where.json").exists():
                return cls._keep(folder, key_store, keys.reveal())
            adopted = cls._reopen(folder, key_store)
        if adopted.check != keys.check:
            raise KeyWrong(f"{folder} has another key already")
        return adopted

    def reveal(self) -> bytes:
        """Return the master key itself, for a backup that seals it and for a second data directory."""
        return self._master

    def derive(self, purpose: str) -> bytes:
        """Return the 32-byte key for a purpose: "blobs", "marks", "tokens" and so on (HKDF-SHA256)."""
        derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"vaultsecure/1/" + purpose.encode())
        return derivation.derive(self._master)

    @classmethod
    def _create(cls, folder: Path, key_store: KeyStore | None) -> Self:
        return cls._keep(folder, key_store, None)

    @classmethod
    def _keep(cls, folder: Path, key_store: KeyStore | None, given: bytes | None) -> Self:
        """Put a given key, or else a new one, where it will be found again."""
        installation = secrets.token_hex(8)
        master = given or secrets.token_bytes(32)
        where: Where = "file"
        if key_store is not None and _store(key_store, installation, master):
            where = "key store"
        elif given is None and (folder / "master.key").exists():
            master = _read_key_file(folder)  # a first start that was interrupted before it wrote where.json
        else:
            _write(folder / "master.key", base64.b64encode(master))
        record = {"version": 1, "installation": installation, "where": where, "check": _check(master)}
        _write(folder / "where.json", json.dumps(record).encode())
        return cls(master, where)

    @classmethod
    def _reopen(cls, folder: Path, key_store: KeyStore | None) -> Self:
        try:
            record = json.loads((folder / "where.json").read_bytes())
            where, installation, check = record["where"], str(record["installation"]), str(record["check"])
            if where not in _EXPLANATIONS:
                raise ValueError(where)
        except OSError as error:
            raise KeyMissing(f"{folder / 'where.json'}: {error.strerror or error}") from error
        except (ValueError, KeyError, TypeError):
            raise KeyMissing(f"{folder / 'where.json'} is damaged; restore it from a backup") from None
        master = _read_key_file(folder) if where == "file" else _fetch(key_store, installation)
        if not hmac.compare_digest(_check(master), check):
            raise KeyWrong(f"its fingerprint differs from the one in {folder / 'where.json'}")
        return cls(master, where)


def _check(master: bytes) -> str:
    return hashlib.sha256(b"vaultsecure/1/check" + master).hexdigest()[:16]


def _has_sealed_objects(data_dir: Path) -> bool:
    return next((data_dir / "blobs").glob("??/??/*"), None) is not None


def _store(key_store: KeyStore, installation: str, master: bytes) -> bool:
    """Put the key into the key store and read it back; False when the store refuses either."""
    text = base64.b64encode(master).decode()
    try:
        key_store.set_password(SERVICE, installation, text)
        return key_store.get_password(SERVICE, installation) == text
    except Exception:  # noqa: BLE001  # key stores raise whatever their platform library raises; the file is next
        return False


def _fetch(key_store: KeyStore | None, installation: str) -> bytes:
    if key_store is None:
        raise KeyMissing("the key is in the operating system's key store, and no key store answers")
    try:
        text = key_store.get_password(SERVICE, installation)
    except Exception as error:  # key stores raise whatever their platform library raises
        raise KeyMissing(f"the key store did not give the key: {type(error).__name__}") from error
    if text is None:
        raise KeyMissing(f"the key store has no entry {SERVICE!r} for installation {installation}")
    return _decode(text.encode(), "the key store's entry")


def _read_key_file(folder: Path) -> bytes:
    return _read_key(folder / "master.key")


def _read_key(path: Path) -> bytes:
    try:
        return _decode(path.read_bytes(), str(path))
    except OSError as error:
        raise KeyMissing(f"{path}: {error.strerror or error}") from error


def _decode(text: bytes, source: str) -> bytes:
    try:
        master = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        master = b""
    if len(master) != 32:
        raise KeyWrong(f"{source} does not hold a key of 32 bytes")
    return master


def _write(path: Path, content: bytes) -> None:
    partial = path.with_suffix(".partial")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise write_failure(error, path) from error
