"""Sends picture files to the server, several in a request, and withdraws them if asked; on the io thread."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import httpx

from desktop.client.answers import Model
from desktop.client.errors import Failure
from desktop.client.transport import read_json

# What is under way when somebody cancels is little: a request of several files is heard to its end, as only
# its answer names the batch that is to be withdrawn; a larger file goes alone, and is broken off.
TOGETHER_FILES: Final = 10
TOGETHER_BYTES: Final = 16 << 20
TOLD_EVERY: Final = 0.1
SUFFIXES: Final = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".avif", ".heic", ".heif"}
)


@dataclass(frozen=True, slots=True)
class TakenFile(Model):
    """What became of one file: accepted, duplicate, or refused and why."""

    name: str
    outcome: str
    picture_id: str | None
    code: str | None
    reason: str | None
    advice: str | None


@dataclass(frozen=True, slots=True)
class UploadAnswer(Model):
    """POST /images: the batch, and its files in the order in which they were sent."""

    batch: str
    items: tuple[TakenFile, ...]


@dataclass(frozen=True, slots=True)
class Batch(Model):
    """GET and DELETE /batches/{id}: how a batch is doing."""

    id: str
    total: int
    duplicate: int
    waiting: int
    ready: int
    refused: int
    cancelled: int


@dataclass(frozen=True, slots=True)
class Sending:
    """How far it is; `rate` in bytes a second."""

    files_done: int
    files: int
    bytes_done: int
    bytes: int
    rate: float | None
    seconds_left: float | None


@dataclass(slots=True)
class Sent:
    """What came of it; `withdrawn` pictures are gone again because somebody cancelled."""

    accepted: int = 0
    duplicates: int = 0
    refused: list[TakenFile] = field(default_factory=list)
    cancelled: bool = False
    withdrawn: int = 0
    failure: Failure | None = None


class Send(Protocol):
    """How `client.api.Gallery` asks."""

    def __call__(self, method: str, path: str, **arguments: object) -> Awaitable[httpx.Response]:
        """Send a request and return its answer."""


class Upload:
    """One sending of files; `run` it once. `stop` is called on the io thread."""

    def __init__(
        self,
        send: Send,
        paths: Sequence[Path],
        told: Callable[[Sending], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send = send
        self._paths = paths
        self._told = told
        self._clock = clock
        self._result = Sent()
        self._batches: list[str] = []
        self._stopped = False
        self._alone: asyncio.Task[httpx.Response] | None = None
        self._most_files = TOGETHER_FILES
        self._files_done = self._files = 0
        self._bytes_done = self._bytes = self._under_way = 0
        self._begun = self._last_told = 0.0

    def stop(self) -> None:
        """Send no more, and withdraw what was sent."""
        self._stopped = True
        if self._alone is not None:
            self._alone.cancel()

    async def run(self) -> Sent:
        """Send everything; what fails on the way is in the answer, beside what went well before it."""
        waiting = await asyncio.to_thread(_found, self._paths, self._result.refused)
        self._files = len(waiting)
        self._bytes = sum(size for _, size in waiting)
        self._begun = self._clock()
        self._tell(at_once=True)
        try:
            while waiting and not self._stopped:
                together = waiting[: _together(waiting, self._most_files)]
                if await self._send_together(together):
                    del waiting[: len(together)]
        except Failure as failure:
            self._result.failure = failure
        if self._stopped:
            await self._withdraw()
        return self._result

    async def _send_together(self, files: Sequence[tuple[Path, int]]) -> bool:
        """Send some files in one request; False where it must be tried again."""
        self._under_way = 0
        opened = _opened(files, self._result.refused, self._count)
        try:
            answer = await self._answer(opened) if opened else None
        except Failure as failure:
            return await self._get_over(failure, files)
        except asyncio.CancelledError:
            if not self._stopped:
                raise
            return True
        finally:
            for file in opened:
                file.close()
        self._under_way = 0
        self._files_done += len(files)
        self._bytes_done += sum(size for _, size in files)
        if answer is not None:
            self._take(answer)
        self._tell(at_once=True)
        return True

    async def _answer(self, opened: Sequence["_File"]) -> UploadAnswer:
        parts = [("files", (file.name, file, "application/octet-stream")) for file in opened]
        sending = asyncio.ensure_future(self._send("POST", "/api/images", files=parts, repeatable=True))
        # A file that goes alone is broken off by `stop`: the server keeps no half of a file.
        self._alone = sending if len(opened) == 1 else None
        try:
            return UploadAnswer.read(read_json(await sending))
        finally:
            self._alone = None

    async def _get_over(self, failure: Failure, files: Sequence[tuple[Path, int]]) -> bool:
        if failure.retry_after is not None:
            await asyncio.sleep(failure.retry_after)
            return False
        if failure.status != 413:
            raise failure
        if len(files) > 1:
            self._most_files = max(1, len(files) // 2)
            return False
        name = files[0][0].name
        self._result.refused.append(
            TakenFile(name, "refused", None, failure.code, failure.message, failure.advice)
        )
        return True

    def _take(self, answer: UploadAnswer) -> None:
        self._batches.append(answer.batch)
        for file in answer.items:
            if file.outcome == "accepted":
                self._result.accepted += 1
            elif file.outcome == "duplicate":
                self._result.duplicates += 1
            else:
                self._result.refused.append(file)

    async def _withdraw(self) -> None:
        self._result.cancelled = True
        try:
            for batch in self._batches:
                answer = await self._send("DELETE", f"/api/batches/{batch}")
                self._result.withdrawn += Batch.read(read_json(answer)).cancelled
        except Failure as failure:
            self._result.failure = failure

    def _count(self, sent: int) -> None:
        self._under_way = max(0, self._under_way + sent)
        self._tell()

    def _tell(self, *, at_once: bool = False) -> None:
        now = self._clock()
        if not at_once and now - self._last_told < TOLD_EVERY:
            return
        self._last_told = now
        done, passed = min(self._bytes, self._bytes_done + self._under_way), now - self._begun
        rate = done / passed if passed > 0.5 and done else None
        left = (self._bytes - done) / rate if rate else None
        self._told(Sending(self._files_done, self._files, done, self._bytes, rate, left))


class _File:
    """A file as httpx reads it, which tells how much of it was read."""

    def __init__(self, path: Path, opened: BinaryIO, told: Callable[[int], None]) -> None:
        self.name = path.name
        self._opened = opened
        self._told = told
        self._read = 0

    def read(self, size: int = -1) -> bytes:
        data = self._opened.read(size)
        self._read += len(data)
        self._told(len(data))
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        # A request that is sent again begins at the beginning.
        self._told(-self._read)
        self._read = 0
        return self._opened.seek(offset, whence)

    def fileno(self) -> int:
        return self._opened.fileno()

    def close(self) -> None:
        self._opened.close()


def _together(waiting: Sequence[tuple[Path, int]], most: int) -> int:
    """Return how many of the first files go into one request."""
    count, size = 0, 0
    for _, bytes_ in waiting[:most]:
        size += bytes_
        if count and size > TOGETHER_BYTES:
            break
        count += 1
    return count


def _opened(
    files: Sequence[tuple[Path, int]], refused: list[TakenFile], told: Callable[[int], None]
) -> list[_File]:
    opened = []
    for path, _ in files:
        try:
            opened.append(_File(path, path.open("rb"), told))
        except OSError as problem:
            refused.append(_unreadable(path, problem))
    return opened


def _found(paths: Sequence[Path], refused: list[TakenFile]) -> list[tuple[Path, int]]:
    """Return the files with their sizes; of folders the pictures in them, hidden ones left out."""
    found: list[tuple[Path, int]] = []
    for path in paths:
        for file in _pictures_in(path) if path.is_dir() else (path,):
            try:
                found.append((file, file.stat().st_size))
            except OSError as problem:
                refused.append(_unreadable(file, problem))
    return found


def _pictures_in(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.casefold() in SUFFIXES:
                yield Path(root, name)


def _unreadable(path: Path, problem: OSError) -> TakenFile:
    reason = f"The file cannot be read: {problem.strerror or type(problem).__name__}."
    return TakenFile(
        path.name, "refused", None, "file_unreadable", reason, "Look at its rights, and send it again."
    )
