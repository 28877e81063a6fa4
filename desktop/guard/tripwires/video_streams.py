"""Video streams of the screen in PipeWire: what compositors offer to recorders, and who takes it."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import NamedTuple

from ..events import Culprit
from ..findings import SCREEN_STREAM, VIRTUAL_CAMERA, Absent, Finding
from ..lookout import Bell
from ..process_names import describe_process

SOURCES = ("Video/Source", "Stream/Output/Video")
NODE, LINK, CLIENT = (f"PipeWire:Interface:{kind}" for kind in ("Node", "Link", "Client"))
LARGEST_DUMP = 32 << 20
PASSED_ON = ("XDG_RUNTIME_DIR", "PIPEWIRE_RUNTIME_DIR", "PIPEWIRE_REMOTE", "PATH", "HOME")
# The tool has no other way to learn that we have died.
WITH_US = ("setpriv", "--pdeathsig", "TERM")

Object = Mapping[str, object]


class Stream(NamedTuple):
    """Something that gives video, and its processes: those who take it, where nobody does who gives it."""

    kind: str
    name: str
    processes: tuple[int, ...]


class VideoStreams:
    """Follows the graph through `pw-dump`, which PipeWire brings along."""

    name = "video streams of the screen"

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Take the environment that names PipeWire's socket."""
        self._environment = environment

    async def listen(self, bell: Bell) -> None:
        """Tell what streams stand until PipeWire is gone."""
        command = _command(self._environment)
        known = {name: self._environment[name] for name in PASSED_ON if name in self._environment}
        process = await asyncio.create_subprocess_exec(
            *command,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=known,
            limit=LARGEST_DUMP,
        )
        objects: dict[int, Object] = {}
        try:
            async for changed in _dumps(process):
                update(objects, changed)
                bell.stands([finding for stream in streams_of(objects) for finding in _findings(stream)])
                bell.hears()
        except (ValueError, RecursionError) as error:
            # Programs write much of the graph as they like.
            raise OSError(0, f"PipeWire's graph cannot be read ({error})") from error
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


def _command(environment: Mapping[str, str]) -> list[str]:
    """Return how to follow the graph; raises Absent where PipeWire is not, OSError where its tool is not."""
    folder = environment.get("PIPEWIRE_RUNTIME_DIR") or environment.get("XDG_RUNTIME_DIR")
    socket = environment.get("PIPEWIRE_REMOTE") or "pipewire-0"
    if folder is None or not (Path(folder) / socket).exists():
        raise Absent("PipeWire does not run here, so nobody records through it.")
    path = environment.get("PATH")
    tool = shutil.which("pw-dump", path=path)
    if tool is None:
        raise FileNotFoundError(0, "PipeWire runs, but its tool pw-dump is missing. Install pipewire-bin")
    keeper = shutil.which(WITH_US[0], path=path)
    return [*((keeper, *WITH_US[1:]) if keeper else ()), tool, "--monitor", "--no-colors"]


async def _dumps(process: asyncio.subprocess.Process) -> AsyncIterator[list[Object]]:
    """Yield one array after the other: each ends with a bracket that begins a line."""
    if process.stdout is None:
        raise TypeError("the tool was started without a pipe")
    text = bytearray()
    while line := await process.stdout.readline():
        text += line
        if len(text) > LARGEST_DUMP:
            raise OSError(0, "PipeWire's graph is too large to be followed")
        if line.rstrip() == b"]":
            yield [item for item in json.loads(text) if isinstance(item, dict)]
            text.clear()


def update(objects: MutableMapping[int, Object], changed: Iterable[Object]) -> None:
    """Take in what has changed: objects without information are gone."""
    for item in changed:
        identity = item.get("id")
        if not isinstance(identity, int):
            continue
        if item.get("info") is None:
            objects.pop(identity, None)
        else:
            objects[identity] = item


def _findings(stream: Stream) -> Iterator[Finding]:
    """Name who takes a stream; where nobody is known, the stream itself."""
    for pid in stream.processes:
        yield Finding(stream.kind, describe_process(pid))
    if not stream.processes:
        yield Finding(stream.kind, Culprit(name=stream.name or None))


def streams_of(objects: Mapping[int, Object]) -> list[Stream]:
    """Return the video of a graph that does not come from a camera."""
    takers: dict[int, list[object]] = {}
    for item in objects.values():
        info = _section(item, "info")
        output = info.get("output-node-id")
        if item.get("type") == LINK and isinstance(output, int):
            takers.setdefault(output, []).append(info.get("input-node-id"))
    found = []
    for identity, item in sorted(objects.items()):
        properties = _properties(item)
        if item.get("type") != NODE or properties.get("media.class") not in SOURCES or _is_camera(properties):
            continue
        processes = [_process(objects, node) for node in takers.get(identity, [])]
        kind = VIRTUAL_CAMERA if properties.get("media.role") == "Camera" else SCREEN_STREAM
        known = sorted({pid for pid in (processes or [_process(objects, identity)]) if pid})
        found.append(Stream(kind, str(properties.get("node.name", "")), tuple(known)))
    return found


def _is_camera(properties: Object) -> bool:
    return properties.get("device.api") in ("v4l2", "libcamera") or "api.v4l2.path" in properties


def _process(objects: Mapping[int, Object], node: object) -> int | None:
    """Return the process of a node's client, as the kernel told it to PipeWire."""
    client = _properties(objects.get(node, {})).get("client.id") if isinstance(node, int) else None
    owner = objects.get(client, {}) if isinstance(client, int) else {}
    pid = _properties(owner).get("pipewire.sec.pid")
    return pid if isinstance(pid, int) else None


def _properties(item: Object) -> Object:
    return _section(_section(item, "info"), "props")


def _section(item: Object, key: str) -> Object:
    value = item.get(key)
    return value if isinstance(value, dict) else {}
