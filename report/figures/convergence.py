"""Charts of the headline metric: convergence, quality against time."""

from __future__ import annotations

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from report.data.model import Method, Run, Task
from report.data.stats import Estimate, average, estimate
from report.figures.axes import WIDTH, Looks, baselines, curve, legend, log_axis, series, value_axis
from report.labels import metric as shown


def convergence(task: Task, looks: Looks) -> Figure | None:
    """The headline metric against steps and, for each machine, against training seconds; None without checkpoints."""
    curves = {method.key: series(method, task.metric) for method in task.activations}
    drawn = [method for method in task.activations if len(curves[method.key]) > 1]
    if not drawn:
        return None
    timed = {
        machine: {m.key: [p for p in series(m, task.metric, machine) if p[1]] for m in drawn}
        for machine in task.hardware()
    }
    machines = [machine for machine, found in timed.items() if any(found.values())]
    panels = 1 + len(machines)
    figure = Figure(figsize=(max(WIDTH, 3.1 * panels), 3.1), layout="constrained")
    axes: list[Axes] = list(figure.subplots(1, panels, sharey=True, squeeze=False)[0])
    for method in reversed(drawn):  # the best on top
        look, points = looks[method.key], curves[method.key]
        curve(axes[0], [float(step) for step, _, _ in points], [item for _, _, item in points], look)
        chosen = average(run.chosen_step for run in method.ok) if task.chooses else None
        if chosen is not None:
            step, _, item = min(points, key=lambda point: abs(point[0] - chosen))
            axes[0].plot([step], [item.mean], "o", ms=9, mfc="none", mec=look.color, mew=1.2, zorder=4)
        for axis, machine in zip(axes[1:], machines, strict=True):
            points = timed[machine][method.key]
            curve(axis, [seconds or 0.0 for _, seconds, _ in points], [item for *_, item in points], look)
    axes[0].set(xlabel="training steps", ylabel=shown(task.metric).label)
    for axis, machine in zip(axes[1:], machines, strict=True):
        axis.set_xlabel("training time (s)" + _doubt(task, machine))
        axis.tick_params(axis="y", length=0)
        if len(machines) > 1:
            axis.set_title(machine)
    for axis in axes:
        log_axis(axis)
    value_axis(axes[0], task)
    baselines(axes, task)
    legend(figure, figure.get_figwidth(), drawn, looks)
    return figure


def quality_time(task: Task, looks: Looks) -> Figure | None:
    """The final headline metric against training seconds, a panel for each machine; None below two methods."""
    machines = task.hardware()
    points = {
        machine: [(method, *pair) for method in task.activations if (pair := _final(method, task, machine))]
        for machine in machines
    }
    machines = [machine for machine in machines if points[machine]]
    drawn = [method for method in task.activations if any(method is item[0] for m in machines for item in points[m])]
    if len(drawn) < 2:
        return None
    figure = Figure(figsize=(max(4.4, 3.1 * len(machines)), 3.2), layout="constrained")
    axes: list[Axes] = list(figure.subplots(1, len(machines), sharey=True, squeeze=False)[0])
    for axis, machine in zip(axes, machines, strict=True):
        for method, time, value in points[machine]:
            look = looks[method.key]
            axis.errorbar(
                time.mean, value.mean, xerr=_clipped(time), yerr=value.half, fmt=look.marker, color=look.color, ms=6.5,
                mec="white", mew=0.6, elinewidth=1.0, capsize=2, zorder=3,
            )  # fmt: skip
        times = [time.mean for _, time, _ in points[machine]]
        if max(times) > 3 * min(times):
            log_axis(axis)
        else:
            axis.margins(x=0.15)
            axis.xaxis.set_major_locator(MaxNLocator(5))
        axis.set_xlabel("training time (s)" + _doubt(task, machine))
        if len(machines) > 1:
            axis.set_title(machine)
        sns.despine(ax=axis)
    axes[0].set_ylabel(f"final {shown(task.metric).label}")
    baselines(axes, task)
    legend(figure, figure.get_figwidth(), drawn, looks, lines=False)
    return figure


def _final(method: Method, task: Task, machine: str) -> tuple[Estimate, Estimate] | None:
    """Training time and final value on one machine."""

    def here(run: Run, value: float | None) -> float | None:
        return value if run.hardware == machine else None

    time = estimate(method.cells(lambda run: here(run, run.number("train_s"))))
    value = estimate(method.cells(lambda run: here(run, run.final(task.metric))))
    return (time, value) if time and value and time.mean > 0 else None


def _clipped(time: Estimate) -> list[list[float]] | None:
    """The bar to the left stops short of 0, which a logarithmic axis does not have."""
    return None if time.half is None else [[min(time.half, 0.9 * time.mean)], [time.half]]


def _doubt(task: Task, machine: str) -> str:
    runs = [run for method in task.activations for run in method.ok if run.hardware == machine]
    return "" if all(run.timing_valid for run in runs) else ", indicative only"
