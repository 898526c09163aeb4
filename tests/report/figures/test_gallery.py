"""The gallery: the figures that the results allow, and captions that name the rest."""

from __future__ import annotations

import numpy as np
import pytest

from inrbench import report
from inrbench.report.data.load import load
from inrbench.report.figures import gallery
from inrbench.report.figures.gallery import GalleryEntry, entries
from inrbench.report.figures.style import styled
from tests.report.laboratory import Lab, styles


def shown(lab: Lab) -> dict[str, GalleryEntry]:
    suite = load(lab.store)
    with styled():
        return {entry.name: entry for entry in entries(suite, styles(*suite.tasks))}


def test_experiments_get_their_figures(studied: report.Report) -> None:
    names = {path.stem for path in (studied.folder / "figures").iterdir()}
    assert {"norm-ct", "spectral-function", "conditioning-function"} <= names
    assert {"reconstructions-function-sines", "convergence-ct", "cost-ct"} <= names
    assert not {"norm-function", "spectral-ct", "conditioning-ct"} & names


@pytest.mark.parametrize(
    ("shape", "content"),
    [
        ((64, 1), "truth in black"),
        ((2400, 1), "envelope"),
        ((8, 8, 8, 1), "slices"),
        ((8, 8, 1), "detail"),
        ((8, 8, 3), "detail"),
        ((16, 16, 2), ""),
        ((2, 2, 1), ""),
        ((3, 1), ""),
    ],
)
def test_the_shape_of_the_truth_decides_the_figure(lab: Lab, shape: tuple[int, ...], content: str) -> None:
    truth = np.random.default_rng(0).random(shape)
    lab.truth("image", "camera", truth)
    lab.arrays(lab.job("siren"), truth * 0.9)
    entry = shown(lab).get("reconstructions-image-camera")
    assert (entry is not None) == bool(content)
    if entry is not None:
        assert content in entry.caption
        entry.figure.draw_without_rendering()


def test_captions_explain_hollow_markers_of_another_engine(lab: Lab) -> None:
    for method in ("siren", "relu"):
        lab.job(method)
    assert not any("Hollow" in entry.caption for entry in shown(lab).values())
    lab.job("mfn", engine="autograd", label="MFN")
    found = shown(lab)
    for name in ("convergence-image", "cost-image"):
        assert found[name].caption.endswith(
            "Hollow markers: times of another engine, which do not compare "
            "(MFN: autograd; other methods: compiled MLP)."
        )


def test_of_very_many_the_best_and_the_first_are_drawn_and_the_rest_is_named(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery, "METHODS", 3)
    monkeypatch.setattr(gallery, "TASKS", 2)
    monkeypatch.setattr(gallery, "PICTURES", 2)
    truth = lab.image(1)
    for task in "abc":
        for signal in ("camera", "coins", "moon"):
            lab.truth(task, signal, truth)
            for level in range(5):
                lab.arrays(lab.job(f"m{level}", 20.0 + level, task=task, signal=signal), truth)
    found = shown(lab)
    wanted = {f"{kind}-{task}" for task in "ab" for kind in ("convergence", "cost", "reconstructions")}
    assert {name.removesuffix("-camera") for name in found} == {"overview", *wanted}
    curves = found["convergence-a"]
    assert [text.get_text() for text in curves.figure.legends[0].get_texts()] == ["m4", "m3", "m2"]
    assert "The 3 best of 5 methods" in curves.caption
    assert "2 more signals" in found["reconstructions-a-camera"].caption
    page = report.write(lab.store).index.read_text()
    assert "The first 2 tasks have figures" in page
    assert 'id="task-c"' in page
