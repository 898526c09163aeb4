"""One network in this process, with the numbers of the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import inrbench
from inrbench.activations.siren import Siren
from inrbench.bench.errors import BadInput
from inrbench.tasks.image import Image

SMALL = {"tasks.image.size": 16}


def tiny(signal: object = "camera", activation: object = "siren", **settings: object) -> inrbench.Fit:
    small = {"steps": 5, "width": 8, "depth": 2, "set": SMALL, "progress": False}
    return inrbench.fit(signal, activation, **{**small, **settings})  # type: ignore[arg-type]


def suite(train: dict[str, object], task: str = "image", **entry: object) -> dict[str, object]:
    return {
        "suite": "s", "repeats": 2, "model": {"width": 8, "depth": 2}, "train": train,
        "tasks": {task: entry}, "activations": {"siren": {"omega0": 12.0}},
    }  # fmt: skip


@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=pytest.mark.needs_compiler)])
def test_it_is_the_job_of_a_suite_bit_for_bit(compiled: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INRBENCH_COMPILE", "1" if compiled else "0")
    entry = {"signals": ["camera"], "size": 16, "factor": 2}
    whole = inrbench.run(
        suite({"steps": 7, "lr": 0.002}, "superres", **entry), results=tmp_path, keep_weights=True, progress=False
    )
    stored = whole.job("siren", repeat=1)
    task = {"task": "superres", "size": 16, "factor": 2}
    found = inrbench.fit(
        "camera", Siren(omega0=12.0), task, steps=7, lr=0.002, width=8, depth=2, repeat=1, progress=False
    )
    assert stored["engine"].startswith("mlp") is compiled
    assert found.job_id == stored["job_id"]
    assert found.score == stored["value"]
    scores = whole.scores[whole.scores["job_id"] == found.job_id]
    for name in ("loss", "psnr", "ssim"):
        assert found.history[name].tolist() == scores[scores["metric"] == name]["value"].tolist()
    assert np.array_equal(found.reconstruction, whole.reconstruction("siren", repeat=1))
    assert np.array_equal(found.truth, whole.truth(repeat=1))
    theirs = whole.network("siren", repeat=1).state_dict()
    assert all(torch.equal(value, theirs[name]) for name, value in found.network.state_dict().items())


def test_the_network_is_the_one_that_was_scored() -> None:
    found = tiny(steps=30)
    values = found.network(inrbench.grid_coords((16, 16))).detach().reshape(16, 16, 1).numpy()
    np.testing.assert_allclose(values, found.reconstruction, atol=1e-5)
    assert found.history["loss"].iloc[-1] < found.history["loss"].iloc[0]
    assert found.scores["loss"] == found.history["loss"].iloc[-1]
    assert found.render(32).shape == (32, 32, 1)
    assert repr(found).startswith("Fit of siren to camera: ")


def test_an_array_a_file_of_it_and_a_name_are_the_same_signal(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).random((16, 16), np.float32)
    np.save(tmp_path / "array.npy", picture)
    by_array, by_file = tiny(picture), tiny(tmp_path / "array.npy")
    assert by_array.job_id == by_file.job_id
    assert by_array.scores == by_file.scores
    np.testing.assert_allclose(by_array.truth[..., 0], picture, atol=1e-6)


def test_a_sound_is_an_array_of_one_axis() -> None:
    wave = np.sin(np.linspace(0, 40, 600)).astype(np.float32)
    found = tiny(wave, task={"task": "audio", "samples": 400}, set={})
    assert found.reconstruction.shape == (400, 1)


def test_it_leaves_the_process_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    with torch.no_grad():  # of the caller: the training has gradients all the same
        tiny()
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)
    assert float(torch.tensor(1e-39) * 1) != 0
    assert capfd.readouterr() == ("", "")


def test_progress_is_on_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    tiny(progress=True)
    output = capfd.readouterr()
    assert output.out == ""
    assert "[1/1] image · camera · SIREN" in output.err


def test_tasks_are_names_instances_and_mappings() -> None:
    ids = {
        tiny(task=task, set=set_).job_id
        for task, set_ in (("image", SMALL), (Image(size=16), {}), ({"task": "image", "size": 16}, {}))
    }
    assert len(ids) == 1


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"signal": "camel"}, "did you mean 'camera'"),
        ({"activation": "sirene"}, "did you mean 'siren'"),
        ({"activation": "siren[omega0=1,2]"}, "these settings give 2; use inrbench.run"),
        ({"task": "imag"}, "did you mean 'image'"),
        ({"steps": 0}, "train.steps: 0 is out of range"),
        ({"set": {"train.lr": object()}}, "set: train.lr: Object of type object"),
        ({"device": "cpu*2"}, "name one device"),
        ({"signal": np.zeros((3, 3, 3, 3, 3))}, "has the shape"),
    ],
)
def test_a_wrong_argument_is_one_line(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(BadInput, match=says) as error:
        tiny(**wrong)
    assert "\n" not in str(error.value)


def test_a_training_that_diverges_is_a_warning() -> None:
    with pytest.warns(UserWarning, match="training diverged: loss"):
        found = tiny(activation="siren", lr=1e30, steps=20)
    assert not np.isfinite(found.scores["loss"])
