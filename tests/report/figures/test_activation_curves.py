"""Curves of the activation functions: one panel for each activation and its parameters."""

from __future__ import annotations

import json

import numpy as np

from inrbench.report.data.load import load
from inrbench.report.figures.activation_curves import draw
from tests.report.laboratory import Lab, drawn, styles

Z = np.linspace(-3, 3, 61)


def test_equal_activations_share_a_panel_and_variants_have_their_own(lab: Lab) -> None:
    for repeat in range(2):
        lab.arrays(lab.job("siren", repeat=repeat), Z, curve_z=Z, curve=np.sin(30 * Z))
    variant = lab.job("siren[omega0=5]", label="SIREN 5", activation_params=json.dumps({"omega0": 5.0}))
    lab.arrays(variant, Z, curve_z=Z, curve=np.sin(5 * Z), curve_imag=np.cos(5 * Z))
    suite = load(lab.store)
    axes = [axis for axis in drawn(draw(suite, styles(*suite.tasks))).axes if axis.get_visible()]
    assert [axis.get_title().strip() for axis in axes] == ["SIREN\nω₀ = 30", "SIREN 5\nω₀ = 5"]
    curves = [[line for line in axis.get_lines() if len(np.asarray(line.get_ydata())) == 61] for axis in axes]
    assert [len(lines) for lines in curves] == [1, 2]
    np.testing.assert_allclose(np.asarray(curves[1][1].get_ydata()), np.cos(5 * Z))


def test_without_stored_curves_there_is_no_figure(lab: Lab) -> None:
    lab.arrays(lab.job("siren"), Z)
    lab.arrays(lab.job("relu"), Z, curve_z=Z, curve=Z[:5])
    suite = load(lab.store)
    assert draw(suite, styles(*suite.tasks)) is None
