"""The other marks that the table sets ours beside, installed in an environment of their own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from PIL import Image

from tests.support.leaks import Pixels

NAMES: Final = ("blind-watermark", "invisible-watermark")
PAYLOAD: Final = [int(bit) for bit in f"{0x9D5C13F08A62E7B4:064b}"]
# The second wants torch for a method that is not measured here, so it is installed without what it asks for.
_NEEDED: Final = ("blind-watermark==0.4.4", "opencv-python-headless", "PyWavelets", "pillow")
_ALONE: Final = "invisible-watermark==0.2.0"


class Peers:
    """A process in a throw-away environment; nothing of it enters this project's."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        home = Path(self._folder.name)
        subprocess.run([sys.executable, "-m", "venv", str(home / "venv")], check=True)
        python = str(home / "venv" / "bin" / "python")
        for wanted in (_NEEDED, ("--no-deps", _ALONE)):
            subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)
        self._process = subprocess.Popen(
            [python, str(Path(__file__).with_name("mark_peer.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._source, self._target = home / "source.png", home / "target.png"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()
        self._folder.cleanup()

    def embed(self, peer: str, pixels: Pixels) -> tuple[Pixels, float]:
        """Return marked pixels, and what it took in seconds."""
        answer = self._ask(peer, pixels, target=str(self._target), bits=PAYLOAD)
        with Image.open(self._target) as opened:
            return np.asarray(opened.convert("RGB")), float(answer["seconds"])

    def read(self, peer: str, pixels: Pixels) -> tuple[list[int] | None, float]:
        """Return the bits that are read, if any are, and what it took in seconds."""
        answer = self._ask(peer, pixels, count=len(PAYLOAD))
        return answer.get("bits"), float(answer["seconds"])

    def _ask(self, peer: str, pixels: Pixels, **asked: object) -> dict[str, Any]:
        Image.fromarray(pixels).save(self._source, compress_level=1)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(
            json.dumps({"peer": peer, "source": str(self._source), **asked}),
            file=self._process.stdin,
            flush=True,
        )
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer
