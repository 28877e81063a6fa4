"""The error-correcting code: 64 payload bits to 528 code signs, and back from soft values or not at all."""

import hashlib
import hmac
from typing import Final

import numpy as np
from numpy.typing import NDArray

PAYLOAD_BITS: Final = 64
CHECKSUM_BITS: Final = 24
MESSAGE_BITS: Final = PAYLOAD_BITS + CHECKSUM_BITS
ZERO_BITS: Final = 14
"""The last bits of a payload that can be decoded are zero: as many as the encoder's register remembers."""

# The (15, 1/6) code of the Cassini and Mars Pathfinder telemetry (JPL), in octal. Its free distance is 56,
# which a test recomputes. Every generator has its first and last tap set, so that the four branches of a
# butterfly are one metric and its negation.
GENERATORS: Final = (0o46321, 0o51271, 0o63667, 0o70535, 0o73277, 0o76513)
CONSTRAINT: Final = 15
RATE: Final = len(GENERATORS)
CODE_SIGNS: Final = MESSAGE_BITS * RATE

_MEMORY: Final = CONSTRAINT - 1
_STATES: Final = 1 << _MEMORY
_HALF: Final = _STATES // 2
_IMPOSSIBLE: Final = -1e9


def checksum(key: bytes, payload: int) -> int:
    """Return the 24 leading bits of the payload's HMAC-SHA-256."""
    digest = hmac.digest(key, payload.to_bytes(PAYLOAD_BITS // 8, "big"), hashlib.sha256)
    return int.from_bytes(digest[: CHECKSUM_BITS // 8], "big")


def encode(key: bytes, payload: int) -> NDArray[np.float32]:
    """Return the 528 signs (+1 for a 0 bit, -1 for a 1 bit) of a payload and its checksum.

    The code is tail-biting: the register starts with the last bits of the message, so that no bit is spent on
    a tail and every position is protected alike.
    """
    if not 0 <= payload < 1 << PAYLOAD_BITS:
        raise ValueError(f"a payload has {PAYLOAD_BITS} bits")
    message = payload << CHECKSUM_BITS | checksum(key, payload)
    register = message & (_STATES - 1)
    signs = np.empty((MESSAGE_BITS, RATE), np.float32)
    for step in range(MESSAGE_BITS):
        bit = message >> (MESSAGE_BITS - 1 - step) & 1
        register = (register << 1 | bit) & (2 * _STATES - 1)
        signs[step] = [1 - 2 * ((register & generator).bit_count() & 1) for generator in GENERATORS]
    return signs.reshape(-1)


def encode_all(key: bytes, payloads: list[int]) -> NDArray[np.int8]:
    """Return the signs of many payloads, payloads × 528."""
    messages = [payload << CHECKSUM_BITS | checksum(key, payload) for payload in payloads]
    packed = b"".join(message.to_bytes(MESSAGE_BITS // 8, "big") for message in messages)
    bits = np.unpackbits(np.frombuffer(packed, np.uint8).reshape(-1, MESSAGE_BITS // 8), axis=1)
    round_ = np.concatenate((bits[:, -_MEMORY:], bits), axis=1)
    parities = np.zeros((len(payloads), MESSAGE_BITS, RATE), np.uint8)
    for number, generator in enumerate(GENERATORS):
        for delay in range(CONSTRAINT):
            if generator >> delay & 1:
                parities[..., number] ^= round_[:, _MEMORY - delay : _MEMORY - delay + MESSAGE_BITS]
    return 1 - 2 * parities.reshape(-1, CODE_SIGNS).astype(np.int8)


class Decoder:
    """The soft Viterbi decoder of the tail-biting code; threads may share it."""

    def __init__(self) -> None:
        registers = np.arange(_HALF, dtype=np.uint16) << np.uint16(1)
        parities = [np.bitwise_count(registers & np.uint16(generator)) & 1 for generator in GENERATORS]
        weights = 1 << np.arange(RATE)
        # Index, of 64 possible outputs, of the branch that shifts a 0 into each state whose oldest bit is 0.
        self._output = np.stack(parities, axis=1).astype(np.intp) @ weights
        self._signs = (1 - 2 * (np.arange(1 << RATE)[:, None] >> np.arange(RATE) & 1)).astype(np.float32)

    def decode(self, key: bytes, soft: NDArray[np.float32]) -> int | None:
        """Return the payload of 528 soft signs, or None where the checksum denies it.

        The circle is cut behind the payload's zeros, where the register is empty: so the likeliest of all
        payloads that end in them is found in one round.
        """
        rows = np.roll(soft.reshape(MESSAGE_BITS, RATE), -PAYLOAD_BITS, axis=0)
        decisions = self._walk(rows)
        state = 0
        turned = 0
        for step in range(MESSAGE_BITS - 1, -1, -1):
            turned |= (state & 1) << (MESSAGE_BITS - 1 - step)
            state = state >> 1 | int(decisions[step, state]) << (_MEMORY - 1)
        told, payload = turned >> PAYLOAD_BITS, turned & ((1 << PAYLOAD_BITS) - 1)
        return payload if told == checksum(key, payload) else None

    def _walk(self, soft: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Return per step and state whether the better predecessor has its oldest bit set."""
        branches = np.ascontiguousarray(self._signs @ soft.T).T
        metrics = np.full(_STATES, _IMPOSSIBLE, np.float32)
        metrics[0] = 0
        following = np.empty_like(metrics)
        decisions = np.empty((MESSAGE_BITS, _STATES), np.bool_)
        branch, kept, turned = (np.empty(_HALF, np.float32) for _ in range(3))
        for step in range(MESSAGE_BITS):
            np.take(branches[step], self._output, out=branch, mode="clip")
            old_clear, old_set = metrics[:_HALF], metrics[_HALF:]
            for bit in (0, 1):
                if bit == 0:
                    np.add(old_clear, branch, out=kept)
                    np.subtract(old_set, branch, out=turned)
                else:
                    np.subtract(old_clear, branch, out=kept)
                    np.add(old_set, branch, out=turned)
                np.maximum(kept, turned, out=following[bit::2])
                np.greater(turned, kept, out=decisions[step, bit::2])
            metrics, following = following, metrics
        return decisions
