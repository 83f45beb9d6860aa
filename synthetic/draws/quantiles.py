"""Quantile tables of the market's distributions, made once, from integers: no C library has a say in them."""

from __future__ import annotations

from functools import cache
from math import isqrt

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]

ONE = 1 << 16  # the fixed point of multipliers
_BITS = 96  # working precision of the exact powers of two


@cache
def _root_powers() -> tuple[int, ...]:
    """2^(i/1024) for i in 0..1023, scaled by 2^_BITS."""
    root = 2 << _BITS
    for _ in range(10):
        root = isqrt(root << _BITS)
    powers = [1 << _BITS]
    for _ in range(1023):
        powers.append(powers[-1] * root >> _BITS)
    return tuple(powers)


def power_of_two(exponent_1024: int) -> int:
    """2^(exponent / 1024), scaled by ONE and rounded down."""
    whole, part = divmod(exponent_1024, 1024)
    shift = _BITS - 16 - whole
    power = _root_powers()[part]
    return power >> shift if shift >= 0 else power << -shift


@cache
def _bell_ladder() -> tuple[tuple[int, ...], int]:
    """The cumulative counts of 4,096 fair coins, whose number of heads is normal to four digits, and their total."""
    coins = 4096
    ways, total, cumulated = 1, 0, []
    for heads in range(coins + 1):
        total += ways
        cumulated.append(total)
        ways = ways * (coins - heads) // (heads + 1)
    return tuple(cumulated), total


@cache
def normal_quantiles(count: int) -> tuple[int, ...]:
    """The standard normal's quantiles at (i + 1/2) / count, in 1024ths."""
    cumulated, total = _bell_ladder()
    quantiles = []
    heads = 0
    for index in range(count):
        wanted = total * (2 * index + 1) // (2 * count)
        while cumulated[heads] < wanted:
            heads += 1
        below = cumulated[heads - 1]
        part = 32 * (wanted - below) // (cumulated[heads] - below)
        quantiles.append((heads - 2048) * 32 - 16 + part)  # 32 heads are one standard deviation: 1024 / 32 each
    return tuple(quantiles)


def log2_1024(value: int, of: int) -> int:
    """log2(value / of) in 1024ths, rounded down; both positive."""
    whole, scaled = 0, (value << _BITS) // of
    while scaled < 1 << _BITS:
        scaled, whole = scaled << 1, whole - 1
    while scaled >= 2 << _BITS:
        scaled, whole = scaled >> 1, whole + 1
    part = 0  # the fraction, bit by bit: squaring doubles a logarithm
    for _ in range(10):
        scaled = scaled * scaled >> _BITS
        bit = scaled >> (_BITS + 1)
        scaled >>= bit
        part = part << 1 | bit
    return whole * 1024 + part


@cache
def exponential_quantiles(count: int) -> tuple[int, ...]:
    """-log2 of (count - i - 1/2) / count, in 1024ths: the quantiles of an exponential of mean 1 / ln 2."""
    return tuple(-log2_1024(2 * (count - index) - 1, 2 * count) for index in range(count))


def lognormal(count: int, sd_log2_1024: int, median: int) -> I64:
    """Quantiles of a lognormal in whole units, at least 1, shape (count,); `sd_log2_1024` is sd of log2 in 1024ths."""
    powers = (power_of_two(z * sd_log2_1024 // 1024) for z in normal_quantiles(count))
    return np.array([max(1, median * power >> 16) for power in powers], dtype=np.int64)


def pareto(count: int, tail_100: int, smallest: int, largest: int) -> I64:
    """Quantiles of a Pareto of tail exponent `tail_100` / 100 in whole units, cut off at `largest`, shape (count,)."""
    powers = (power_of_two(e * 100 // tail_100) for e in exponential_quantiles(count))
    return np.array([min(largest, smallest * power >> 16) for power in powers], dtype=np.int64)


def multipliers(count: int, sd_log2_1024: int) -> NDArray[np.uint64]:
    """Lognormal multipliers scaled by ONE whose mean over the table is ONE, shape (count,)."""
    powers = [power_of_two(z * sd_log2_1024 // 1024) for z in normal_quantiles(count)]
    return np.array([power * count * ONE // sum(powers) for power in powers], dtype=np.uint64)
