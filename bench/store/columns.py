"""Columns of the two stored tables: type, unit and meaning of each.

`make lists` writes them into ``docs/reference/results.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pyarrow as pa

SCHEMA_VERSION = 1

_TEXT, _FLOAT, _INT, _BOOL = pa.string(), pa.float64(), pa.int64(), pa.bool_()


class Column(NamedTuple):
    """A column of a stored table.

    Attributes:
        name: as in the file.
        type: of its values; any but `inrbench.bench.store.schema.REQUIRED` may be null.
        about: its meaning, in Markdown.
        unit: of its values; empty where they have none.
    """

    name: str
    type: pa.DataType
    about: str
    unit: str = ""


DECLARED = (
    Column("job_id", _TEXT, "identity of the job: a hash of the declared task, signal, method and training"),
    Column("suite", _TEXT, "name of the suite"),
    Column("task", _TEXT, "the suite's key for the task: usually the task's name"),
    Column("task_name", _TEXT, "the task's plugin"),
    Column("task_version", _INT, "version of that plugin"),
    Column("task_params", _TEXT, "its parameters, JSON"),
    Column("signal", _TEXT, "name of the signal; for a user's file its stem and the first digits of a hash"),
    Column("kind", _TEXT, "`activation` or `baseline`"),
    Column("method", _TEXT, "the suite's key for the activation, e.g. `wire[omega0=10]`; or the name of the baseline"),
    Column("label", _TEXT, "name of the method in tables"),
    Column("activation", _TEXT, "the activation's plugin; null for a baseline"),
    Column("activation_version", _INT, "version of that plugin"),
    Column("activation_params", _TEXT, "its parameters, JSON"),
    Column("model", _TEXT, "settings of the network's size, JSON"),
    Column("train", _TEXT, "settings of the training, JSON"),
    Column("repeat", _INT, "number of the repeat, from 0; all methods share the seeds of a repeat"),
    Column("data_seed", _INT, "seed of the measurements"),
    Column("init_seed", _INT, "seed of the initial weights; null for a baseline"),
    Column("problem_id", _TEXT, "jobs with the same value share truth and measurements: `artifacts/ref-<id>.npz`"),
    Column("metric", _TEXT, "the task's headline metric"),
    Column("metrics", _TEXT, 'how each metric is shown, JSON: `{metric: {"label", "unit", "direction", "format"}}`'),
)

ENDED = (
    Column("status", _TEXT, "`ok`, `diverged`, `oom`, `timeout`, `crashed`, `error` or `interrupted`"),
    Column("error", _TEXT, "cause of a failure, in one line"),
    Column("attempt", _INT, "number of the attempt, from 1"),
    Column("steps", _INT, "training steps done; each is an update of the network", "steps"),
    Column("passes", _INT, "computations of the loss and its gradient; a line search needs more than one per step"),
    Column("resumed_step", _INT, "step of the checkpoint from which the attempt resumed; null if none", "steps"),
    Column("chosen_step", _INT, "eval step that the rule `train.stop` picks; the last one without a rule", "steps"),
)

BUILT = (
    Column("depth", _INT, "number of layers that apply the nonlinearity"),
    Column("width", _INT, "units of a hidden layer; for a grid, those of an MLP with as many parameters"),
    Column("params", _INT, "real degrees of freedom; a complex weight counts two"),
    Column("frozen", _INT, "numbers that are drawn and not trained, such as random frequencies"),
    Column("measured", _INT, "number of measured values, including those held out; null for a task with equations"),
    Column("block_rows", _INT, "rows of one training block", "rows"),
    Column(
        "engine",
        _TEXT,
        "`mlp` (compiled) or `autograd`, also `autograd-onednn`; older rows: `chain`, `kernels`; null for a baseline",
    ),
    Column("compiled", _BOOL, "whether the engine ran compiled code; null for a baseline"),
)

TIMED = (
    Column("setup_s", _FLOAT, "time to load the data and build problem and network", "s"),
    Column("warmup_s", _FLOAT, "time to compile and to take first steps, which are undone", "s"),
    Column("train_s", _FLOAT, "training steps alone; for a baseline the computation", "s"),
    Column("eval_s", _FLOAT, "time to score at eval steps", "s"),
    Column("wall_s", _FLOAT, "the whole job: the four above and overhead", "s"),
    Column("step_ms", _FLOAT, "`train_s` divided by `steps`", "ms"),
    Column("peak_mem_bytes", _INT, "peak memory: of the GPU, or resident memory of the process", "bytes"),
    Column("timing_valid", _BOOL, "whether the job had the device to itself and was not resumed"),
    Column("foreign_cpu", _FLOAT, "share of the CPU that others used during the job; null if it was too short", "1"),
    Column("clock_mhz", _FLOAT, "clock rate of the device when the job ended", "MHz"),
    Column("throttled", _BOOL, "whether heat or power limits slowed the device down"),
)

PROVENANCE = (
    Column("started_at", _TEXT, "ISO 8601", "UTC"),
    Column("data_sha256", _TEXT, "hash of the signal's data"),
    Column("data_prepared", _TEXT, "what was done to the signal: `page 1 of 3; 360 × 480 → 72 × 96`; null if nothing"),
    Column("device", _TEXT, "`cpu` or `cuda`"),
    Column("device_name", _TEXT, "name of the device; for a CPU with the number of cores"),
    Column("driver", _TEXT, "version of the GPU's driver"),
    Column("threads", _INT, "threads of a job"),
    Column("host", _TEXT, "hash of the host's name"),
    Column("python", _TEXT, "version of Python"),
    Column("torch", _TEXT, "version of PyTorch"),
    Column("packages", _TEXT, "versions of other packages, JSON"),
    Column("git_sha", _TEXT, "commit of the checkout"),
    Column("git_dirty", _BOOL, "whether tracked files of the checkout had changes"),
    Column("source_sha256", _TEXT, "hash of the plugins' files"),
    Column("log", _TEXT, "log of the job, relative to the suite's folder"),
)

RUN_COLUMNS = (*DECLARED, *ENDED, *BUILT, *TIMED, *PROVENANCE)

SCORE_COLUMNS = (
    Column("job_id", _TEXT, "the job, as in `runs`"),
    Column("step", _INT, "training steps done; 0 for a baseline", "steps"),
    Column("train_s", _FLOAT, "training time when the step was done", "s"),
    Column("metric", _TEXT, "name of the metric"),
    Column("value", _FLOAT, "its value", "of the metric, see `metrics` of `runs`"),
    Column("direction", pa.int8(), "1: higher is better, -1: lower is better, 0: neither"),
)


def schema_of(columns: Sequence[Column]) -> pa.Schema:
    """The schema of a stored table."""
    return pa.schema({column.name: column.type for column in columns}, metadata={"schema_version": str(SCHEMA_VERSION)})


def markdown() -> str:
    """All columns as Markdown tables."""
    groups = {
        "`runs`: what was declared": DECLARED,
        "`runs`: how it ended": ENDED,
        "`runs`: what was built": BUILT,
        "`runs`: times": TIMED,
        "`runs`: provenance": PROVENANCE,
        "`scores`": SCORE_COLUMNS,
    }
    return "\n\n".join("\n".join(_table(title, columns)) for title, columns in groups.items())


def _table(title: str, columns: Sequence[Column]) -> Iterator[str]:
    yield from (f"### {title}", "", "| column | type | unit | meaning |", "| --- | --- | --- | --- |")
    for column in columns:
        yield f"| `{column.name}` | {column.type} | {column.unit or '—'} | {column.about} |"
