"""What one file may cost before it is refused."""

from dataclasses import dataclass
from typing import Final

LARGEST_ANSWER: Final = 256 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """A decoding child's share: bytes of address space beyond the fork server's own, and seconds.

    The wall clock is longer than the processor time, so that a busy machine does not change the answer.
    """

    memory: int = 1 << 30
    cpu_seconds: int = 20
    wall_seconds: float = 30
