"""Stored reconstructions: the first good repeat of each method, of the shape of the truth."""

from __future__ import annotations

import numpy as np

from inrbench.report.data.load import load
from inrbench.report.data.reconstructions import reconstructions, title
from tests.report.laboratory import Lab


def test_a_method_without_a_fitting_array_is_left_out(lab: Lab) -> None:
    truth = lab.image(3)
    lab.truth("image", "camera", truth)
    lab.arrays(lab.job("siren"), truth)
    lab.job("relu")
    lab.arrays(lab.job("gauss"), truth[:4])
    lab.arrays(lab.job("tv", kind="baseline", label="tv"), truth)
    suite = load(lab.store)
    found = reconstructions(suite, suite.tasks[0], "camera")
    assert found is not None
    np.testing.assert_array_equal(found.truth, truth.astype(np.float64))
    assert [(item.label, item.score) for item in found.estimates] == [("SIREN", "30.00 dB"), ("TV", "30.00 dB")]


def test_the_first_repeat_that_ended_well_is_taken(lab: Lab) -> None:
    lab.truth("image", "camera", np.zeros((8, 8, 1)))
    lab.job("siren", status="oom")
    for repeat in (1, 2):
        lab.arrays(lab.job("siren", repeat=repeat), np.full((8, 8, 1), float(repeat)))
    suite = load(lab.store)
    found = reconstructions(suite, suite.tasks[0], "camera")
    assert found is not None
    assert [item.values.max() for item in found.estimates] == [1.0]


def test_a_signal_without_stored_arrays_has_no_reconstructions(lab: Lab) -> None:
    lab.job("siren")
    suite = load(lab.store)
    assert reconstructions(suite, suite.tasks[0], "camera") is None


def test_a_long_label_takes_at_most_three_lines() -> None:
    text = title("bw-relu[" + ",".join(f"parameter{index}=1.0" for index in range(9)) + "]", "30.00 dB", 1.4)
    *lines, score = text.split("\n")
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert score == "30.00 dB"
    assert title("SIREN", "30.00 dB", 1.4) == "SIREN\n30.00 dB"
