"""Reconstructions of volumes: central slices with the outline of the truth."""

from __future__ import annotations

import numpy as np

from inrbench.report.data.reconstructions import Reconstruction, Reconstructions
from inrbench.report.figures.volumes import draw
from tests.report.laboratory import drawn


def test_three_slices_of_the_truth_and_of_each_method_with_an_outline() -> None:
    truth = np.zeros((8, 8, 8, 1))
    truth[2:6, 2:6, 2:6] = 1.0
    figure = drawn(draw(Reconstructions(truth, (Reconstruction("siren", "SIREN", "0.9", truth * 0.8),))))
    titles = [axis.get_title() for axis in figure.axes if axis.get_title()]
    assert titles == ["truth\n ", "SIREN\n0.9"]
    outlined = [len(axis.collections) for axis in figure.axes]
    assert outlined == [0, 0, 0, 1, 1, 1]
    slices = [np.asarray(axis.images[0].get_array()) for axis in figure.axes[3:]]
    for plane in slices:
        np.testing.assert_allclose(plane, 0.8 * truth[4, ..., 0])


def test_a_signed_distance_has_its_outline_at_zero_and_two_colours() -> None:
    x, y, z = np.indices((8, 8, 8)) - 3.5
    truth = (np.sqrt(x**2 + y**2 + z**2) - 2.2)[..., None]
    figure = drawn(draw(Reconstructions(truth, (Reconstruction("siren", "SIREN", "0.01", truth + 0.1),))))
    assert [len(axis.collections) for axis in figure.axes] == [0, 0, 0, 1, 1, 1]
    for axis in figure.axes:
        low, high = axis.images[0].get_clim()
        assert low == -high == -np.abs(truth).max()
    (segments,) = figure.axes[3].collections[0].get_paths()
    radii = np.linalg.norm(np.asarray(segments.vertices) - 3.5, axis=1)
    np.testing.assert_allclose(radii, np.sqrt(2.2**2 - 0.5**2), atol=0.1)


def test_a_clip_in_colour_has_no_outline() -> None:
    clip = np.random.default_rng(0).random((6, 8, 10, 3))
    figure = drawn(draw(Reconstructions(clip, (Reconstruction("siren", "SIREN", "20 dB", clip + 2),))))
    assert not any(axis.collections for axis in figure.axes)
    np.testing.assert_allclose(np.asarray(figure.axes[0].images[0].get_array()), clip[3])
    assert np.asarray(figure.axes[3].images[0].get_array()).max() == 1
