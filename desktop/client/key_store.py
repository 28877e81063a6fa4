"""The operating system's store for secrets, where "keep me signed in" keeps the refresh token."""

import asyncio
import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from keyring.backend import KeyringBackend
from keyring.errors import KeyringError

from desktop.client.errors import KeyStoreAbsent

T = TypeVar("T")

SERVICE = "vaultsecure"
# Stores that the operating system seals; file stores of third parties are no place for a token.
TRUSTED = (
    "keyring.backends.SecretService",
    "keyring.backends.libsecret",
    "keyring.backends.kwallet",
    "keyring.backends.macOS",
    "keyring.backends.Windows",
)


@dataclass(frozen=True, slots=True)
class Kept:
    """What signs a person in again without a password."""

    name: str
    refresh_token: str


def operating_system_backend() -> KeyringBackend | None:
    """Return the trusted backend of this machine, or None; may block, as it asks the session bus."""
    import keyring

    chosen = keyring.get_keyring()
    chain: list[KeyringBackend] = [chosen, *getattr(chosen, "backends", ())]
    for backend in chain:
        if type(backend).__module__.startswith(TRUSTED):
            return backend
    return None


class KeyStore:
    """Keeps one person's refresh token for one server; calls run on other threads, as stores may block."""

    def __init__(
        self, entry: str, find_backend: Callable[[], KeyringBackend | None] = operating_system_backend
    ) -> None:
        self._entry = entry
        self._find_backend = find_backend
        # One after the other: what was kept last must not be dropped by what was asked for before.
        self._turn = asyncio.Lock()

    async def keep(self, kept: Kept) -> None:
        """Store the token; raises `KeyStoreAbsent` when no store takes it."""
        text = json.dumps({"name": kept.name, "refresh_token": kept.refresh_token})
        await self._away(lambda backend: backend.set_password(SERVICE, self._entry, text))

    async def fetch(self) -> Kept | None:
        """Return what was kept, or None; raises `KeyStoreAbsent` when no store answers."""
        text = await self._away(lambda backend: backend.get_password(SERVICE, self._entry))
        if text is None:
            return None
        try:
            data = json.loads(text)
            return Kept(str(data["name"]), str(data["refresh_token"]))
        except (ValueError, KeyError, TypeError):
            return None  # not written by us: the person signs in, and it is overwritten

    async def drop(self) -> None:
        """Delete what was kept; raises `KeyStoreAbsent` when no store answers."""

        def delete(backend: KeyringBackend) -> None:
            if backend.get_password(SERVICE, self._entry) is not None:
                backend.delete_password(SERVICE, self._entry)

        await self._away(delete)

    async def _away(self, call: Callable[[KeyringBackend], T]) -> T:
        """Call the store on a thread that nobody waits for at the end: a store may ask its owner and wait."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def run() -> None:
            try:
                deliver = partial(_settle, answer, self._act(call), None)
            except KeyStoreAbsent as absent:
                deliver = partial(_settle, answer, None, absent)
            with suppress(RuntimeError):  # the loop has ended, and with it who asked
                loop.call_soon_threadsafe(deliver)

        async with self._turn:
            threading.Thread(target=run, name="key store", daemon=True).start()
            return await answer

    def _act(self, call: Callable[[KeyringBackend], T]) -> T:
        try:
            backend = self._find_backend()
            if backend is None:
                raise _absent("this computer offers no key store")
            return call(backend)
        except (KeyringError, RuntimeError, OSError) as problem:
            raise _absent(str(problem) or type(problem).__name__) from problem


def _settle(answer: "asyncio.Future[Any]", result: object, absent: KeyStoreAbsent | None) -> None:
    if answer.done():
        return  # cancelled meanwhile
    if absent is None:
        answer.set_result(result)
    else:
        answer.set_exception(absent)


def _absent(why: str) -> KeyStoreAbsent:
    return KeyStoreAbsent(
        "key_store_absent",
        f"You are signed in, but not kept signed in: {why}.",
        "Install and unlock a key store (for example gnome-keyring), or sign in each time.",
    )
