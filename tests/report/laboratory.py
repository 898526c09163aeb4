"""A laboratory for tests of the report: suites of made-up results, stored as the runner stores them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from inrbench.bench.store.schema import Score
from inrbench.bench.store.store import Store
from inrbench.report.data.load import load
from inrbench.report.data.model import TaskResults
from inrbench.report.figures.axes import Styles
from inrbench.report.figures.style import method_styles

Array = NDArray[Any]
STEPS = (0, 1, 10, 100)
METHODS = {"bw-relu": ("BW-ReLU", 30.0), "siren": ("SIREN", 33.0), "wire[omega0=10]": ("WIRE ω₀=10", 31.0)}

METRICS = {
    "psnr": {"label": "PSNR", "unit": "dB", "direction": 1, "format": ".2f"},
    "snr": {"label": "SNR", "unit": "dB", "direction": 1, "format": ".2f"},
    "lsd": {"label": "log-spectral distance", "unit": "dB", "direction": -1, "format": ".2f"},
    "mse": {"label": "MSE", "unit": "", "direction": -1, "format": ".2e"},
    "loss": {"label": "data loss", "unit": "", "direction": -1, "format": ".2e"},
}
"""The descriptions that every row stores."""


class Lab:
    """Writer of jobs into a store."""

    def __init__(self, folder: Path, suite: str = "made-up") -> None:
        self.store = Store(folder, suite)

    def job(
        self,
        method: str,
        final: float = 30.0,
        *,
        task: str = "image",
        signal: str = "camera",
        repeat: int = 0,
        status: str = "ok",
        label: str | None = None,
        kind: str = "activation",
        curve: Mapping[int, float] | None = None,
        losses: Mapping[int, float] | None = None,
        extra: Sequence[Score] = (),
        **columns: Any,
    ) -> str:
        """Store one job, whose PSNR rises to ``final``; returns its id.

        Args:
            curve: PSNR by step, instead of checkpoints that end with ``final``.
            losses: data loss by step, instead of that of the PSNR.
            extra: more rows of scores.
            columns: values of other columns of the row.
        """
        job_id = columns.pop("job_id", f"{task}-{signal}-{method.replace('[', '-').replace(']', '')}-{repeat}")
        baseline = kind == "baseline"
        row: dict[str, Any] = {
            "job_id": job_id, "suite": self.store.suite, "task": task, "task_name": "image", "task_version": 1,
            "task_params": json.dumps({"size": 128}), "signal": signal, "kind": kind, "method": method,
            "label": label or METHODS.get(method, (method,))[0],
            "activation": None if baseline else method.split("[")[0],
            "activation_params": None if baseline else json.dumps({"omega0": 30.0}), "metric": "psnr",
            "metrics": json.dumps(METRICS),
            "model": None if baseline else json.dumps({"depth": 3, "width": 128}),
            "train": None if baseline else json.dumps({"steps": 100, "lr": 0.001}),
            "repeat": repeat, "problem_id": f"{task}-{signal}", "status": status, "attempt": 1,
            "steps": None if baseline else 100, "depth": None if baseline else 3, "width": None if baseline else 128,
            "params": None if baseline else 49921, "train_s": None if baseline else 12.5 + repeat,
            "step_ms": None if baseline else 125.0, "timing_valid": True, "engine": None if baseline else "mlp",
            "started_at": f"2026-01-0{repeat + 1}T00:00:00Z",
            "device": "cpu", "device_name": "Some CPU", "threads": 2, "python": "3.12.1", "torch": "2.13.0",
            "packages": json.dumps({"numpy": "2.4.6"}), "git_sha": "0123456789abcdef", "git_dirty": False,
            "log": f"logs/{job_id}.log",
        }  # fmt: skip
        row |= columns
        points = curve or (
            {0: final} if baseline else {step: final - 12 / (1 + step) for step in STEPS[:-1]} | {100: final}
        )
        scores = [Score(step, 0.0 if baseline else step / 8, "psnr", value, 1) for step, value in points.items()]
        if not baseline:
            scores += [
                Score(step, step / 8, "loss", value, -1)
                for step, value in (losses or {s: 10 ** (-value / 10) for s, value in points.items()}).items()
            ]
        self.store.commit(row, [*scores, *extra] if status == "ok" else [])
        return str(job_id)

    def task(self) -> TaskResults:
        """The one stored task, as the report loads it."""
        (task,) = load(self.store).tasks
        return task

    @staticmethod
    def score(metric: str, step: int, value: float, direction: int = 0) -> Score:
        """One row of scores."""
        return Score(step, step / 8, metric, value, direction)

    def arrays(self, job_id: str, reconstruction: Array, **arrays: Array) -> None:
        """Store the arrays of a job."""
        self.store.save_arrays(job_id, reconstruction=reconstruction.astype(np.float32), **arrays)

    def truth(self, task: str, signal: str, truth: Array, **others: Array) -> None:
        """Store the truth of all jobs of a task on a signal, with other arrays."""
        self.store.save_arrays(f"ref-{task}-{signal}", truth=truth.astype(np.float32), **others)

    @staticmethod
    def image(channels: int, height: int = 24, width: int = 32) -> Array:
        """An image with texture in its upper right corner."""
        y, x = np.mgrid[:height, :width]
        grey = 0.5 + 0.3 * np.sin(x / 5) + 0.2 * ((x + y) % 2) * (x > 20) * (y < 9)
        return np.repeat(grey[..., None], channels, axis=2).astype(np.float32)


def populate(folder: Path) -> Lab:
    """Two tasks of images, one of audio and one with baselines alone; failures, one with markup in its error."""
    lab = Lab(folder)
    noise = np.random.default_rng(0)
    z = np.linspace(-3, 3, 61, dtype=np.float32)
    for task, channels in (("image", 1), ("superres", 3)):
        truth = lab.image(channels)
        lab.truth(task, "camera", truth)
        for method, (_, level) in METHODS.items():
            for repeat in range(3):
                if task == "image" and method == "siren" and repeat == 2:
                    continue
                job = lab.job(method, level + 0.1 * repeat, task=task, repeat=repeat)
                if repeat == 0 and method != "wire[omega0=10]":
                    estimate = truth + 0.05 * noise.standard_normal(truth.shape)
                    lab.arrays(job, estimate, curve_z=z, curve=np.sin(z), curve_imag=np.cos(z))
        job = lab.job("bicubic", 28.0, task=task, kind="baseline", label="bicubic")
        lab.arrays(job, np.clip(truth + 0.1, 0, 1))
    markup = "<script>alert('x')</script> & 100% of $x_1 {broken}\nsecond line"
    lab.job("siren", task="image", repeat=2, status="diverged", error=markup)
    lab.job("gauss", task="image", status="crashed", error="killed by signal 9", label="Gauss_{50%}")
    lab.truth("audio", "bach", np.zeros((64, 1)))
    lab.arrays(lab.job("siren", 40.0, task="audio", signal="bach"), np.zeros((64, 1)))
    lab.job("tv", 25.0, task="ct", kind="baseline", label="TV")
    return lab


C = (1, 2, 3, 5)
CHECKPOINTS = (1, 3, 10, 30, 100)


def experiments(folder: Path) -> Lab:
    """Results as of experiments on regularity: a stopping rule, a sweep of c, a function with diagnostics."""
    lab = Lab(folder, "experiments")
    _sweep(lab)
    _functions(lab)
    return lab


def _sweep(lab: Lab) -> None:
    """CT at one data loss, which c = 1 never reaches; the least path norm is at c = 3, the best PSNR at c = 2."""
    for c in C:
        for repeat in range(2):
            norms = [lab.score("path_norm", step, (20 + 5 * abs(c - 3)) * step**0.3) for step in CHECKPOINTS]
            level = 32 - abs(c - 2) + 0.1 * repeat
            loss = 0.05 if c == 1 else 0.01
            curve = {1: 10.0, 3: 20.0, 10: level + 1, 30: level + 0.5, 100: level}
            lab.job(
                f"bw-relu[c={c}]", task="ct", signal="head", repeat=repeat, label=f"BW-ReLU c={c}", curve=curve,
                losses={step: loss * (100 / step) ** 0.5 for step in CHECKPOINTS}, extra=norms,
                activation_params=json.dumps({"c": float(c)}), chosen_step=30,
                train=json.dumps({"steps": 100, "lr": 0.001 * c, "stop": "plateau", "stop_loss": 0.01}),
            )  # fmt: skip


def _functions(lab: Lab) -> None:
    """Three sines, the faster ones learnt later, with the diagnostics of two layers."""
    x = np.linspace(-np.pi, np.pi, 201)[:, None]
    truth = np.sin(x) + np.sin(3 * x) + np.sin(5 * x)
    lab.truth("function", "sines", truth)
    for index, method in enumerate(METHODS):
        extra = [lab.score(f"freq_error/{k}", s, 1 / (1 + s / k**2), -1) for k in (1, 3, 5) for s in CHECKPOINTS]
        for layer in (1, 2):
            extra += [lab.score(f"dead_units/{layer}", step, 0.1 * layer) for step in CHECKPOINTS]
            extra += [lab.score(f"feature_cond/{layer}", step, 10.0 ** (2 * layer + index)) for step in CHECKPOINTS]
            extra += [lab.score(f"feature_std/{layer}", step, 0.3 / layer) for step in CHECKPOINTS]
        extra += [lab.score("grad_norm/total", step, 1 / step) for step in CHECKPOINTS]
        extra += [lab.score("snr", 100, 20.0 + index, 1)]
        job = lab.job(method, task="function", signal="sines", metric="snr", extra=extra)
        lab.arrays(job, truth + 0.1 * index * np.sin(20 * x))


def styles(*tasks: TaskResults) -> Styles:
    """The styles of the methods of some tasks."""
    return method_styles((method.key, method.activation) for task in tasks for method in task.activations)


def drawn(figure: Figure | None) -> Figure:
    """A figure that must be there."""
    assert figure is not None
    return figure
