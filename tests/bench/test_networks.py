"""Trained networks of stored results: built again to the bit, and drawn at any resolution."""

from __future__ import annotations

import io
import json
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import inrbench
from inrbench import grid_coords
from inrbench.bench import networks, results
from inrbench.bench.config import expand
from inrbench.bench.config.job import Job
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.strict_yaml import validated
from inrbench.bench.config.suite import Suite
from inrbench.bench.errors import BadInput
from inrbench.bench.machine.process_setup import as_in_a_worker
from inrbench.bench.store.store import Store
from inrbench.bench.training.run_job import execute
from tests.bench.command import Inrbench

PLUGINS = Plugins()
IMAGE = {"image": {"signals": ["camera"], "size": [10, 16]}}


def job(activation: str, tasks: dict[str, Any], model: dict[str, Any] | None = None, **train: Any) -> Job:
    values = {
        "suite": "s", "repeats": 1, "model": {"depth": 2, "width": 16, **(model or {})},
        "train": {"steps": 3, "lr": 1e-3, **train}, "tasks": tasks, "activations": {activation: {}},
    }  # fmt: skip
    return next(job for job in expand.jobs(validated(Suite, values, "s"), PLUGINS, "s") if job.activation)


def kept(store: Store, one: Job, threads: int = 1) -> np.ndarray[Any, Any]:
    """Run a job as a worker does, store it with its weights, and return its reconstruction."""
    outcome = as_in_a_worker(threads, lambda: execute(one, PLUGINS, torch.device("cpu"), keep_weights=True))
    assert outcome.status == "ok"
    store.save_weights(one.job_id, outcome.weights, outcome.blueprint)
    store.commit({**one.columns(), "metric": outcome.metric, "status": "ok", "attempt": 1}, outcome.scores)
    return np.asarray(outcome.arrays[one.job_id]["reconstruction"])


@pytest.mark.parametrize("activation", PLUGINS.activations.names())
def test_a_reloaded_network_gives_the_stored_reconstruction_bit_for_bit(activation: str, tmp_path: Path) -> None:
    store = Store(tmp_path, "s")
    one = job(activation, IMAGE)
    stored = kept(store, one)
    found = networks.trained(Store(tmp_path, "s"), one.job_id)
    assert np.array_equal(found.reconstruction(), stored)
    module = results.network(store.root, one.job_id[:10])
    assert isinstance(module, nn.Module)
    assert not module.training
    with torch.no_grad():
        plain = module(grid_coords((10, 16))).reshape(10, 16, 1)
    np.testing.assert_allclose(plain, stored, atol=2e-5)


