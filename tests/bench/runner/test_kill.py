"""Nothing lost and nothing twice: runs that are killed with their workers, and runs that share a folder."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from inrbench.bench.config import expand, suite
from inrbench.bench.config.job import Job
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.machine.devices import SlotSpec
from inrbench.bench.runner import plan
from inrbench.bench.runner.runner import Runner, local_slots
from inrbench.bench.store.store import Store
from tests.bench.processes import family

SUITE = """
suite: kill
repeats: 1
model: {depth: 2, width: 24}
train: {steps: 400, lr: 1.0e-3}
tasks: {image: {signals: [camera], size: 24}}
activations: {relu: {}, siren: {}, gauss: {}}
"""

DRIVER = """
import sys
from inrbench.bench.runner import plan
from inrbench.bench.config import expand, suite
from inrbench.bench.machine.devices import SlotSpec
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.runner.runner import Listener, Runner, local_slots
from inrbench.bench.store.store import Store

def tell(*words):
    print(*words, flush=True)

plugins = Plugins()
chosen, where = suite.load(sys.argv[1])
store = Store(sys.argv[2], chosen.suite, say=lambda text: tell("said", text))
work = plan.make(expand.jobs(chosen, plugins, where), store)
tell("todo", len(work.todo))
class Starts(Listener):
    def started(self, job):
        tell("start", job.job_id)

runner = Runner(store, local_slots(store, [SlotSpec("cpu", "", 1, True)]), listener=Starts())
for job, status in runner.run(work.todo, work.attempts):
    tell("end", job.job_id, status)
"""


def start(path: Path, results: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-c", DRIVER, str(path), str(results)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def send_all(process: subprocess.Popen[str], number: signal.Signals = signal.SIGKILL) -> None:
    """Send a signal to the run and its workers; SIGKILL ends them without a warning."""
    for pid in family(process.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def lines(process: subprocess.Popen[str]) -> Iterator[list[str]]:
    assert process.stdout is not None
    for line in process.stdout:
        yield line.split()


def until(process: subprocess.Popen[str], word: str) -> list[list[str]]:
    """The lines that the run prints up to the next that begins with a word."""
    found = []
    for words in lines(process):
        found.append(words)
        if words[0] == word:
            return found
    raise AssertionError(f"the run ended without {word}: {found}")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("kill") / "kill.yaml"
    file.write_text(SUITE)
    return file


@pytest.fixture(scope="module")
def jobs(path: Path) -> list[Job]:
    return expand.jobs(suite.load(str(path))[0], Plugins(), "kill")


@pytest.fixture(scope="module")
def reference(path: Path, jobs: list[Job]) -> pd.DataFrame:
    """The scores of a run that nobody disturbs."""
    store = Store(path.parent / "reference", "kill")
    list(Runner(store, local_slots(store, [SlotSpec("cpu", "", 1, True)])).run(jobs, {}))
    return values(store)


def values(store: Store) -> pd.DataFrame:
    return store.scores()[["job_id", "step", "metric", "value"]]


def check(results: Path, jobs: list[Job], reference: pd.DataFrame) -> None:
    """Every job has exactly one result, and it is what an undisturbed run gave, bit for bit."""
    store = Store(results, "kill")
    rows = store.runs()
    assert sorted(rows["job_id"]) == sorted(job.job_id for job in jobs)
    assert set(rows["status"]) == {"ok"}
    assert len(list((store.root / "runs").glob("*.parquet"))) == len(jobs)
    pd.testing.assert_frame_equal(values(store), reference, check_exact=True)
    assert not (store.root / "quarantine").exists()
    assert not plan.make(jobs, store).todo


def killed(path: Path, results: Path, chance: random.Random) -> tuple[bool, str]:
    """Start a run and kill it at a random moment; returns whether it came to its end before, and what it printed."""
    process = start(path, results)
    stop = time.monotonic() + chance.uniform(1, 8) if chance.random() < 0.3 else float("inf")
    starts, pause = chance.randint(1, 4), chance.uniform(0, 0.6)
    printed = []
    if stop < float("inf"):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0, stop - time.monotonic()))
    else:
        for words in lines(process):
            printed.append(" ".join(words))
            starts -= words[0] == "start"
            if not starts:
                time.sleep(pause)
                break
    ended = process.poll() is not None
    send_all(process)
    out, err = process.communicate(timeout=60)
    assert not ended or process.returncode == 0, err
    return process.returncode == 0, "\n".join([*printed, out])


@pytest.mark.parametrize("kills", [1, pytest.param(50, marks=[pytest.mark.slow, pytest.mark.timeout(3000)])])
def test_killed_at_random_moments_and_resumed(
    kills: int, path: Path, tmp_path: Path, jobs: list[Job], reference: pd.DataFrame
) -> None:
    chance = random.Random(kills + 1)  # with one kill: as soon as a job has started
    done = rounds = 0
    while done < kills:
        ended, printed = killed(path, tmp_path / f"round-{rounds}", chance)
        assert "said" not in printed  # no file was ever found half-written
        done += not ended
        if ended or len(Store(tmp_path / f"round-{rounds}", "kill").small()) == len(jobs):
            finish(path, tmp_path / f"round-{rounds}")
            check(tmp_path / f"round-{rounds}", jobs, reference)
            rounds += 1
    finish(path, tmp_path / f"round-{rounds}")
    check(tmp_path / f"round-{rounds}", jobs, reference)


def finish(path: Path, results: Path) -> list[list[str]]:
    process = start(path, results)
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    assert "said" not in out
    return [line.split() for line in out.splitlines()]


def test_a_run_takes_over_what_another_leaves_when_it_is_killed(
    path: Path, tmp_path: Path, jobs: list[Job], reference: pd.DataFrame
) -> None:
    victim = start(path, tmp_path)
    begun = until(victim, "start")[-1][1:]
    send_all(victim, signal.SIGSTOP)
    other = start(path, tmp_path)
    until(other, "todo")  # its plan has all jobs, since the victim has ended none
    send_all(other, signal.SIGSTOP)
    send_all(victim, signal.SIGCONT)
    begun += until(victim, "start")[-1][1:]
    send_all(victim, signal.SIGSTOP)
    send_all(other, signal.SIGCONT)
    found = until(other, "start")  # while the victim has its second job
    send_all(victim)
    victim.communicate(timeout=60)
    out, err = other.communicate(timeout=200)
    assert other.returncode == 0, err
    found += [line.split() for line in out.splitlines()]
    ended = Counter(words[1] for words in found if words[0] == "end")
    assert ended == Counter(job.job_id for job in jobs)
    twice = {words[1] for words in found if words[0] == "start"} & set(begun)
    assert twice == {begun[-1]}  # nothing is done again but what the victim was killed over
    check(tmp_path, jobs, reference)


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 4])
def test_runs_on_one_folder_share_the_work(
    count: int, path: Path, tmp_path: Path, jobs: list[Job], reference: pd.DataFrame
) -> None:
    processes = [start(path, tmp_path) for _ in range(count)]
    begun: Counter[str] = Counter()
    for process in processes:
        out, err = process.communicate(timeout=240)
        assert process.returncode == 0, err
        found = [line.split() for line in out.splitlines()]
        begun.update(words[1] for words in found if words[0] == "start")
        planned = next(int(words[1]) for words in found if words[0] == "todo")
        assert sum(words[0] == "end" for words in found) == planned  # none leaves before all is done
    assert begun == Counter(job.job_id for job in jobs)
    check(tmp_path, jobs, reference)
