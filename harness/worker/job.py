"""What a judged process is told: one run of one config, everything already at the scale of its world."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from synthetic.exchange.wire_faults import WireFaults
from synthetic.faults.kinds import Faults
from synthetic.instrument import Instrument
from synthetic.recipe import FeedRecipe

JOB_FILE = "job.json"

DATA_FOLDER = "data"
"""Where in the folder of a run its target writes."""

REHEARSAL_FOLDER = "rehearsal"
"""Where in the folder of a run the target of the rehearsal writes; gone when the run is measured."""


_LATER = ("stand_ins", "own_folder", "venue", "active_symbols", "wire_faults")


@dataclass(frozen=True, kw_only=True)
class Job(FeedRecipe):
    """One run: its feed and all else. Times in seconds, memory in real bytes, the rate and the parameters as scaled.

    `baseline_bytes` is 0 where a run starts at what its process takes, without a ballast.
    """

    config: str
    real_time: bool
    factory: str
    params: dict[str, Any]
    horizon_s: float
    warmup_s: float
    run_on_s: float
    settle_s: float
    cycle_s: float
    sample_every_s: float
    stall_s: float
    memory_scale: float
    baseline_bytes: int
    limit_bytes: int
    anatomy_every_s: float = 1800.0
    starts: int = 1
    code: list[str] = field(default_factory=list)  # folders that go first on the path
    interpreter: str = ""  # the one that starts the process, where it is not this one
    site: str = ""  # where that one's packages lie
    not_from: str = ""  # the working tree of whose files others are meant
    env: dict[str, str] = field(default_factory=dict)
    stand_ins: tuple[str, ...] = ()
    own_folder: bool = False
    venue: str = ""  # of the exchange that the feed goes to, on a wire
    active_symbols: int = 0  # of that exchange; 0 for all
    wire_faults: WireFaults | None = None

    def identity(self) -> dict[str, Any]:
        """Which run this is and in what world, as run.json tells it."""
        return {
            "config": self.config,
            "seed": self.seed,
            "memory_scale": self.memory_scale,
            "baseline_bytes": self.baseline_bytes,
            "limit_bytes": self.limit_bytes,
            "clock": "real" if self.real_time else "virtual",
            "env": self.env,
            **({"stand_ins": list(self.stand_ins)} if self.stand_ins else {}),
            **({"venue": self.venue} if self.venue else {}),
        }

    def reads_all_at(self, t_s: float) -> bool:
        """Whether all memory is read, and walked, at the sample at `t_s` under feed.

        That is every anatomy_every_s, and at the horizon; what is read before the feed is apart.
        """
        at_horizon = abs(t_s - self.horizon_s) < self.sample_every_s / 2
        return t_s > 0 and (at_horizon or t_s % self.anatomy_every_s < self.sample_every_s)

    def text(self) -> str:
        """The job as job.json holds it: a key that came later is left out where it says nothing."""
        told = {key: value for key, value in asdict(self).items() if value or key not in _LATER}
        return json.dumps(told, indent=1) + "\n"

    def write(self, folder: Path) -> None:
        """Write job.json into the run's folder."""
        (folder / JOB_FILE).write_text(self.text(), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Job:
        """The job of a run's folder."""
        return cls.of(json.loads((folder / JOB_FILE).read_text(encoding="utf-8")))

    @classmethod
    def of(cls, fields: dict[str, Any]) -> Job:
        """The job of what its text says."""
        fields = {**fields}
        fields["instruments"] = tuple(Instrument(**instrument) for instrument in fields["instruments"])
        if fields["faults"] is not None:
            fields["faults"] = Faults(**fields["faults"])
        if fields.get("wire_faults") is not None:
            fields["wire_faults"] = WireFaults(**fields["wire_faults"])
        fields["stand_ins"] = tuple(fields.get("stand_ins", ()))
        return cls(**fields)
