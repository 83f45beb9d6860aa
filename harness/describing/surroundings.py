"""What a process is given in which a target is imported to be described: what its run will have."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.stand_ins.own_folder import moved_into
from harness.stand_ins.packages import stand_in_for


@dataclass(frozen=True)
class Surroundings:
    """Modules that something stands in for, what is set in the environment, whether it works in a folder of its own."""

    stand_ins: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    own_folder: bool = False

    def question(self) -> dict[str, Any]:
        """They as JSON has them, of which `within` makes them again; the environment is set from outside."""
        return {key: value for key, value in asdict(self).items() if key != "environment"}

    @contextlib.contextmanager
    def within(self) -> Iterator[None]:
        """For a while this process is so; what it writes to a folder of its own is thrown away."""
        stand_in_for(self.stand_ins)
        if not self.own_folder:
            yield
            return
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, moved_into(Path(folder)):
            yield
