"""Targets for tests: parameters of every kind that a scenario may meet, a free table, one without scale."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le

from harness.scaling import RATE, STOCK
from harness.target import Environment


@dataclass(frozen=True, slots=True)
class Parameters:
    max_samples: Annotated[int, Ge(1), Le(10_000_000), STOCK]
    threshold_mb: Annotated[float, Gt(0), Le(1e9), STOCK] = 8000.0
    leak_mb_per_hour: Annotated[float, Ge(0), RATE] = 0.0
    cleanup_interval_cycles: Annotated[int, Ge(1)] = 1000
    cache_limit: Annotated[int, Ge(1), STOCK] | None = None
    queue_limit: Annotated[int | None, Ge(1), STOCK] = None
    legacy: bool = True
    mode: Literal["fast", "safe"] = "fast"
    windows: tuple[int, ...] = (5, 20)
    labels: list[str] = field(default_factory=list)
    store: Path = Path("store")
    share: int | str = 0

    def __post_init__(self) -> None:
        if self.mode == "safe" and self.legacy:
            raise ValueError("safe mode has no legacy format")
        if self.cache_limit is not None and self.cache_limit < 2 <= self.max_samples:
            raise ValueError("cache_limit must be at least 2")


def build(params: Parameters, environment: Environment) -> object:
    return params


def build_from_table(params: dict[str, Any], environment: Environment) -> object:
    return params


def build_unscalable(params: dict[str, Any], environment: Environment) -> object:
    return params


build_unscalable.honours_scale = False  # type: ignore[attr-defined]

NOT_CALLABLE = 3
