"""The data of interactive figures: what the curves hold, and pictures, volumes and sounds that can be decoded."""

from __future__ import annotations

import base64
import io
import json
import wave
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inrbench.report.data.load import load
from inrbench.report.page import live as module
from inrbench.report.page.live import SIDE, VIEWS, live
from tests.report.laboratory import Array, Lab, styles


def made(lab: Lab) -> dict[str, Any]:
    suite = load(lab.store)
    found = live(suite, styles(*suite.tasks))
    json.dumps(found, allow_nan=False)
    figures: dict[str, Any] = found["figures"]
    return figures


def decoded(uri: str) -> Array:
    picture = Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1])))
    return np.asarray(picture.convert("RGB") if picture.mode == "P" else picture)


def test_curves_have_step_seconds_mean_and_interval(lab: Lab) -> None:
    for repeat in range(2):
        lab.job("siren", 30.0 + repeat, repeat=repeat)
    lab.job("bicubic", 20.0, kind="baseline", label="bicubic")
    figures = made(lab)
    plot = figures["convergence-image"]
    assert plot["lines"] == [{"label": "bicubic", "value": 20.0}]
    by_step, by_seconds = plot["series"]
    assert (by_step["axis"], by_seconds["axis"]) == ("step", "seconds")
    assert by_step["step"][-1] == 100
    assert by_step["seconds"][-1] == 12.5
    assert by_step["value"][-1] == 30.5
    assert by_step["half"][-1] == pytest.approx(12.7062 * 0.5, rel=1e-4)  # Student's t with one degree of freedom


def test_seconds_of_different_engines_are_never_averaged(lab: Lab) -> None:
    lab.job("siren", engine="mlp")
    lab.job("siren", repeat=1, engine="autograd")
    (first, *timed) = made(lab)["convergence-image"]["series"]
    assert set(first["seconds"]) == {None}
    assert len(timed) == 2
    assert sum("§" in item["note"] for item in timed) == 1


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_are_those_that_are_stored(lab: Lab, channels: int) -> None:
    truth = lab.image(channels)
    lab.truth("image", "camera", truth)
    lab.arrays(lab.job("siren"), truth * 0.5)
    viewer = made(lab)["reconstructions-image-camera"]
    (tile,) = viewer["tiles"]
    assert (tile["method"], tile["label"], tile["score"]) == (0, "SIREN", "30.00 dB")
    expected = truth[..., 0] if channels == 1 else truth
    np.testing.assert_allclose(decoded(viewer["truth"]) / 255, np.clip(expected, 0, 1), atol=0.003)
    np.testing.assert_allclose(decoded(tile["image"]) / 255, np.clip(expected / 2, 0, 1), atol=0.003)
    assert decoded(tile["error"]).shape == (*truth.shape[:2], 3)


@pytest.mark.parametrize("signed", [False, True])
def test_a_volume_is_seen_from_all_sides(lab: Lab, signed: bool) -> None:
    z, y, x = np.mgrid[:16, :16, :16] - 7.5
    inside = (np.abs(z) < 6) & (np.abs(y) < 2) & (np.abs(x) < 6)
    values = (np.where(inside, -1.0, 1.0) if signed else inside.astype(float))[..., None]
    lab.truth("ct3d", "box", values)
    lab.arrays(lab.job("siren", task="ct3d", signal="box"), values)
    viewer = made(lab)["reconstructions-ct3d-box"]
    views = np.split(decoded(viewer["truth"]["turn"]), VIEWS, axis=1)
    wide, narrow = ((view > 40).any(axis=0).sum() for view in (views[0], views[VIEWS // 4]))
    assert wide > 2 * narrow  # a plate from its face and from its edge
    slices = decoded(viewer["truth"]["slices"])
    assert slices.shape == (16, 16 * VIEWS)
    assert slices[:, :16].max() == 0  # outside
    assert slices[:, 16 * VIEWS // 2 :].max() == 255
    assert max(views[0].shape) <= 2 * SIDE


def test_a_sound_has_the_samples_at_full_loudness(lab: Lab) -> None:
    truth = 0.1 * np.sin(np.arange(9000) / 20)[:, None]
    lab.truth("audio", "bach", truth)
    lab.arrays(lab.job("siren", task="audio", signal="bach"), truth / 2)
    viewer = made(lab)["reconstructions-audio-bach"]
    with wave.open(io.BytesIO(base64.b64decode(viewer["tiles"][0]["sound"].split(",")[1]))) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert len(samples) == 9000
    assert np.abs(samples).max() == pytest.approx(32767 / 2, rel=1e-3)


@pytest.mark.parametrize(("recorded", "played"), [(22050.0, 22050), (1000.0, 44100), (None, 44100)])
def test_a_sound_is_played_at_its_own_rate_where_browsers_can(lab: Lab, recorded: float | None, played: int) -> None:
    truth = np.sin(np.arange(9000) / 20)[:, None]
    lab.truth("audio", "bach", truth, **({} if recorded is None else {"rate": np.array(recorded)}))
    lab.arrays(lab.job("siren", task="audio", signal="bach"), truth)
    viewer = made(lab)["reconstructions-audio-bach"]
    assert (viewer["rate"], viewer["recorded"]) == (played, recorded)
    for sound in (viewer["truth"], viewer["tiles"][0]["sound"]):
        with wave.open(io.BytesIO(base64.b64decode(sound.split(",")[1]))) as file:
            assert file.getframerate() == played


def test_pictures_beyond_the_budget_stay_still(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    for task in ("image", "superres"):
        lab.truth(task, "camera", lab.image(1))
        lab.arrays(lab.job("siren", task=task), lab.image(1))
    size = len(json.dumps(made(lab)["reconstructions-image-camera"]))
    monkeypatch.setattr(module, "BUDGET", size)
    names = [name for name in made(lab) if name.startswith("reconstructions")]
    assert names == ["reconstructions-image-camera"]


def test_values_that_are_not_finite_reach_no_browser(lab: Lab) -> None:
    lab.truth("image", "camera", lab.image(1))
    lab.arrays(lab.job("siren", curve={0: 1.0, 1: np.nan, 10: 5.0, 100: 7.0}), np.full((24, 32, 1), np.nan))
    plot = made(lab)["convergence-image"]
    assert plot["series"][0]["value"] == [5.0, 7.0]
