"""Training that had not converged: the fall over the last fifth, the runs that are not asked, the majority."""

from __future__ import annotations

import json

import pytest

from inrbench.report.data.converged import converged, counts, still_falling
from tests.report.laboratory import Lab


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ({10: 1.0, 80: 0.1, 100: 0.0801}, True),
        ({10: 1.0, 80: 0.1, 100: 0.08}, False),
        # A power law through the stored points: at step 80 it is 0.1 * 0.8 ** -e.
        ({10: 5.0, 100: 1.0}, True),
        ({10: 100.0, 100: 1.0}, False),
        ({10: 1.0, 80: 9e-7, 100: 9e-8}, True),
        ({10: 1.0, 80: 0.1, 100: 0.2}, True),
        ({10: 0.0, 100: 1.0}, True),
        ({90: 1.0, 100: 0.1}, None),
        ({100: 0.1}, None),
    ],
)
def test_a_run_is_asked_for_its_fall_over_the_last_fifth(
    lab: Lab, losses: dict[int, float], expected: bool | None
) -> None:
    lab.job("siren", losses=losses)
    (method,) = lab.task().activations
    assert converged(method.runs[0]) is expected


def test_runs_that_failed_or_ended_at_a_loss_are_not_asked(lab: Lab) -> None:
    falling = {10: 1.0, 80: 0.1, 100: 0.01}
    lab.job("siren", losses=falling, status="diverged")
    lab.job("siren", losses=falling, repeat=1)
    lab.job("gauss", losses=falling, train=json.dumps({"steps": 500, "stop_loss": 0.011}))
    methods = {method.key: method for method in lab.task().activations}
    assert [converged(run) for run in methods["siren"].runs] == [None, False]
    assert counts(methods["siren"]) == (1, 1)
    assert counts(methods["gauss"]) == (0, 0)


@pytest.mark.parametrize(("falling", "runs", "marked"), [(1, 2, False), (2, 3, True), (0, 1, False), (1, 1, True)])
def test_a_method_is_marked_by_more_than_half_of_its_runs(lab: Lab, falling: int, runs: int, marked: bool) -> None:
    for repeat in range(runs):
        lab.job("siren", repeat=repeat, losses={10: 1.0, 80: 0.1, 100: 0.01 if repeat < falling else 0.1})
    (method,) = lab.task().activations
    assert still_falling(method) is marked


def test_a_classical_method_is_never_marked(lab: Lab) -> None:
    lab.job("siren")
    lab.job("tv", 25.0, kind="baseline")
    (method,) = lab.task().baselines
    assert not still_falling(method)
