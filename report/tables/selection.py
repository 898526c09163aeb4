"""Choosing a network's parameter without the truth: of networks that fit the data alike, take the least path norm.

The rows of one choice are the values of a parameter of one activation on one signal. They compare only where they fit
the data to the same degree. Jobs that stop at a data loss (``stop_loss``) do so by construction: those that never got
there are left out of the choice, as are those with a run that failed. Without a ``stop_loss`` a value takes part if its
loss is at most `COMPARABLE` times the least one. What the choice costs is the gap to the oracle: the value with the
best metric among all that were run, whether they took part or not.
"""

from __future__ import annotations

import json
import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from report.data.stats import average
from report.labels import metric as shown
from report.labels import parameter as named
from report.labels import setting, span, words
from report.tables.build import Cell, Table
from report.tables.formats import markdown

NORM = "path_norm"
REACHED = 1.01
"""A loss within 1 % of ``stop_loss`` has reached it: it is the loss before the last step that is stored."""
COMPARABLE = 2.0
PERFECT = 1e-8
"""A loss of rounding and no more: below it, one fit is as good as another."""
LEAST = 3
"""Fewer values of a parameter are no choice worth a table."""

COLUMNS = [
    "task", "signal", "activation", "others", "parameter", "value", "method", "label", "runs", "ok", "reached", "step",
    "loss", "path_norm", "metric", "direction", "score", "comparable", "status", "chosen", "oracle", "gap",
]  # fmt: skip


def swept(settings: Mapping[str, Any], parameter: str = "c") -> float | None:
    """The value of a parameter, None where it has none that is a number."""
    value = settings.get(parameter)
    return None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)


def others(settings: Mapping[str, Any], parameter: str = "c") -> str:
    """The remaining parameters as text: networks that differ in them are no values of one sweep."""
    rest = {key: value for key, value in settings.items() if key != parameter}
    return ", ".join(f"{words(key)} {setting(value)}" for key, value in sorted(rest.items()))


def reached(train: Mapping[str, Any], loss: float | None) -> bool:
    """Whether a run got to the data loss that it was to stop at; True where none was set."""
    stop = train.get("stop_loss")
    return stop is None or (loss is not None and loss <= float(stop) * REACHED)


def choose(runs: pd.DataFrame, scores: pd.DataFrame, parameter: str = "c") -> pd.DataFrame:
    """What the least path norm chooses, for each task, signal and activation with at least three values.

    Args:
        runs, scores: as `bench.store.store.Store` reads them; `runs` may be any part of the rows.
        parameter: the name of the activation's parameter that was swept.

    Returns:
        One row a value, in order; means over the repeats that ended well. `chosen` and `oracle` mark one row each, and
        `gap` is by how much the oracle's score is better than the chosen one's, the same in all rows of a choice. Empty
        where there is nothing to choose from.
    """
    last = _last(scores[scores["job_id"].isin(runs["job_id"])])
    rows = [row for _, run in runs.iterrows() if (row := _run(run.to_dict(), last, parameter)) is not None]
    if not rows:
        return pd.DataFrame(columns=COLUMNS)
    groups = ["task", "signal", "activation", "others"]
    found = []
    for _, group in pd.DataFrame(rows).groupby(groups, sort=True):
        if group["value"].nunique() >= LEAST and group["path_norm"].notna().any():
            found.append(_choice(group))
    return pd.concat(found, ignore_index=True)[COLUMNS] if found else pd.DataFrame(columns=COLUMNS)


def _last(scores: pd.DataFrame) -> dict[str, dict[str, tuple[int, float, int]]]:
    """For each job and metric the last step, its value and its direction."""
    last: dict[str, dict[str, tuple[int, float, int]]] = {}
    ordered = scores.sort_values("step", kind="stable")
    for job, metric, step, value, direction in zip(
        *(ordered[name] for name in ("job_id", "metric", "step", "value", "direction")), strict=True
    ):
        last.setdefault(job, {})[metric] = int(step), float(value), int(direction)
    return last


def _run(
    run: Mapping[Hashable, Any], last: Mapping[str, Mapping[str, tuple[int, float, int]]], parameter: str
) -> dict[str, Any] | None:
    """One run's part of the choice; None for one without the parameter."""
    settings, train = (_settings(run[column]) for column in ("activation_params", "train"))
    value = swept(settings, parameter)
    if run["kind"] != "activation" or value is None:
        return None
    metrics, ok = last.get(run["job_id"], {}), run["status"] == "ok"
    metric = str(run["metric"] or "psnr")
    loss = _value(metrics.get("loss")) if ok else None
    return {
        **{column: run[column] for column in ("task", "signal", "activation", "method", "label", "job_id")},
        "others": others(settings, parameter),
        "parameter": parameter,
        "value": value,
        "is_ok": ok,
        "is_reached": ok and reached(train, loss),
        "stops": train.get("stop_loss") is not None,
        "step": max((step for step, _, _ in metrics.values()), default=None) if ok else None,
        "loss": loss,
        "path_norm": _value(metrics.get(NORM)) if ok else None,
        "metric": metric,
        "direction": metrics[metric][2] if metric in metrics else 0,
        "score": _value(metrics.get(metric)) if ok else None,
    }


def _settings(value: Any) -> dict[str, Any]:
    found = json.loads(value) if isinstance(value, str) and value else {}
    return found if isinstance(found, dict) else {}


def _value(point: tuple[int, float, int] | None) -> float | None:
    return point[1] if point is not None and math.isfinite(point[1]) else None


