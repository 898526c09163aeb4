"""Jobs on a GPU through the real command line: memory, shared devices, the naming of devices."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import torch

from inrbench.bench import results
from inrbench.bench.machine import devices
from tests.bench.command import Inrbench

pytestmark = pytest.mark.gpu

GREEDY = '''
import torch
from inrbench.activations import Activation

class Greedy(Activation):
    """A nonlinearity that asks for more memory than there is."""

    name, label, version = "greedy", "Greedy", 1

    def forward(self, z):
        return torch.relu(z) + torch.empty(1 << 42, device=z.device).sum()
'''


def rows_of(tiny: Path) -> pd.DataFrame:
    return results.runs(tiny.parent / "results/tiny").set_index("method")


def test_a_job_that_runs_out_of_memory_costs_that_job_alone(tiny: Path, inrbench: Inrbench) -> None:
    plugin = tiny.parent / "greedy.py"
    plugin.write_text(GREEDY)
    done = inrbench("run", tiny, "-a", "greedy", "-a", "siren", "--plugin", plugin)
    assert done.returncode == 1, done.stderr
    rows = rows_of(tiny)
    assert rows["status"].to_dict() == {"greedy": "oom", "siren": "ok"}
    assert rows.at["siren", "device"] == "cuda"


def test_the_times_of_jobs_that_share_a_gpu_are_marked(tiny: Path, inrbench: Inrbench) -> None:
    assert inrbench("run", tiny, "--devices", "cuda:0*2").returncode == 0
    rows = rows_of(tiny)
    assert (rows["device"] == "cuda").all()
    assert not rows["timing_valid"].any()


def test_a_job_alone_on_a_gpu_has_valid_times_and_names_the_device(tiny: Path, inrbench: Inrbench) -> None:
    assert inrbench("run", tiny, "--devices", "cuda:0").returncode == 0
    rows = rows_of(tiny)
    assert rows["timing_valid"].all()
    assert set(rows["device_name"]) == {torch.cuda.get_device_name(0)}
    assert rows["clock_mhz"].gt(0).all()
    assert rows["driver"].notna().all()


def test_a_gpu_can_be_named_by_its_uuid(tiny: Path, inrbench: Inrbench, monkeypatch: pytest.MonkeyPatch) -> None:
    (uuid, *_) = devices.gpus()
    assert uuid.startswith(("GPU-", "MIG-"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", uuid)
    assert inrbench("run", tiny, "--devices", "cuda:0").returncode == 0
    assert (rows_of(tiny)["device"] == "cuda").all()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    refused = inrbench("run", tiny, "--devices", "cuda:0")
    assert refused.returncode == 2
