"""Reconstructions of one-dimensional signals: the excerpt, curves that diverge."""

from __future__ import annotations

import numpy as np
import pytest

from inrbench.report.data.reconstructions import Reconstruction, Reconstructions
from inrbench.report.figures.signals_1d import EXCERPT, draw, excerpt
from tests.report.laboratory import drawn


@pytest.mark.parametrize("samples", [50, 2400])
def test_a_curve_that_diverges_is_drawn_and_cut_off(samples: int) -> None:
    truth = np.sin(np.linspace(0, 9, samples))[:, None]
    values = {"far": truth * 1e30, "nan": np.full_like(truth, np.nan), "good": truth}
    figure = drawn(draw(Reconstructions(truth, tuple(Reconstruction(k, k, " ", v) for k, v in values.items())), {}))
    figure.draw_without_rendering()
    assert all(axis.get_ylim()[1] < 2 for axis in figure.axes if axis.get_yscale() == "linear")
    assert len({axis.get_ylim() for axis in figure.axes if axis.get_yscale() == "log"}) == 1


def test_the_excerpt_is_where_the_signal_moves_most() -> None:
    wave = np.zeros(5000)
    wave[3000:3300] = np.sin(np.arange(300))
    assert 3300 - EXCERPT <= excerpt(wave) <= 3000
    assert excerpt(np.zeros(5000)) == 0
    assert excerpt(np.zeros(10)) == 0
