"""What the structures that the note names hold, on walks that were written down by hand."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from harness.analysis.metrics import structures
from harness.analysis.metrics.catalogue import METRICS
from harness.analysis.runs import Run, Runs
from harness.analysis.tables import OWNER_COLUMNS

PIPELINES = "ml_feature_pipeline.pipelines[*]"
SNAPSHOTS = f"{PIPELINES}.orderbook_extractor.snapshot_history[*].bids[*]"
OBJECTS = f"{PIPELINES}.orderbook_extractor.snapshot_history[*]"
CANDLES = f"{PIPELINES}.indicator_extractor.candle_history[*]"
LABELS, METADATA = "ml_data_collector.label_buffers[*][*]", "ml_data_collector.metadata_buffers[*][*]"
OTHER = "detector.history_of_snapshots[*]"


def walked(run: Run, walks: list[dict[str, float]]) -> Run:
    """The same run, with a walk every half an hour; MB at full scale by path."""
    rows = [
        {"t_s": 1800.0 * number, "step": "load", "path": path, "symbol": "", "bytes": mb * 1e6 * run.memory_scale}
        for number, walk in enumerate(walks)
        for path, mb in walk.items()
    ]
    return dataclasses.replace(run, owners=pd.DataFrame(rows).assign(se=0.0)[list(OWNER_COLUMNS)])


@pytest.fixture
def judged(make_run, make_scenario):
    def make(walks: list[dict[str, float]], config: str = "old") -> Run:
        run = make_run([5] * 4, every_s=1800, config=config)
        return walked(run, walks).under(make_scenario())

    return make


def test_the_most_that_a_structure_held_with_all_that_hangs_on_it(judged) -> None:
    run = judged([{SNAPSHOTS: 0.0}, {SNAPSHOTS: 40.0, OBJECTS: 5.0, OTHER: 100.0}, {SNAPSHOTS: 30.0}])
    assert structures.most_mb(*structures.SNAPSHOTS)(run).value == pytest.approx(45)
    assert structures.most_mb(*structures.CANDLES)(run).lack == "not applicable"


def test_labels_and_metadata_are_told_together(judged) -> None:
    run = judged([{LABELS: 10.0, METADATA: 20.0}, {LABELS: 15.0, METADATA: 1.0}])
    assert METRICS["named.records_mb"].read(run).value == pytest.approx(30)


def test_the_share_of_the_growth_is_that_where_live_bytes_were_highest(judged) -> None:
    start = {SNAPSHOTS: 10.0, OTHER: 5.0}
    highest = {SNAPSHOTS: 100.0, CANDLES: 0.0, OTHER: 15.0}
    later = {SNAPSHOTS: 60.0, OTHER: 16.0}
    assert structures.growth_share(judged([start, highest, later])).value == pytest.approx(90 / 100)


def test_without_walks_growth_or_structures_there_is_no_share(judged, make_run, make_scenario) -> None:
    plain = make_run([5, 6]).under(make_scenario())
    for read in (structures.growth_share, structures.most_mb("candle_history")):
        assert read(plain).reason == "old was not walked for owners"
    assert structures.growth_share(judged([{OTHER: 1.0}, {OTHER: 2.0}])).lack == "not applicable"
    assert structures.growth_share(judged([{SNAPSHOTS: 2.0}, {SNAPSHOTS: 2.0}])).lack == "not applicable"


def test_half_the_histories_is_half(judged) -> None:
    runs = [judged([{SNAPSHOTS: 60.0, CANDLES: 4.0}]), judged([{SNAPSHOTS: 30.0, CANDLES: 2.0}], config="fixed")]
    found = METRICS["named.histories_reduction"].compute(Runs(("old", "fixed"), runs), ("old", "fixed"))
    assert found.estimate == pytest.approx(0.5)
