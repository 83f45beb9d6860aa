"""What a worker is told: jobs that are compared and go to one machine, as text that holds nothing but plain data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from harness.worker.job import Job


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """Jobs for one machine, `at_once` at a time, which together hold at most `need_bytes`.

    `token` names this handing out, `topic` what is told of it. `required` must be the same there (`conditions`), and
    what is `needed`, files and folders of code by their paths, must have these digests. `shared` is the folder,
    on every machine, in which runs are recorded; None: each worker has one of its own.
    """

    token: str
    topic: str
    jobs: tuple[Job, ...]
    at_once: int
    need_bytes: int
    required: Mapping[str, Any]
    needed: Mapping[str, str] = field(default_factory=dict)
    shared: str | None = None

    def text(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, text: str) -> Parcel:
        """Return what `text` wrote down."""
        fields = json.loads(text)
        return cls(**{**fields, "jobs": tuple(map(Job.of, fields["jobs"]))})


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a parcel ended there: all jobs ended somehow; or `refused`, or `failed` (a full disk), with the reason."""

    refused: str | None = None
    failed: str | None = None
    idle_rss_bytes: Mapping[str, int] | None = None
    """By the place of the job: of those whose idle process was larger than their baseline."""

    def text(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, text: str) -> Ended:
        """Return what `text` wrote down."""
        return cls(**json.loads(text))
