"""What a scenario file is read as, for tests: its contents, or the one line that says what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import UsageError
from harness.scenario import Scenario, load

WriteScenario = Callable[..., Path]


def contents(scenario: Scenario) -> dict[str, Any]:
    return scenario.model_dump(exclude={"name", "path"})


def error_of(reference: str, **arguments: Any) -> str:
    with pytest.raises(UsageError) as caught:
        load(reference, **arguments)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)
