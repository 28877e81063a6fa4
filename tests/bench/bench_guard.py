"""Prints how long the shield takes from a read, by tool, and how many frames a recording gets.

`python -m tests.bench.bench_guard [ROUNDS]`. The sentinel's own time runs from the arrival of the record
datum to the server's word that the shield is mapped. Seen from outside, in the frame buffer, is when the
screen was black compared with the end of the tool: below zero it was black before the tool had finished.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.protection.stage import Guard, Screen, Window, protected_pixels, wait_until
from tests.protection.test_tools import TOOLS, command_of

ROUNDS = 20


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


def main() -> None:
    """Measure every tool in a display of its own."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    print(f"{'tool':<16}{'median ms':>11}{'p95 ms':>9}{'worst ms':>10}{'black after its end':>21}")
    everything: list[float] = []
    for tool in TOOLS:
        with tempfile.TemporaryDirectory() as folder:
            screen = Screen(Path(folder))
            window = Window(screen)
            guard = Guard(screen.environment).until_live()
            try:
                guard.protect(window.region())
                pairs = [measure(tool, screen, window, guard) for _ in range(rounds)]
            finally:
                guard.stop()
                window.close()
                screen.close()
        own = sorted(pair[0] for pair in pairs)
        everything += own
        p95 = own[min(len(own) - 1, int(0.95 * len(own)))]
        outer = statistics.median(pair[1] for pair in pairs)
        print(f"{tool:<16}{statistics.median(own):>11.2f}{p95:>9.2f}{own[-1]:>10.2f}{outer:>21.2f}")
    everything.sort()
    p95 = everything[int(0.95 * len(everything))]
    print(f"{'all':<16}{statistics.median(everything):>11.2f}{p95:>9.2f}{everything[-1]:>10.2f}")
    for rate in (5, 25, 60):
        with tempfile.TemporaryDirectory() as folder:
            screen = Screen(Path(folder))
            window = Window(screen)
            guard = Guard(screen.environment).until_live()
            try:
                guard.protect(window.region())
                frames, leaked = record(screen, rate)
            finally:
                guard.stop()
                window.close()
                screen.close()
        print(f"recording at {rate} frames/s: {leaked} of {frames} frames show protected pixels")


if __name__ == "__main__":
    main()
