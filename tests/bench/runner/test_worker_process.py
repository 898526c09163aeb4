"""A worker process: what it inherits, its limit, and its end with all its children."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from inrbench.bench.config.plugins import Plugins
from inrbench.bench.machine.devices import SlotSpec
from inrbench.bench.runner import plan
from inrbench.bench.runner.plan import RunOptions
from inrbench.bench.runner.runner import Runner, local_slots
from inrbench.bench.runner.worker_process import JobRun
from inrbench.bench.store.store import Store
from tests.bench.config.layout import lay_out
from tests.bench.runner.runs import CPU, run


def test_a_job_over_its_limit_is_ended_with_its_children(trouble: Path, tmp_path: Path) -> None:
    rows = run(trouble, tmp_path, ["hang"], RunOptions(limit_s=8.0))
    assert rows["status"].to_dict() == {"relu": "ok", "hang": "timeout"}
    assert "sleep\x00600" not in "".join(
        path.read_text() for path in Path("/proc").glob("[0-9]*/cmdline") if os.access(path, os.R_OK) and path.exists()
    )


def test_workers_have_variables_folder_and_files_of_their_own(
    trouble: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASKED", "asked")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    rows = run(trouble, tmp_path, ["tell", "lean", "segfault"])
    assert rows["status"].to_dict() == {"relu": "ok", "tell": "error", "lean": "ok", "segfault": "crashed"}
    assert "SIGSEGV" in str(rows.at["segfault", "error"])
    # Standard streams, the channel, the job's log and the two streams that it replaces, and the folder that is listed.
    assert f"asked, {tmp_path / 'here'}, 8 files, True" in str(rows.at["tell", "error"])


def test_a_worker_that_cannot_start_costs_the_job_and_names_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no such library >&2\nexit 3\n")
    broken.chmod(0o755)
    store, (job,) = Store(tmp_path, "s"), lay_out("")
    (slot,) = local_slots(store, [CPU])
    work = JobRun(job, tmp_path / "job.log", 60.0, threading.Event(), lambda _: None)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", str(broken))
        outcome = slot.run(work).outcome
    assert (outcome.status, outcome.error) == ("crashed", "its worker ended with exit code 3; see worker-0.log")
    assert "no such library" in (store.root / "logs" / "worker-0.log").read_text()
    assert slot.run(work).outcome.status == "ok"
    slot.kill()


TABLE = '''
import torch
from inrbench.activations import Activation

VALUES = torch.linspace(-10, 10, 2_000_001).sin()  # many enough for OpenMP's threads, which do not survive a fork

class Lut(Activation):
    """tanh."""

    name, label, version = "lut", "LUT", 1

    def forward(self, z):
        return torch.tanh(z)
'''


def test_an_installed_plugin_may_compute_while_it_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inrlut.py").write_text(TABLE)
    about = tmp_path / "inrlut-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: inrlut\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[inrbench.activations]\nlut = inrlut\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))  # for workers, which import it by themselves
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "lut" in Plugins().activations.names()
    jobs = lay_out("model: {width: 64, depth: 2}\ntasks: {image: {size: 128}}\nactivations: {siren: {}}")
    store = Store(tmp_path / "results", "s")
    slots = local_slots(store, [SlotSpec("cpu", "", threads=2, exclusive=True)])
    list(Runner(store, slots, RunOptions(limit_s=60.0)).run(plan.make(jobs, store).todo, {}))
    assert list(store.runs()["status"]) == ["ok"]
