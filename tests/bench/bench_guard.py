"""Prints how long the shield takes from a read, by tool, how many frames a recording gets, what sealed holds.

`python -m tests.bench.bench_guard [ROUNDS]`. The sentinel's own time runs from the arrival of the record
datum to the server's word that the shield is mapped. Seen from outside, in the frame buffer, is when the
screen was black compared with the end of the tool: below zero it was black before the tool had finished.
At `sealed` every tool is run again: from its first sign to the shield, and how many files hold protected
pixels. At last the sentinel's share of a processor, by what it protects.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from tests.protection.stage import (
    PROGRAMS,
    Guard,
    Screen,
    Window,
    pixels_of,
    protected_pixels,
    running,
    wait_until,
)
from tests.protection.test_tools import TOOLS, command_of, python, root_of

ROUNDS = 20
SHARE_S = 5.0


def measure(tool: str, screen: Screen, window: Window, guard: Guard) -> tuple[float, float]:
    """Return the sentinel's own milliseconds and those from the tool's end to a black frame buffer."""
    wait_until(lambda: screen.shown() == window.area, "the picture is shown")
    guard.events.clear()
    log = subprocess.DEVNULL
    process = subprocess.Popen(
        command_of(tool, screen, window), env=screen.environment, cwd=screen.folder, stdout=log, stderr=log
    )
    black = ended = 0.0
    while not (black and ended):
        if not black and screen.pixels()[window.rect.y + 5, window.rect.x + 5].sum() == 0:
            black = time.monotonic()
        if not ended and process.poll() is not None:
            ended = time.monotonic()
        if ended and time.monotonic() - ended > 5.0:
            raise AssertionError(f"{tool} was not answered")
    wait_until(lambda: any(event.shield_ms is not None for event in guard.events), "the capture is reported")
    own = next(event.shield_ms for event in guard.events if event.shield_ms is not None)
    wait_until(guard.clear, "the picture is back")
    return own, 1000 * (black - ended)


def record(screen: Screen, rate: int) -> tuple[int, int]:
    """Record the screen; returns the frames written and those with protected pixels."""
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "x11grab", "-framerate", str(rate)]
    command += ["-video_size", "800x600", "-i", screen.name, "-frames:v", "60", "-fps_mode", "passthrough"]
    screen.run(*command, "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "recording.raw", timeout=120)
    frames = np.fromfile(screen.folder / "recording.raw", np.uint8).reshape(-1, 600, 800, 3)
    return len(frames), sum(1 for frame in frames if protected_pixels(frame))


@contextmanager
def stage(level: str) -> Iterator[tuple[Screen, Window, Guard]]:
    """Set up a display with a picture of this level and a sentinel."""
    with tempfile.TemporaryDirectory() as folder:
        screen = Screen(Path(folder))
        window = Window(screen)
        guard = Guard(screen.environment).until_live()
        try:
            guard.protect(window.region(level))
            yield screen, window, guard
        finally:
            guard.stop()
            window.close()
            screen.close()


def attack_sealed(command: Sequence[str], rounds: int) -> tuple[list[float], int]:
    """Return the milliseconds from the first sign to the shield, and how many files have pixels."""
    taken: list[float] = []
    files = 0
    with stage("sealed") as (screen, window, guard):
        filled = [part.format(window=window.id, root=root_of(screen)) for part in command]
        for _ in range(rounds):
            wait_until(guard.clear, "the picture may be shown", 60)
            wait_until(lambda: screen.shown() == window.area, "the picture is shown")
            guard.events.clear()
            process = subprocess.Popen(
                filled,
                env=screen.environment,
                cwd=screen.folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            if "memory" in filled:
                assert process.stdout is not None
                process.stdout.readline()
                wait_until(guard.clear, "what it opened at its start is forgotten", 60)
            process.communicate(b"\n")
            (file,) = screen.folder.glob("shot.*")
            files += holds_pixels(file)
            file.unlink()
            taken += [event.shield_ms for event in guard.events if event.shield_ms][:1]
    return taken, files


def holds_pixels(file: Path) -> bool:
    """Tell whether a captured file shows anything of the picture."""
    if file.suffix == ".png":
        with Image.open(file) as picture:
            return protected_pixels(np.asarray(picture.convert("RGB"))) > 0
    return protected_pixels(pixels_of(file.read_bytes())) > 0


def share_of_processor(level: str, *, busy: bool) -> float:
    """Return the sentinel's share of a processor in percent, alone or beside a program that draws."""
    with stage(level) as (screen, _, guard), ExitStack() as stack:
        if busy:
            stack.enter_context(running(sys.executable, str(PROGRAMS / "busy.py"), screen=screen))
        time.sleep(2)
        process = psutil.Process(guard.sentinel.pid)
        before, began = sum(process.cpu_times()[:2]), time.monotonic()
        time.sleep(SHARE_S)
        return 100 * (sum(process.cpu_times()[:2]) - before) / (time.monotonic() - began)


def measure_sealed(rounds: int) -> None:
    """Print what sealed holds, by tool."""
    print(f"\n{'sealed':<16}{'median ms':>11}{'worst ms':>10}{'files with pixels':>20}")
    commands = {tool: command for tool, (command, _, _) in TOOLS.items()}
    commands["no library"] = python("connect.py", "shot.raw", "file")
    commands["key by heart"] = python("connect.py", "shot.raw", "memory")
    for tool, command in commands.items():
        taken, files = attack_sealed(command, rounds)
        figures = f"{statistics.median(taken):>11.2f}{max(taken):>10.2f}" if taken else f"{'-':>11}{'-':>10}"
        print(f"{tool:<16}{figures}{f'{files} of {rounds}':>20}", flush=True)


def measure_shares() -> None:
    """Print what the sentinel costs."""
    for level in ("open", "guarded", "sealed"):
        quiet, busy = (share_of_processor(level, busy=busy) for busy in (False, True))
        print(f"processor at {level}: {quiet:.2f} %, beside a busy program {busy:.2f} %", flush=True)


def main() -> None:
    """Measure every tool in a display of its own."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    if "sealed" in sys.argv:
        measure_sealed(rounds)
        measure_shares()
        return
    measure_guarded(rounds)
    measure_sealed(rounds)
    measure_shares()


def measure_guarded(rounds: int) -> None:
    """Print how long the shield takes, and what a recording gets."""
    print(f"{'tool':<16}{'median ms':>11}{'p95 ms':>9}{'worst ms':>10}{'black after its end':>21}")
    everything: list[float] = []
    for tool in TOOLS:
        with stage("guarded") as (screen, window, guard):
            pairs = [measure(tool, screen, window, guard) for _ in range(rounds)]
        own = sorted(pair[0] for pair in pairs)
        everything += own
        p95 = own[min(len(own) - 1, int(0.95 * len(own)))]
        outer = statistics.median(pair[1] for pair in pairs)
        print(f"{tool:<16}{statistics.median(own):>11.2f}{p95:>9.2f}{own[-1]:>10.2f}{outer:>21.2f}")
    everything.sort()
    p95 = everything[int(0.95 * len(everything))]
    print(f"{'all':<16}{statistics.median(everything):>11.2f}{p95:>9.2f}{everything[-1]:>10.2f}")
    for rate in (5, 25, 60):
        with stage("guarded") as (screen, _, _):
            frames, leaked = record(screen, rate)
        print(f"recording at {rate} frames/s: {leaked} of {frames} frames show protected pixels")


if __name__ == "__main__":
    main()
