"""What children hold, command by command: the last reading stands, the mean over seeds, few commands by name."""

from __future__ import annotations

import numpy as np

from harness.analysis.drawn.children_by_command import OTHERS, children_course
from tests.unit.analysis.conftest import with_children


def test_each_command_stands_until_it_is_read_again_and_is_the_mean_of_the_seeds(make_run) -> None:
    runs = [
        with_children(make_run([5, 6, 7, 8], seed=1), [600.0, 1200.0], {"writer": [1.0, 2.0], "helper": [0.5, 0.5]}),
        with_children(make_run([5, 6, 7, 8], seed=2), [600.0], {"writer": [3.0]}),
        make_run([5, 6, 7, 8], seed=3),
    ]
    course = children_course(runs, every_s=600, most=4)
    assert course is not None
    assert (3600 * course.hours).round().tolist() == [0, 600, 1200, 1800]
    assert list(course.commands) == ["writer", "helper"]
    np.testing.assert_allclose(course.commands["writer"], [0, 2, 2.5, 2.5])
    np.testing.assert_allclose(course.commands["helper"], [0, 0.25, 0.25, 0.25])


def test_what_has_no_room_stands_together(make_run) -> None:
    held = {f"job {number}": [float(number)] for number in range(1, 5)}
    course = children_course([with_children(make_run([5, 6]), [600.0], held)], every_s=600, most=2)
    assert course is not None
    assert {name: gb[-1] for name, gb in course.commands.items()} == {"job 4": 4.0, "job 3": 3.0, OTHERS: 3.0}


def test_there_is_no_course_without_children(make_run) -> None:
    assert children_course([make_run([5, 6])], every_s=600, most=2) is None
