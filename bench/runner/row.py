"""The ``runs`` row of one attempt at a job: all columns come together here, and `timing_valid` is decided here."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from inrbench.bench.config.job import Job
from inrbench.bench.machine.monitor import DeviceUse
from inrbench.bench.machine.provenance import Provenance
from inrbench.bench.training.result import Outcome


@dataclass(frozen=True)
class Execution:
    """Outcome of one attempt at a job, with the circumstances.

    Attributes:
        exclusive: whether the slot shares its device with no other slot of the run.
        provenance: of the worker process; None if it never started.
        use: of the device; None if it is unknown, because a member of a cluster was lost.
    """

    outcome: Outcome
    exclusive: bool
    provenance: Provenance | None = None
    use: DeviceUse | None = None


@dataclass(frozen=True)
class Attempt:
    """One attempt at a job, before it begins; the columns of ``runs`` of the same names.

    Attributes:
        attempt: its number, from 1.
        started_at: ISO 8601, UTC.
        log: path of the log, relative to the suite's folder.
    """

    attempt: int
    started_at: str
    log: str


def timing_valid(execution: Execution) -> bool:
    """Whether the times of an attempt can be compared: nothing else used the device from the first step to the last.

    The seconds of a resumed job include those before its checkpoint, of which the use of the device is not known.
    """
    use, outcome = execution.use, execution.outcome
    return execution.exclusive and use is not None and not use.shared and outcome.resumed_step is None


def to_row(job: Job, attempt: Attempt, execution: Execution) -> dict[str, Any]:
    """The ``runs`` row of an attempt; columns that it leaves out are null."""
    outcome, use = execution.outcome, execution.use
    timings, steps = outcome.timings, outcome.steps
    metrics = {name: info._asdict() for name, info in outcome.metrics.items()}
    return {
        **job.columns(),
        **asdict(attempt),
        **(asdict(execution.provenance) if execution.provenance else {}),
        **(asdict(outcome.network) if outcome.network else {}),
        **(asdict(timings) if timings else {}),
        "step_ms": 1000 * timings.train_s / steps if timings and steps else None,
        "metric": outcome.metric,
        "metrics": json.dumps(metrics) if metrics else None,
        "status": outcome.status,
        "error": outcome.error,
        "steps": steps,
        "passes": outcome.passes,
        "measured": outcome.measured,
        "resumed_step": outcome.resumed_step,
        "chosen_step": outcome.chosen_step,
        "peak_mem_bytes": outcome.peak_mem_bytes,
        "data_sha256": outcome.data_sha256,
        "data_prepared": outcome.data_prepared,
        "source_sha256": outcome.source_sha256,
        "timing_valid": timing_valid(execution),
        "foreign_cpu": use.foreign_cpu if use else None,
        "clock_mhz": use.clock_mhz if use else None,
        "throttled": use.throttled if use else None,
    }