def _choice(group: pd.DataFrame) -> pd.DataFrame:
    """The rows of one choice: means over repeats, then who takes part, who is chosen and what that costs."""
    rows: list[dict[str, Any]] = []
    direction = next((int(value) for value in group["direction"] if value), 0)  # a failed run has none
    for _, runs in group.groupby(["value", "method"], sort=True):
        row: dict[str, Any] = {key: runs.iloc[0][key] for key in COLUMNS if key in runs.columns}
        for column in ("step", "loss", "path_norm", "score"):
            row[column] = average(None if pd.isna(value) else float(value) for value in runs[column])
        row |= {"runs": len(runs), "ok": int(runs["is_ok"].sum()), "reached": int(runs["is_reached"].sum())}
        row |= {"stops": bool(runs["stops"].any()), "direction": direction}
        rows.append(row)
    floor = min((row["loss"] for row in rows if row["loss"] is not None), default=math.nan)
    for row in rows:
        row["status"] = _status(row, floor)
        row["comparable"] = row["status"] == ""
    able = [row for row in rows if row["comparable"]]
    scored = [row for row in rows if row["score"] is not None and row["direction"] != 0]
    chosen = min(able, key=lambda row: (row["path_norm"], row["value"])) if len(able) > 1 else None
    oracle = max(scored, key=lambda row: (row["direction"] * row["score"], -row["value"])) if scored else None
    gap = None
    if chosen and oracle and chosen["score"] is not None:
        gap = oracle["direction"] * (oracle["score"] - chosen["score"])
    for row in rows:
        row |= {"chosen": row is chosen, "oracle": row is oracle, "gap": gap}
    return pd.DataFrame(rows).astype({"gap": float, "score": float, "loss": float, "path_norm": float, "step": float})


def _status(row: Mapping[str, Any], floor: float) -> str:
    """Why a value takes no part in the choice; empty if it does."""
    if row["ok"] < row["runs"]:
        return f"{row['runs'] - row['ok']} of {row['runs']} failed"
    if row["reached"] < row["runs"]:
        return "loss not reached" if row["runs"] == 1 else f"loss reached by {row['reached']} of {row['runs']}"
    if row["path_norm"] is None:
        return "no path norm"
    if not row["stops"] and not (row["loss"] is not None and row["loss"] <= max(COMPARABLE * floor, PERFECT)):
        return "fits the data worse"
    return ""


# -- tables ------------------------------------------------------------------------------------------------------------


def tables(frame: pd.DataFrame) -> list[Table]:
    """A table for each task of what `choose` found, for `report.tables.formats`."""
    return [_table(str(task), rows) for task, rows in frame.groupby("task", sort=False)]


def table(frame: pd.DataFrame) -> str:
    """What `choose` found as Markdown, for a terminal."""
    if frame.empty:
        return f"Nothing to choose from: no task has path norms at {LEAST} values of the parameter."
    return "\n\n".join(markdown(item) for item in tables(frame))


def _table(task: str, frame: pd.DataFrame) -> Table:
    metric, name = shown(str(frame["metric"].iloc[0])), named(str(frame["parameter"].iloc[0]))
    groups = list(frame.groupby(["signal", "activation", "others"], sort=True))
    varied = len({key[2] for key, _ in groups}) > len({key[1] for key, _ in groups})
    many = len(groups) > 1
    rows, notes = [], []
    for (signal, activation, rest), group in groups:
        title = f"{signal}, {activation}" + (f" ({rest})" if varied and rest else "")
        for row in group.to_dict("records"):
            marks = [word for word in ("chosen", "oracle") if row[word]] + ([row["status"]] if row["status"] else [])
            first = f"{title}: {row['value']:g}" if many else f"{row['value']:g}"
            cells = [Cell(first, bool(row["chosen"]))]
            cells += [_number(row["loss"], ".3e"), _number(row["step"], ",.0f"), _number(row["path_norm"], ",.4g")]
            cells += [_number(row["score"], metric.spec, bool(row["oracle"])), Cell(", ".join(marks) or "—")]
            rows.append(tuple(cells))
        notes.append((f"{title}: " if many else "") + _verdict(group, name, metric.unit, metric.spec))
    head = groups[0][0]
    return Table(
        task=f"choose-{task}",
        title=f"Choosing {name} without the truth: {task}" + ("" if many else f", {head[0]}, {head[1]}"),
        columns=(name, "data loss reached", "step reached", "path norm", metric.label, "remark"),
        rows=tuple(rows),
        classical=(),
        notes=tuple(notes),
        caption="Chosen: the least path norm among the values that fit the data alike. "
        f"Oracle: the best {metric.short}, which needs the truth. "
        f"Means over {span(float(count) for count in frame['runs'])} repeat{'' if frame['runs'].max() == 1 else 's'}.",
        records=tuple(
            {str(key): None if pd.isna(value) else value for key, value in row.items()}
            for row in frame.to_dict("records")
        ),
        emphasis=f"Bold: the chosen value and the best {metric.short}.",
    )


def _number(value: float | None, spec: str, bold: bool = False) -> Cell:
    return Cell("—") if value is None or math.isnan(value) else Cell(format(value, spec), bold)


def _verdict(group: pd.DataFrame, name: str, unit: str, spec: str) -> str:
    """What was chosen and what it costs, in a sentence."""
    chosen, oracle = group[group["chosen"]], group[group["oracle"]]
    if chosen.empty:
        return f"No choice: fewer than two values of {name} fit the data alike."
    said = f"The least path norm chooses {name} = {chosen['value'].iloc[0]:g}"
    if oracle.empty or math.isnan(group["gap"].iloc[0]):
        return f"{said}; there is no score to judge it by."
    gap = f"{format(group['gap'].iloc[0], spec)} {unit}".strip()
    return f"{said}, the oracle {name} = {oracle['value'].iloc[0]:g}: a gap of {gap}."
