"""A recorded soak whose claims are judged anew: what a CI is told of each ending."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.result import Result
from harness.analysis.verdict.control_record import Check, ControlRecord
from tests.unit.anatomy_soak import write_result

HOSTILE = (
    "</td><script>x</script>|\n::error::boo\r##[error]`$a$` **b** [c](http://d.e) @f #1 www.g.h <!-- \u202e\x1b[2J]]>"
)

HOLDS = Check("nothing kept", "range of RSS", "0.06%", "at most 1%", True)
FAILS = Check("real time", "slope of RSS against virtual time", "+4.10%", "± 3%", False)

Judged = Callable[..., Result]


@pytest.fixture
def folder(write_scenario) -> Path:
    """A result of two runs of `old` and of `fixed`, in which live bytes of both leak."""
    return write_result(write_scenario(('factory = "dummy_target:build"', 'factory = "harness.null_target:build"')))


@pytest.fixture
def judged(folder: Path) -> Judged:
    """Judges that result by other claims: each is a table with what differs from a claim on the peak of `fixed`."""

    def judge(*claims: dict[str, Any]) -> Result:
        scenario = Result.open(folder).scenario
        first = scenario.claims[1].model_copy(update={"configs": ("fixed",)})
        claimed = tuple(
            first.model_copy(update={"name": f"claim {place}", **table}) for place, table in enumerate(claims)
        )
        return Result(folder, scenario=scenario.model_copy(update={"claims": claimed}))

    return judge


@pytest.fixture
def record() -> ControlRecord:
    """Two checks of controls, one of which fails."""
    return ControlRecord("example", 0.1, True, 0.2, (HOLDS, FAILS))
