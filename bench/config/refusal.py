"""What an activation cannot be combined with, told when a suite is laid out and before any of its jobs runs."""

from __future__ import annotations

from torch import nn

from inrbench.activations.core.base import Activation, Domain, build
from inrbench.activations.core.initialisation import reinitialise
from inrbench.bench.config.settings import Model, Train
from inrbench.tasks.core.base import Task
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import SignalError

PROBE = Domain(2, 1, (16, 16))
"""The domain of the small network that is asked."""


def refusal(activation: Activation, name: str, task: Task, key: str, model: Model, train: Train) -> str:
    """Why an activation cannot have a task or some settings, and what to write instead; empty if it can.

    Args:
        name: of the activation in the suite.
        key: of the task in the suite.
    """
    label, tasks = activation.label, f"name the tasks for it in activations.{name}.tasks: [...]"
    if activation.derivatives < task.derivatives:
        return (
            f"{label} declares derivatives = {activation.derivatives} and task {key} needs {task.derivatives}; leave "
            f"one of them out, or {tasks}"
        )
    if activation.adapts and not _sampled(task):
        return (
            f"{label} takes its initial weights from measurements of every grid point, which task {key} has not; leave "
            f"one of them out, or {tasks}"
        )
    if activation.adapts and train.holdout is not None:
        return f"{label} takes its initial weights from all measurements; leave train.holdout out for it"
    if model.init != "plugin" and (cause := _cause(activation, model.init)):
        return f"model.{cause}; write activations.{name}.model: {{init: plugin}}, or leave {label} out"
    if train.path_norm is not None and not _has_path_norm(activation):
        return f"{label} has no path norm; write activations.{name}.train: {{path_norm: null}}, or leave it out"
    return ""


def _sampled(task: Task) -> bool:
    """Whether a task measures every grid point by itself, by its first signal; the job tells if that does not fit."""
    try:
        return task.problem(load(task.signals()[0]), 0).sampled
    except SignalError:
        return True


def _cause(activation: Activation, init: str) -> str:
    """Why networks of an activation cannot have initial weights of that kind; empty if they can."""
    try:
        reinitialise(_probe(activation), PROBE.shape, init)
    except ValueError as error:
        return str(error).partition(";")[0]
    return ""


def _has_path_norm(activation: Activation) -> bool:
    return activation.path_norm(_probe(activation)) is not None


def _probe(activation: Activation) -> nn.Module:
    return build(activation, PROBE, width=8, depth=2, seed=0)
