"""Random numbers that are a pure function of (seed, symbol, purpose, counter), in integers only.

A stream has no state: the draw of counter n is a hash of the stream's key and n. So nothing depends on how the market
is cut into blocks or in which order symbols are drawn, and a symbol's draws never move when another symbol is added.
Integer arithmetic gives the same bits on every machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

U64 = NDArray[np.uint64]
U32 = NDArray[np.uint32]
I64 = NDArray[np.int64]

_WEYL = np.uint64(0x9E3779B97F4A7C15)
_MIX_A = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B = np.uint64(0x94D049BB133111EB)
# Multipliers of the "lowbias32" hash, found by C. Wellons' search.
_LOW_A = np.uint32(0x7FEB352D)
_LOW_B = np.uint32(0x846CA68B)
_LANE = np.uint64(0xFFFF)


def stream_keys(seed: int, purpose: str, names: Iterable[str]) -> U64:
    """One 64-bit key per name, shape (names,)."""
    digests = (hashlib.blake2b(f"{seed}/{purpose}/{name}".encode(), digest_size=8).digest() for name in names)
    return np.array([int.from_bytes(digest, "little") for digest in digests], dtype=np.uint64)


def draw64(keys: U64, counters: I64 | U64) -> U64:
    """64 uniform bits per pair of key and counter, broadcast (the splitmix64 generator, addressed by its counter)."""
    bits = counters.astype(np.uint64)
    bits *= _WEYL
    bits = bits + keys
    bits ^= bits >> np.uint64(30)
    bits *= _MIX_A
    bits ^= bits >> np.uint64(27)
    bits *= _MIX_B
    bits ^= bits >> np.uint64(31)
    return bits


def stir32(words: U32, scratch: U32) -> None:
    """Hash 32-bit words in place, just enough: low bits of the result are good, and another hash follows."""
    words *= _LOW_A
    np.right_shift(words, 15, out=scratch)
    words ^= scratch


def settle32(words: U32, scratch: U32) -> None:
    """Hash stirred 32-bit words in place; the upper half of the result is good."""
    stir32(words, scratch)
    words *= _LOW_B


def bell(bits: U64) -> I64:
    """A nearly normal integer from 64 uniform bits: the sum of four 16-bit lanes, mean 0, deviation BELL_SD."""
    total = (bits & _LANE) + ((bits >> np.uint64(16)) & _LANE)
    total += (bits >> np.uint64(32)) & _LANE
    total += bits >> np.uint64(48)
    return total.astype(np.int64) - 131070


BELL_SD = 37837  # sqrt(4 x (2^32 - 1) / 12)
