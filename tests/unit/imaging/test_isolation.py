"""One bad file costs one child, and its answer has a name."""

import os
import signal
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from local_server.imaging.answer import Garbled, read_decoded, read_tiles, write_refused
from local_server.imaging.isolation import (
    Decoder,
    DecoderGone,
    Ending,
    ForkedChildren,
    SpawnedChildren,
)
from local_server.imaging.limits import Limits
from local_server.imaging.models import Decoded, Refused
from tests.support.pictures import decode, encoded, noise


@pytest.fixture
def own_decoder() -> Iterator[Decoder]:
    """Return a decoder for one test alone."""
    decoder = Decoder()
    yield decoder
    decoder.close()


def _fork_server() -> psutil.Process:
    (process,) = [
        child
        for child in psutil.Process().children()
        if "local_server.imaging.fork_server" in child.cmdline() and child.create_time() > time.time() - 60
    ][-1:]
    return process


def test_modules_of_the_working_directory_are_not_loaded(
    own_decoder: Decoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("PIL", "json", "struct"):
        (tmp_path / f"{module}.py").write_text("raise SystemExit(9)\n")
    monkeypatch.chdir(tmp_path)
    assert isinstance(decode(own_decoder, encoded(noise(32, 24))), Decoded)


def test_a_child_that_never_ends_is_killed() -> None:
    children = ForkedChildren(Limits(wall_seconds=0.3))
    never_written, writer = os.pipe()
    try:
        ending = children.run("decode", never_written, os.memfd_create("answer"))
    finally:
        children.close()
        os.close(never_written)
        os.close(writer)
    assert ending.timed_out
    assert ending.exit == -signal.SIGKILL


def test_a_picture_that_needs_too_much_memory_is_refused() -> None:
    decoder = Decoder(ForkedChildren(Limits(memory=24 << 20)))
    try:
        answers = [decode(decoder, encoded(noise(4000, 3000), "BMP")) for _ in range(2)]
        small = decode(decoder, encoded(noise(200, 100), "BMP"))
    finally:
        decoder.close()
    assert isinstance(answers[0], Refused)
    assert answers[0].code == "too_much_memory"
    assert answers[0] == answers[1]
    assert isinstance(small, Decoded), "the next file is not concerned"


def test_a_decoder_whose_server_is_killed_says_so_and_works_again(own_decoder: Decoder) -> None:
    content = encoded(noise(50, 50))
    assert isinstance(decode(own_decoder, content), Decoded)
    _fork_server().kill()
    with pytest.raises(DecoderGone):
        decode(own_decoder, content)
    assert isinstance(decode(own_decoder, content), Decoded)


def test_children_get_no_environment_and_leave_no_process(own_decoder: Decoder) -> None:
    before = set(psutil.Process().children(recursive=True))
    decode(own_decoder, encoded(noise(50, 50)))
    started = [child for child in psutil.Process().children(recursive=True) if child not in before]
    assert [child.name().startswith("python") for child in started] == [True]
    assert set(started[0].environ()) == {"PYTHONPATH"}
    own_decoder.close()
    assert not started[0].is_running()


def test_without_forks_each_file_has_an_interpreter_of_its_own() -> None:
    decoder = Decoder(SpawnedChildren(Limits()))
    assert isinstance(decode(decoder, encoded(noise(50, 50), "JPEG")), Decoded)
    refused = decode(decoder, b"no picture")
    assert isinstance(refused, Refused)
    assert refused.code == "not_a_picture"


class _EndsLike:
    """Children that end as a decoder's bug would have them end."""

    def __init__(self, ending: Ending, answer: bytes = b"") -> None:
        self._ending = ending
        self._answer = answer

    def run(self, task: str, source: int, sink: int) -> Ending:
        """Answer and end."""
        os.write(sink, self._answer)
        return self._ending

    def close(self) -> None:
        """Nothing to end."""


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        (Ending(-signal.SIGSEGV, timed_out=False, cpu_seconds=0, peak_bytes=0), "crashed_decoder"),
        (Ending(-signal.SIGABRT, timed_out=False, cpu_seconds=0, peak_bytes=0), "crashed_decoder"),
        (Ending(-signal.SIGXCPU, timed_out=False, cpu_seconds=0, peak_bytes=0), "took_too_long"),
        (Ending(-signal.SIGKILL, timed_out=True, cpu_seconds=0, peak_bytes=0), "took_too_long"),
        (Ending(-signal.SIGKILL, timed_out=False, cpu_seconds=0, peak_bytes=0), "too_much_memory"),
        (Ending(1, timed_out=False, cpu_seconds=0, peak_bytes=0), "crashed_decoder"),
        (Ending(0, timed_out=False, cpu_seconds=0, peak_bytes=0), "crashed_decoder"),
    ],
)
def test_every_ending_has_an_answer(ending: Ending, code: str) -> None:
    answer = decode(Decoder(_EndsLike(ending)), b"x")
    assert isinstance(answer, Refused)
    assert answer.code == code


@given(
    st.binary(max_size=300) | st.binary(max_size=100).map(lambda rest: struct.pack("<I", len(rest)) + rest)
)
def test_a_child_that_was_taken_over_cannot_say_anything_but_an_answer(content: bytes) -> None:
    for read in (read_decoded, read_tiles):
        with pytest.raises(Garbled):
            read(content)


def test_a_refusal_travels() -> None:
    refused = Refused("damaged", "The picture is damaged.")
    assert read_decoded(write_refused(refused)) == refused
    assert read_tiles(write_refused(refused)) == refused


def test_the_source_is_read_from_its_start_and_stays_open(own_decoder: Decoder) -> None:
    source = os.memfd_create("picture")
    try:
        os.write(source, encoded(Image.new("RGB", (9, 9))))
        assert isinstance(own_decoder.decode(source), Decoded)
        assert isinstance(own_decoder.decode(source), Decoded)
    finally:
        os.close(source)
