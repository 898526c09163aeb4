"""Reconstructions of images: tiles, the magnified detail, values that are not finite."""

from __future__ import annotations

import numpy as np

from inrbench.report.data.load import load
from inrbench.report.data.reconstructions import Reconstructions, reconstructions
from inrbench.report.figures.images import ERRORS, ceiling, detail, draw, tiles
from tests.report.laboratory import Lab, drawn


def found(lab: Lab) -> Reconstructions:
    suite = load(lab.store)
    stored = reconstructions(suite, suite.tasks[0], "camera")
    assert stored is not None
    return stored


def test_the_error_is_the_mean_absolute_one_over_channels(lab: Lab) -> None:
    truth = lab.image(3)
    lab.truth("image", "camera", truth)
    lab.arrays(lab.job("siren"), truth + np.array([0.1, 0.2, 0.6]))
    first, second = tiles(found(lab))
    assert (first.label, first.error) == ("truth", None)
    assert (second.label, second.score) == ("SIREN", "30.00 dB")
    assert second.error is not None
    np.testing.assert_allclose(second.error, np.full(truth.shape[:2], 0.3), atol=1e-6)


def test_many_methods_wrap_and_values_that_are_not_finite_are_drawn(lab: Lab) -> None:
    truth = lab.image(1)
    lab.truth("image", "camera", truth)
    for index in range(9):
        lab.arrays(lab.job(f"m{index}", 30.0 + index), np.full_like(truth, np.nan) if index == 3 else truth)
    figure = drawn(draw(found(lab)))
    canvas, _bar = figure.axes  # the colour bar has the place of the error of the truth
    assert len(canvas.images) == 3 * 10 - 1
    figure.draw_without_rendering()


def test_the_detail_is_the_window_with_the_finest_structure() -> None:
    y, x, height, width = detail(Lab.image(1)[..., 0])
    assert (height, width) == (6, 8)
    assert y < 9
    assert x > 14


def test_errors_are_drawn_up_to_the_end_of_the_colour_bar(lab: Lab) -> None:
    truth = lab.image(1)
    lab.truth("image", "camera", truth)
    for index in range(5):  # two rows of tiles
        lab.arrays(lab.job(f"m{index}"), truth + 0.1)
    stored = found(lab)
    canvas, bar = drawn(draw(stored)).axes
    most = ceiling(tiles(stored))
    assert 0.1 < most < 0.2
    assert bar.get_xticks()[-1] == most
    errors = [image for image in canvas.images if image.get_cmap().name == ERRORS]
    assert len(errors) == 5
    assert {image.norm.vmax for image in errors} == {most}
