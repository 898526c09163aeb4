"""A real Dask scheduler with real workers in processes of their own, on loopback; one of them is killed."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from inrbench.bench.config import expand, suite
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.errors import BadInput
from inrbench.bench.machine.devices import SlotSpec
from inrbench.bench.runner.dask_cluster import connect
from inrbench.bench.runner.runner import Runner, local_slots
from inrbench.bench.store.store import Store

SUITE = """
suite: far
repeats: 3
model: {depth: 2, width: 24}
train: {steps: 300, lr: 1.0e-3}
tasks: {image: {signals: [camera], size: 24}}
activations: {relu: {}, siren: {}}
"""


def started(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )


@pytest.fixture
def cluster() -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a scheduler, and its two workers."""
    pytest.importorskip("distributed", reason="needs Dask: pip install 'inrbench[dask]'")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    host = ("--host", "127.0.0.1", "--no-dashboard")
    scheduler = started("distributed.cli.dask_scheduler", "--port", str(port), *host)
    options = (address, "--nworkers", "1", "--nthreads", "1", "--no-nanny", *host)
    workers = [started("distributed.cli.dask_worker", *options) for _ in range(2)]
    try:
        yield address, workers
    finally:
        for process in (*workers, scheduler):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for_workers(address: str) -> None:
    """Until both have told the scheduler of themselves."""
    from distributed import Client

    end = time.monotonic() + 60
    while True:
        try:
            with Client(address, timeout=5, set_as_default=False) as client:
                client.wait_for_workers(2, timeout=30)
                return
        except (OSError, TimeoutError):
            assert time.monotonic() < end


def inrbench(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-c", "from inrbench.bench.cli import main; raise SystemExit(main())", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def children(pid: int) -> list[int]:
    """All that descend from a process."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(word) for word in path.read_text().split()]
    return found + [further for child in found for further in children(child)]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_worker_that_is_lost_costs_no_result(
    cluster: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path, trouble: Path
) -> None:
    address, workers = cluster
    wait_for_workers(address)
    path = tmp_path / "far.yaml"
    path.write_text(SUITE)
    arguments = ["run", str(path), "--scheduler", address, "--devices", "cpu", "--plugin", str(trouble)]
    arguments += ["--results", str(tmp_path / "results")]
    arguments += ["-a", "relu", "-a", "siren", "-a", "trouble[how=nan,kill]"]
    process = inrbench(*arguments)
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if "[ 3/12]" in line or "[ 2/12]" in line:
            os.killpg(workers[0].pid, signal.SIGKILL)
            break
    else:
        raise AssertionError("".join(said))
    out, err = process.communicate(timeout=200)
    assert process.returncode == 1, "".join(said) + err
    assert "2 slots of tcp://" in "".join(said)
    assert "SIREN" in out

    plugins = Plugins([trouble])
    store = Store(tmp_path / "results", "far")
    rows = store.runs()
    assert len(rows) == 12
    assert rows[rows["activation"] != "trouble"]["status"].tolist() == ["ok"] * 6
    assert set(rows[rows["method"] == "trouble[how=nan]"]["status"]) == {"diverged"}
    assert set(rows[rows["method"] == "trouble[how=kill]"]["status"]) == {"crashed"}
    assert (~rows["timing_valid"].astype(bool)).sum() >= 2  # two workers share this machine's processor
    assert all((store.root / log).exists() for log in rows["log"])

    # And what came back over the network is what would have been computed here.
    chosen, where = suite.load(str(path))
    here = Store(tmp_path / "here", "far")
    list(Runner(here, local_slots(here, [SlotSpec("cpu", "", 1, True)])).run(expand.jobs(chosen, plugins, where), {}))
    columns = ["job_id", "step", "metric", "value"]
    far = store.scores()[columns]
    far = far[far["job_id"].isin(set(here.runs()["job_id"]))].reset_index(drop=True)
    pd.testing.assert_frame_equal(far, here.scores()[columns], check_exact=True)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_stopped_ends_its_jobs_in_the_cluster(
    sign: signal.Signals, cluster: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path, trouble: Path
) -> None:
    address, workers = cluster
    wait_for_workers(address)
    path = tmp_path / "far.yaml"
    path.write_text(SUITE)
    common = ["run", str(path), "--scheduler", address, "--devices", "cpu", "--plugin", str(trouble)]
    common += ["--results", str(tmp_path / "results")]
    process = inrbench(*common, "-a", "trouble[how=hang]")
    end = time.monotonic() + 60
    while not all(any(b"sleep" in cmdline(pid) for pid in children(worker.pid)) for worker in workers):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.1)
    process.send_signal(sign)
    begun = time.monotonic()
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - begun < 5
    assert process.returncode == (130 if sign == signal.SIGINT else -sign), err
    while any(b"inrbench.bench.runner.worker" in cmdline(pid) for each in workers for pid in children(each.pid)):
        assert time.monotonic() - begun < 10, "jobs go on that nobody wants"
        time.sleep(0.1)
    assert all(worker.poll() is None for worker in workers)

    process = inrbench(*common, "-a", "relu")  # the devices are free again
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err


def cmdline(pid: int) -> bytes:
    """What a process was started as; nothing if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_without_dask_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(BadInput, match=r"pip install 'inrbench\[dask\]'"):
        connect("tcp://127.0.0.1:1")


def test_a_scheduler_that_is_not_there_is_told() -> None:
    pytest.importorskip("distributed", reason="needs Dask: pip install 'inrbench[dask]'")
    with pytest.raises(BadInput, match="no scheduler there"):
        connect("nonsense://127.0.0.1:1")
