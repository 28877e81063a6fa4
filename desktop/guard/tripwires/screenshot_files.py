"""New files in the folders that capture tools write into: by their names only, they are never opened."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from platformdirs import user_desktop_path, user_pictures_path, user_videos_path
from watchdog.events import DirCreatedEvent, FileCreatedEvent, FileMovedEvent, FileSystemEvent
from watchdog.events import FileSystemEventHandler as Handler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from ..events import Culprit
from ..findings import IMAGE_FILE, Absent, Finding
from ..lookout import Bell
from ..process_names import describe_process
from ..process_table import holders

SUFFIXES = frozenset(
    {
        *(".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif", ".jxl", ".heic"),
        *(".ppm", ".xwd", ".mp4", ".webm", ".mkv", ".avi", ".mov", ".ogv", ".m4v"),
    }
)
# Whatever appears here was made by a capture tool; elsewhere its name must say so.
DEDICATED = ("screenshots", "screencasts", "bildschirmfotos")
NAMED = re.compile(
    r"screen.?(shot|cast|record|grab)|scrot|bildschirm(foto|aufnahme)|captur|schermata|schermafdruk|"
    r"zrzut ekranu|sk[äa]rmbild|snímek obrazovky|képernyő|снимок экрана|スクリーンショット|截图|截屏|"
    r"^\d{4}-\d\d-\d\d[_ -]\d\d[-.:]\d\d",
    re.IGNORECASE,
)
LIKELY = 0.8
# Each tool's own configuration under ~/.config, and the keys that name a folder.
CONFIGURED = {
    "spectaclerc": ("imageSaveLocation", "videoSaveLocation", "defaultSaveLocation"),
    "flameshot/flameshot.ini": ("savePath",),
    "ksnip/ksnip.conf": ("SaveDirectory",),
    "xfce4/xfce4-screenshooter": ("screenshot_dir",),
}
LONGEST_CONFIGURATION = 1 << 20
# A file is created, written, renamed: it is told of once.
ONCE_S = 10.0


class ScreenshotFiles:
    """Watches the folders, and looks who has a new file open while it is still being written."""

    name = "new files in folders for screenshots"

    def __init__(self, folders: Callable[[], Iterable[Path]]) -> None:
        """Watch what `folders` names each time that it begins; those that are not there are left out."""
        self._folders = folders
        self._told: dict[Path, float] = {}

    async def listen(self, bell: Bell) -> None:
        """Tell of new files, for as long as the folders can be watched."""
        loop, arrived = asyncio.get_running_loop(), asyncio.Queue[Path]()
        observer = Observer()
        handler = _Arrivals(observer, lambda path: loop.call_soon_threadsafe(arrived.put_nowait, path))
        folders = await asyncio.to_thread(self._there)
        if not folders:
            raise Absent("There are no folders for screenshots here.")
        try:
            for folder in sorted(folders):
                observer.schedule(handler, str(folder))
            observer.start()
            bell.hears()
            while True:
                await self._tell(await _all_of(arrived), bell)
        finally:
            running = observer.is_alive()
            observer.stop()
            if running:
                await asyncio.to_thread(observer.join)

    def _there(self) -> set[Path]:
        return {folder.resolve() for folder in self._folders() if folder.is_dir()}

    async def _tell(self, paths: set[Path], bell: Bell) -> None:
        now = time.monotonic()
        self._told = {path: at for path, at in self._told.items() if now - at < ONCE_S}
        new = {path for path in paths if is_capture(path) and path not in self._told}
        if not new or not bell.armed:
            return
        self._told |= dict.fromkeys(new, now)
        writers = await asyncio.to_thread(_writers, new)
        for path in sorted(new):
            culprit = writers.get(path, Culprit(name="An unknown program"))
            if culprit.pid != os.getpid():
                bell.ring(Finding(IMAGE_FILE, culprit._replace(script=path.name), LIKELY))


def is_capture(path: Path) -> bool:
    """Say whether a new file looks like one that a capture tool has made."""
    if path.suffix.lower() not in SUFFIXES or path.name.startswith("."):
        return False
    return path.parent.name.lower() in DEDICATED or NAMED.search(path.name) is not None


def screenshot_folders(home: Path, configuration: Path) -> Iterator[Path]:
    """Yield where capture tools put what they make, whether it is there or not."""
    pictures, videos = user_pictures_path(), user_videos_path()
    yield from (home, user_desktop_path(), pictures, videos, pictures / "Screenshots", videos / "Screencasts")
    for file, keys in CONFIGURED.items():
        with suppress(OSError), (configuration / file).open("rb") as opened:
            text = opened.read(LONGEST_CONFIGURATION).decode(errors="replace")
            yield from configured(text, keys)


def configured(text: str, keys: Iterable[str]) -> Iterator[Path]:
    """Yield the folders that a tool's configuration names under these keys, as paths or as addresses."""
    for line in text.splitlines():
        key, _, value = line.partition("=")
        if key.strip() in keys:
            with suppress(ValueError):
                value = value.strip().strip('"')
                path = Path(unquote(urlsplit(value).path) if value.startswith("file:") else value)
                if path.is_absolute() and "\0" not in str(path):
                    yield path


class _Arrivals(Handler):
    """Passes on what has come, from the observer's own thread; follows folders for screenshots that come."""

    def __init__(self, observer: BaseObserver, arrived: Callable[[Path], object]) -> None:
        self._observer = observer
        self._arrived = arrived

    def on_any_event(self, event: FileSystemEvent) -> None:
        if isinstance(event, FileCreatedEvent):
            self._arrived(Path(os.fsdecode(event.src_path)))
        elif isinstance(event, FileMovedEvent):
            self._arrived(Path(os.fsdecode(event.dest_path)))
        elif isinstance(event, DirCreatedEvent):
            folder = Path(os.fsdecode(event.src_path))
            if folder.name.lower() in DEDICATED:
                with suppress(OSError):  # gone again
                    self._observer.schedule(self, str(folder))
                    for path in folder.iterdir():
                        self._arrived(path)


async def _all_of(queue: asyncio.Queue[Path]) -> set[Path]:
    """Wait for one, and take what has come with it."""
    taken = {await queue.get()}
    while not queue.empty():
        taken.add(queue.get_nowait())
    return taken


def _writers(paths: Iterable[Path]) -> dict[Path, Culprit]:
    wanted = {str(path) for path in paths}
    return {Path(path): describe_process(pid) for pid, path in holders(wanted.__contains__)}
