"""The commands. `bench.cli` parses their options; they call the other modules and hold no logic of their own."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from bench import arguments, results
from bench.arguments import typed
from bench.config import grid, suite
from bench.config.job import Job
from bench.config.plugins import Plugins
from bench.errors import BadInput, did_you_mean
from bench.listing import listing
from bench.machine import devices
from bench.progress import Display
from bench.runner import plan, runner
from bench.store import merge as merging
from bench.store.compact import AUTOMATIC
from bench.store.compact import compact as gather
from bench.store.store import STATUSES, Store


@dataclass(frozen=True)
class Workspace:
    """A suite as the options choose it, with its plugins and its results; ``where`` names the suite in errors."""

    suite: suite.Suite
    where: str
    plugins: Plugins
    store: Store

    @classmethod
    def of(cls, options: arguments.Suite) -> Workspace:
        """The workspace that the options name.

        Raises:
            BadInput: if an option is wrong.
        """
        if options.results.exists() and not options.results.is_dir():
            raise BadInput(f"--results {options.results}: not a folder; name one")
        plugins = Plugins(options.plugin)
        chosen, where = suite.load(options.suite, options.overrides, options.scale)
        chosen = suite.select_activations(suite.select_tasks(chosen, options.tasks), options.activations)
        return cls(chosen, where, plugins, Store(options.results, chosen.suite, _say))

    @cached_property
    def jobs(self) -> list[Job]:
        """The jobs that the suite declares, see `bench.config.grid.declarations`."""
        return grid.declarations(self.suite, self.plugins, self.where)

    def plan(self, retry: Sequence[str] = (), shard: str | None = None) -> plan.Plan:
        """The jobs and their stored results, as they are now."""
        return plan.make(self.jobs, self.store, retry, plan.shard(shard) if shard else None)


def run(options: arguments.Run) -> int:
    work = Workspace.of(options)
    retry = [status for status in options.retry.split(",") if status]
    for status in retry:
        if status not in STATUSES:
            raise BadInput(f"--retry {options.retry}: no such status {status!r}{did_you_mean(status, STATUSES)}")
    if options.timeout is not None and options.timeout <= 0:
        raise BadInput(f"--timeout {options.timeout:g}: must be more than 0 seconds")
    if len(work.store.small()) >= AUTOMATIC:
        gather(work.store)
    limits = runner.RunOptions(options.timeout, options.fail_fast)
    code = execute(work, work.plan(retry, options.shard), options.devices, limits, options.scheduler)
    write_report(work)
    return code


def execute(
    work: Workspace,
    planned: plan.Plan,
    devices_wanted: str,
    options: runner.RunOptions | None = None,
    scheduler: str | None = None,
) -> int:
    """Run the jobs that a plan has to do; returns 1 if any of its jobs is left not ok, else 0."""
    _warn_of_changes(planned, work.plugins)
    _fetch([job.source for job in planned.todo])
    files = work.plugins.files
    with contextlib.ExitStack() as stack:
        slots: Sequence[runner.Slot]
        if scheduler is None:
            specs = devices.slots(devices_wanted, devices.gpus(), devices.cpus())
            slots = runner.local_slots(work.store, specs, files)
            where = ", ".join(spec.device for spec in specs)
        else:
            from bench.runner import dask_cluster

            client = stack.enter_context(dask_cluster.connect(scheduler))
            slots = dask_cluster.remote_slots(client, devices_wanted, files)
            where = f"{len(slots)} slots of {scheduler}"
        print(
            f"{len(planned.todo)} of {len(planned.jobs)} jobs to run on {where}"
            f"{f' ({len(planned.failed)} failed before; --retry runs them again)' if planned.failed else ''}",
            file=sys.stderr,
        )
        failed = len(planned.failed)
        display = stack.enter_context(Display(planned.todo))
        running = runner.Runner(work.store, slots, options, display).run(planned.todo, planned.attempts)
        with contextlib.closing(running) as outcomes:
            for _, status in outcomes:
                failed += status != "ok"
    return 1 if failed else 0


def _warn_of_changes(work: plan.Plan, plugins: Plugins) -> None:
    if changed := plan.changed_sources(work, plugins):
        pairs = ", ".join(f"{count} of {name}" for name, count in sorted(changed.items()))
        _say(
            f"note: the source of a plugin has changed since these jobs were done: {pairs}; if their results would "
            "differ now, raise `version` in the plugin, and they run again"
        )


def _fetch(sources: Sequence[str]) -> list[Path]:
    """Make the originals among some signals ready: one message now is better than one a job."""
    from tasks.signals.downloads import ORIGINALS, fetch
    from tasks.signals.signal import SignalError

    try:
        return fetch(sorted({source for source in sources if source in ORIGINALS}))
    except SignalError as error:
        raise BadInput(str(error)) from error


def write_report(work: Workspace) -> None:
    """Write the report of a suite's jobs and print its tables."""
    import report

    planned, store = work.plan(), work.store
    about = work.suite.model_dump(include={"description", "source", "deviations", "tuning"})
    try:
        written = report.write(store, planned.declarations, about)
    except report.NoResults as error:
        raise BadInput(str(error)) from error
    print("\n\n".join(written.tables))
    if planned.others:
        print(f"\n{planned.others} more results in {store.root} are of other settings; they are not shown.")
    print(f"\nReport: {written.index}")


