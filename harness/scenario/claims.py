"""What a scenario claims: a metric, the band it is expected in, and who says so."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from annotated_types import Ge, Le, Len
from pydantic import BeforeValidator, Strict, model_validator

from harness.scenario.refusals import Refusal
from harness.scenario.settings import Line, Paragraph, Settings


def _open_end(value: object) -> object:
    if isinstance(value, str) and value != "open":
        raise ValueError('must be a number or "open"')
    return None if value == "open" else value


End = Annotated[Annotated[float, Ge(-1e12), Le(1e12)] | None, BeforeValidator(_open_end)]


class Claim(Settings):
    """An expectation: a metric of one config or of a pair, the band it is expected in, and who says so.

    `expected` is (low, high) in the metric's unit, None for an open end; `tolerance` widens the band at closed ends.
    `better` is the side on which a value outside is exceeded, not missed. `known` marks a strict expected failure, with
    its `reason`; `not_testable` says why the model cannot reach this claim by construction; `note`, how it is read.
    """

    name: Line
    metric: Line
    configs: Annotated[tuple[str, ...], Len(1, 2), Strict(False)]
    expected: Annotated[tuple[End, End], Strict(False)]
    better: Literal["higher", "lower", "neither"]
    kind: Literal["construction", "calibration", "prediction"]
    source: Line
    tolerance: Annotated[float, Ge(0), Le(1e12)] | None = None
    known: Literal["missed"] | None = None
    reason: Paragraph | None = None
    not_testable: Paragraph | None = None
    note: Paragraph | None = None

    @property
    def band(self) -> tuple[float | None, float | None]:
        """The expected range as it is judged: widened by the tolerance, None for an open end."""
        low, high = self.expected
        slack = self.tolerance or 0.0
        return (None if low is None else low - slack, None if high is None else high + slack)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        low, high = self.expected
        written = ["open" if end is None else end for end in self.expected]
        if low is None and high is None:
            raise Refusal("expected", written, "must be closed at one end at least")
        if low is not None and high is not None and low > high:
            raise Refusal("expected", written, "must be [low, high] with low at most high")
        if low == high and self.tolerance is None:
            exact = "where low is high, `tolerance` must say how near counts (0 for exactly)"
            raise Refusal("expected", written, exact)
        if len(set(self.configs)) < len(self.configs):
            raise Refusal("configs", self.configs, "must be two different configs")
        if self.known and not (self.reason and self.reason.strip()):
            raise Refusal("reason", self.reason or "", "must say why the claim is a known miss")
        if self.reason is not None and not self.known:
            raise Refusal("reason", self.reason, 'belongs to a known miss: write known = "missed" too')
        if self.known and self.not_testable:
            raise Refusal("known", self.known, "a claim that is not testable cannot be missed: keep one of the two")
        return self
