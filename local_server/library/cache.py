"""A bounded store of marked pictures, so that going back and forth does not mark them again."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """Something that knows how much memory it takes."""

    def __len__(self) -> int: ...


Value = TypeVar("Value", bound=Sized)


class Cache(Generic[Value]):
    """The values used last, up to a number of bytes; threads may share it."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = Lock()
        self.bytes = 0

    def get(self, key: Hashable) -> Value | None:
        """Return a value and count it as used."""
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def put(self, key: Hashable, value: Value) -> None:
        """Keep a value, at the cost of those that were not used for longest; one too large is not kept."""
        if len(value) > self._most_bytes:
            return
        with self._lock:
            before = self._values.pop(key, None)
            self.bytes += len(value) - (len(before) if before is not None else 0)
            self._values[key] = value
            while self.bytes > self._most_bytes:
                _, dropped = self._values.popitem(last=False)
                self.bytes -= len(dropped)