def report(options: arguments.Suite) -> int:
    write_report(Workspace.of(options))
    return 0


def show_plan(options: arguments.Plan) -> int:
    work = Workspace.of(options)
    planned = work.plan(shard=options.shard)
    _warn_of_changes(planned, work.plugins)
    if options.json:
        print(json.dumps(planned.summary(), indent=2))
        return 0
    print(
        f"{len(planned.jobs)} jobs: {len(planned.done)} done, {len(planned.failed)} failed, {len(planned.todo)} to do; "
        f"time left on one device: {plan.duration(planned.seconds_left)}"
    )
    kept = work.store.kept()
    for job in planned.todo:
        print(f"  {job.job_id}  {job}{' (has a checkpoint)' if job.job_id in kept else ''}")
    return 0


def status(options: arguments.Suite) -> int:
    work = Workspace.of(options)
    planned, store = work.plan(), work.store
    counts = Counter(planned.status.get(job.job_id, "to do") for job in planned.jobs)
    print(
        f"{store.root}: {len(planned.jobs)} jobs: "
        + ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    )
    for job in planned.failed:
        print(f"  {planned.status[job.job_id]:<10} {job}: {planned.error(job)} (log: {store.log_file(job.job_id)})")
    if planned.others:
        print(f"  {planned.others} more results in the folder are of other settings")
    return 0


def tune(options: arguments.Tune) -> int:
    from bench import tune as search

    work = Workspace.of(options)
    trials = search.trial_suite(work.suite, work.plugins, work.where, options.trials)
    work = replace(work, suite=trials, store=Store(options.results, trials.suite, _say))
    jobs = [job for job in work.jobs if job.baseline is None]
    execute(work, plan.make(jobs, work.store), options.devices)
    print(search.best(plan.make(jobs, work.store), work.store))
    return 0


def choose_c(options: arguments.Device) -> int:
    from report.data.load import load
    from report.tables.selection import summary

    work = Workspace.of(options)
    planned = work.plan()
    code = execute(work, planned, options.devices)
    print(summary(load(work.store, planned.declarations)))
    return code


def data(options: arguments.Suite) -> int:
    work = Workspace.of(options)
    paths = _fetch([job.source for job in work.jobs])
    for path in paths:
        print(path)
    print(f"{len(paths)} originals are in place for {work.suite.suite}")
    return 0


def merge(options: arguments.Merge) -> int:
    return merging.command(options.folder, options.results, _say)


def compact(options: arguments.Results) -> int:
    return merging.compact_all(options.results, _say)


def compare(options: arguments.Compare) -> int:
    print(results.side_by_side(options.first, options.second))
    return 0


def export(options: arguments.Export) -> int:
    print(results.export(options.folder), end="")
    return 0


def _say(text: str) -> None:
    print(f"inrbench: {text}", file=sys.stderr)


def check(options: arguments.Check) -> int:
    from activations.core import conformance as testing

    registry = Plugins(options.plugin).activations
    failures = 0
    for name in options.names or registry.names():
        findings = testing.check(registry.get(name)())
        for finding in findings:
            print(f"{name}: {finding.name}: {finding.status}{f' — {finding.message}' if finding.message else ''}")
            failures += not finding.ok
    for name, cause in registry.broken.items():
        print(f"note: {name} cannot be imported ({cause})", file=sys.stderr)
    return 1 if failures else 0


def new(options: arguments.New) -> int:
    from bench.config.scaffold import render

    folder = Path(f"{options.kind}s")
    inside = inside_checkout(folder)
    path = (folder if inside else Path()) / f"{options.name.replace('-', '_')}.py"
    if path.exists():
        raise BadInput(f"{path} exists already; choose another name")
    if options.name in getattr(Plugins(options.plugin), f"{options.kind}s").names():
        raise BadInput(f"{options.kind} {options.name!r} exists already; choose another name")
    path.write_text(render(options.kind, options.name))
    plugin = "" if inside else f" --plugin {path}"
    print(f"wrote {path}; next:")
    if options.kind == "activation":
        print(f"  inrbench check {options.name}{plugin}")
        print(f"  inrbench run smoke -a {options.name} -a relu -a siren{plugin}")
    else:
        print(f"  name it under `tasks:` in a suite, then: inrbench plan SUITE{plugin}")
    return 0


def inside_checkout(folder: Path) -> bool:
    """Whether a folder is that of the plugins of a checkout."""
    return (folder / "core" / "base.py").is_file()


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "list": typed(arguments.List, listing),
    "plan": typed(arguments.Plan, show_plan),
    "run": typed(arguments.Run, run),
    "status": typed(arguments.Suite, status),
    "report": typed(arguments.Suite, report),
    "tune": typed(arguments.Tune, tune),
    "choose-c": typed(arguments.Device, choose_c),
    "data": typed(arguments.Suite, data),
    "merge": typed(arguments.Merge, merge),
    "compact": typed(arguments.Results, compact),
    "compare": typed(arguments.Compare, compare),
    "export": typed(arguments.Export, export),
    "check": typed(arguments.Check, check),
    "new": typed(arguments.New, new),
}
