"""Commands that put the pieces together, by use: `choose-c`, and what `run` hands to the report."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from inrbench.bench.config.lock import Lock, TunedSettings
from inrbench.bench.store.store import Store
from inrbench.tasks.core.metrics import METRICS
from tests.bench.command import Inrbench

LADDER = """
suite: ladder
repeats: 1
model: {depth: 2, width: 16}
train: {steps: 60, lr: 1.0e-2, stop_loss: 2.0e-2}
tasks: {superres: {signals: [coffee], size: [16, 24], factor: 4}}
activations: {bw-relu: {c: [2.0, 4.0, 8.0]}}
"""


def test_choose_c_chooses_the_least_path_norm_that_was_stored(tmp_path: Path, inrbench: Inrbench) -> None:
    path = tmp_path / "ladder.yaml"
    path.write_text(LADDER)
    done = inrbench("choose-c", path)
    assert done.returncode == 0, done.stderr
    store = Store(tmp_path / "results", "ladder")
    scores = store.scores().sort_values("step")
    norms = scores[scores["metric"] == "path_norm"].groupby("job_id")["value"].last()
    method = dict(zip(store.runs()["job_id"], store.runs()["method"], strict=True))[norms.idxmin()]
    chosen = method.removeprefix("bw-relu[c=").removesuffix(".0]")
    assert f"The least path norm chooses c = {chosen}," in done.stdout


SEARCHED = """
suite: searched
repeats: 1
lock: searched.lock.yaml
tuning: {signals: {image: [coins]}, rounds: [{trials: 4, share: 0.5}, {trials: 2}], seconds: 60.0}
model: {depth: 2, width: 8}
train: {steps: 4}
tasks: {image: {signals: [camera], size: 16}}
activations: {siren: {}}
"""


def test_the_report_tells_the_search_and_its_lock_file(tmp_path: Path, inrbench: Inrbench) -> None:
    path = tmp_path / "searched.yaml"
    path.write_text(SEARCHED)
    found = TunedSettings(
        settings={"omega0": 21.5, "train": {"lr": 0.004}}, metric="psnr", score=20.0, trials=4, source="0"
    )
    Lock(suite="searched", model={}, train={}, activations={"siren": {"image": found}}).write(
        tmp_path / "searched.lock.yaml"
    )
    done = inrbench("run", path)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "results" / "searched" / "report" / "index.html").read_text()
    for part in ("round 1: 4 trials with 0.5 of the steps; round 2: the best 2 with all steps; at most 60 s a trial",
                 "<code>searched.lock.yaml</code>", "ω₀ 21.5", "lr 0.004"):  # fmt: skip
        assert part in text


WORST = """
from inrbench.tasks.core.metrics import METRICS, Metric, MetricInfo
from inrbench.tasks.image import Image

METRICS["worst"] = Metric("worst", lambda a, b: float(abs(a - b).max()), MetricInfo("worst error", "%", -1, ".3f"))

class Worst(Image):
    '''A picture that is judged by its worst pixel, which a constant estimates too.'''

    name, label, version, metrics = "worst", "Worst pixel", 1, ("worst",)

    def baselines(self):
        return {"half": lambda problem: 0 * problem.truth.numpy() + 0.5}
"""


def test_a_metric_and_a_baseline_of_a_plugin_are_shown_alike_by_whoever_stores_the_scores(
    tmp_path: Path, inrbench: Inrbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = tmp_path / "worst.py"
    plugin.write_text(WORST)
    suite = tmp_path / "s.yaml"
    suite.write_text(SEARCHED.partition("lock:")[0] + "model: {depth: 2, width: 8}\ntrain: {steps: 4}\n"
                     "tasks: {worst: {size: 16}}\nactivations: {siren: {}, relu: {}}\n")  # fmt: skip
    monkeypatch.setitem(METRICS, "worst", METRICS["mae"])  # so that it is gone after the test

    def table() -> list[list[str]]:
        """Method and scores of each row, in order, with their heading."""
        done = inrbench("run", suite, "--plugin", plugin, "--markdown")
        assert done.returncode == 0, done.stderr
        rows = [line.split("|") for line in done.stdout.partition("\n\n- ")[0].splitlines() if line.startswith("|")]
        return [[row[1].strip(), row[3].strip(), row[5].strip()] for row in rows]

    first = table()
    assert first[0] == ["method", "worst error (%)", "best worst error (oracle)"]
    assert float(first[2][1].strip("*")) <= float(first[3][1].strip("*"))
    assert (first[2][1][:2], first[-1][0]) == ("**", "half")
    shutil.rmtree(tmp_path / "results")
    del METRICS["worst"]  # this process has not imported the plugin now; workers do
    assert table() == first
    values = Store(tmp_path / "results", "searched").scores()
    assert set(values["direction"][values["metric"] == "worst"]) == {-1}