@pytest.mark.parametrize(
    ("tasks", "model", "train", "environment"),
    [
        (IMAGE, {"output": "tanh"}, {}, {}),
        (IMAGE, {"width": None, "params": 900}, {}, {}),
        (IMAGE, {}, {"precision": "bf16"}, {}),
        (IMAGE, {}, {}, {"INRBENCH_COMPILE": "1"}),
        ({"mri": {"signals": ["mri-head"], "size": 16, "mask": "radial"}}, {}, {}, {}),
        ({"poisson": {"signals": ["camera"], "size": 16}}, {}, {}, {}),
        ({"occupancy": {"signals": ["csg"], "size": 8}}, {}, {}, {}),
        ({"audio": {"samples": 400}}, {}, {}, {}),
        ({"helmholtz": {}}, {}, {}, {}),
    ],
)
def test_so_it_does_for_other_tasks_sizes_and_engines(
    tasks: dict[str, Any], model: dict[str, Any], train: dict[str, Any], environment: dict[str, str],
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    store, one = Store(tmp_path, "s"), job("siren", tasks, model, **train)
    stored = kept(store, one, threads=2)
    assert np.array_equal(networks.trained(store, one.job_id).reconstruction(), stored)


def test_the_weights_of_a_run_say_what_builds_them(tiny: Path, tmp_path: Path, inrbench: Inrbench) -> None:
    assert inrbench("run", tiny, "-a", "siren", "--keep-weights").returncode == 0
    store = Store("results", "tiny")
    (job_id,) = results.runs(store.root)["job_id"]
    tensors, text = store.weights(job_id) or ({}, "")
    about = json.loads(text)
    assert about["activation"]["name"] == "siren"
    assert about["activation"]["params"]["omega0"] == 30.0
    assert (about["width"], about["depth"], about["shape"]) == (8, 2, [16, 16])
    assert sum(array.size for array in tensors.values()) == int(results.runs(store.root)["params"].iloc[0])
    drawn = networks.trained(store, job_id).reconstruction()
    stored = store.arrays(job_id) or {}
    assert np.array_equal(drawn, stored["reconstruction"])


def test_finished_jobs_without_weights_say_how_to_get_them(tiny: Path, inrbench: Inrbench) -> None:
    inrbench("run", tiny)
    before = results.final("results/tiny")
    done = inrbench("run", tiny, "--keep-weights")
    assert "2 of 2 finished jobs have no weights; --retry ok --keep-weights trains them again" in done.stderr
    with pytest.raises(BadInput, match="its weights were not kept; run the suite again with --retry ok --keep-weights"):
        results.network("results/tiny", before["job_id"][0])
    again = inrbench("run", tiny, "--keep-weights", "--retry", "ok")
    assert "no weights" not in again.stderr
    assert before["value"].equals(results.final("results/tiny")["value"])
    assert isinstance(results.network("results/tiny", before["job_id"][0]), nn.Module)
    inrbench("run", tiny, "--retry", "ok")  # without: the network of an earlier attempt would be taken for this one's
    assert not list(Path("results/tiny/weights").iterdir())


def test_results_of_python_give_networks_of_their_own_plugins(tiny: Path, tmp_path: Path) -> None:
    plugin = tmp_path / "mine.py"
    plugin.write_text(
        "from inrbench import Activation\n\nclass Mine(Activation):\n    '''x.'''\n"
        "    name, label, version = 'mine', 'Mine', 1\n    def forward(self, z):\n        return z.cos()\n"
    )
    found = inrbench.run(
        tiny, activations=["mine"], plugins=[plugin], results=tmp_path / "r", keep_weights=True, progress=False
    )
    assert found.network("mine")(torch.zeros(3, 2)).shape == (3, 1)
    job_id = found.final["job_id"][0]
    with pytest.raises(BadInput, match=r"mine is of a plugin file \(mine.py, sha256 .*name it: --plugin FILE"):
        results.network(found.folder, job_id)


def test_a_picture_is_rendered_at_any_size(tmp_path: Path, inrbench: Inrbench) -> None:
    store, one = Store(tmp_path, "s"), job("siren", IMAGE)
    stored = kept(store, one)
    assert inrbench("render", store.root, one.job_id[:8]).returncode == 0
    picture = np.asarray(Image.open(f"{one.job_id}-16.png"))
    assert np.array_equal(picture, np.round(255 * stored[..., 0].clip(0, 1)))
    assert inrbench("render", store.root, one.job_id, "--size", 48, "--out", "large.npy").returncode == 0
    large = np.load("large.npy")
    assert large.shape == (30, 48, 1)  # every third sample lies on a pixel centre of the job's own grid
    np.testing.assert_allclose(large[1::3, 1::3], stored, atol=2e-5)


def test_a_sound_lasts_as_long_at_another_size(tmp_path: Path) -> None:
    store, one = Store(tmp_path, "s"), job("siren", {"audio": {"samples": 400}})
    kept(store, one)
    found = networks.trained(store, one.job_id)
    lengths = []
    for size in (None, 4000):
        networks.write(found.reconstruction(size), found.blueprint, tmp_path / "x.wav")
        with wave.open(io.BytesIO((tmp_path / "x.wav").read_bytes())) as file:
            lengths.append(file.getnframes() / file.getframerate())
    assert lengths == pytest.approx([400 / (found.blueprint.rate or 0)] * 2, rel=1e-3)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["abc"], "no job of that id"),
        (["ID", "--size", "0"], "size 0: must be positive"),
        (["ID", "--size", "1000000"], "at most"),
        (["ID", "--out", "x.jpg"], "must end in .png, .wav, .npy"),
        (["ID", "--out", "x.wav"], "are none of that kind; write them as .npy"),
    ],
)
def test_what_cannot_be_rendered_is_one_line(words: list[str], says: str, tmp_path: Path, inrbench: Inrbench) -> None:
    store, one = Store(tmp_path, "s"), job("relu", IMAGE)
    kept(store, one)
    done = inrbench("render", store.root, *(one.job_id if word == "ID" else word for word in words))
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not list(Path().glob("*.png"))


def test_a_damaged_file_of_weights_is_put_aside(tmp_path: Path) -> None:
    said: list[str] = []
    store, one = Store(tmp_path, "s", said.append), job("relu", IMAGE)
    kept(store, one)
    store.weights_file(one.job_id).write_bytes(b"\x00" * 40)
    with pytest.raises(BadInput, match="not kept"):
        networks.trained(store, one.job_id)
    assert "quarantine" in said[0]
