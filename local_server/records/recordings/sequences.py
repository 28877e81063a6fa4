"""Count what has arrived: the highest sequence below which nothing is missing, and what lies beyond a gap."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Arrived:
    """`contiguous` and everything below it is stored; `ahead` is stored too, after a gap."""

    contiguous: int = 0
    ahead: set[int] = field(default_factory=set)

    def __contains__(self, sequence: int) -> bool:
        return sequence <= self.contiguous or sequence in self.ahead

    def take(self, sequences: Iterable[int]) -> list[int]:
        """Note those that have arrived and return the new ones among them, each once."""
        new = []
        for sequence in sequences:
            if sequence not in self:
                self.ahead.add(sequence)
                new.append(sequence)
        while self.contiguous + 1 in self.ahead:
            self.contiguous += 1
            self.ahead.remove(self.contiguous)
        return new
