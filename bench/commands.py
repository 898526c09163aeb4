"""What each command does. `bench.cli` parses; here the pieces are put together."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.config import grid, suite
from bench.config.job import Job
from bench.config.plugins import Plugins
from bench.errors import BadInput, did_you_mean
from bench.listing import listing
from bench.machine import devices
from bench.progress import Display
from bench.runner import plan
from bench.runner.runner import Runner
from bench.store import merge as merging
from bench.store.compact import AUTOMATIC
from bench.store.compact import compact as gather
from bench.store.store import STATUSES, Store

if TYPE_CHECKING:
    from bench.runner.dask_cluster import RemoteSlot


def _chosen(options: argparse.Namespace) -> tuple[suite.Suite, str]:
    """The suite that the options name, cut to what they choose of it, and what errors call it."""
    chosen, where = suite.load(options.suite, options.overrides, options.scale)
    return suite.select_activations(suite.select_tasks(chosen, options.tasks), options.activations), where


def _laid_out(options: argparse.Namespace) -> tuple[suite.Suite, list[Job], Plugins, Store]:
    """The suite that the options name, the jobs that it declares, and where its results are."""
    if Path(options.results).exists() and not Path(options.results).is_dir():
        raise BadInput(f"--results {options.results}: not a folder; name one")
    plugins = Plugins(options.plugin)
    chosen, where = _chosen(options)
    return chosen, grid.declared(chosen, plugins, where), plugins, Store(options.results, chosen.suite, _say)


def run(options: argparse.Namespace) -> int:
    chosen, jobs, plugins, store = _laid_out(options)
    retry = [status for status in options.retry.split(",") if status]
    for status in retry:
        if status not in STATUSES:
            raise BadInput(f"--retry {options.retry}: no such status {status!r}{did_you_mean(status, STATUSES)}")
    if options.timeout is not None and options.timeout <= 0:
        raise BadInput(f"--timeout {options.timeout:g}: must be more than 0 seconds")
    if len(store.small()) >= AUTOMATIC:
        gather(store)
    work = plan.make(jobs, store, retry, plan.shard(options.shard) if options.shard else None)
    code = execute(work, plugins, store, options.devices, options.timeout, options.fail_fast, options.scheduler)
    write_report(chosen, plan.make(jobs, store), store)
    return code


def execute(
    work: plan.Plan,
    plugins: Plugins,
    store: Store,
    wanted: str,
    limit_s: float | None = None,
    fail_fast: bool = False,
    scheduler: str | None = None,
) -> int:
    """Run what a plan has to do; returns 1 if any of its jobs is left not ok, else 0."""
    _warn_of_changes(work, plugins)
    _fetch([job.source for job in work.todo])
    with contextlib.ExitStack() as stack:
        specs: list[devices.SlotSpec] = []
        places: list[RemoteSlot] = []
        if scheduler is None:
            specs = devices.slots(wanted, devices.gpus(), devices.cpus())
        else:
            from bench.runner import dask_cluster as cluster

            places = cluster.remote_slots(stack.enter_context(cluster.connect(scheduler)), wanted, plugins.files)
        where = ", ".join(spec.device for spec in specs) or f"{len(places)} slots of {scheduler}"
        print(
            f"{len(work.todo)} of {len(work.jobs)} jobs to run on {where}"
            f"{f' ({len(work.failed)} failed before; --retry runs them again)' if work.failed else ''}",
            file=sys.stderr,
        )
        failed = len(work.failed)
        display = stack.enter_context(Display(work.todo))
        runner = Runner(store, specs, plugins.files, limit_s, fail_fast, display, places)
        with contextlib.closing(runner.run(work.todo, work.attempts)) as outcomes:
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


def write_report(chosen: suite.Suite, work: plan.Plan, store: Store) -> None:
    """Write the report of a suite's jobs and print its tables."""
    import report

    about = chosen.model_dump(include={"description", "source", "deviations", "tuning"})
    try:
        written = report.write(store, work.declared, about)
    except report.NoResults as error:
        raise BadInput(str(error)) from error
    print("\n\n".join(written.tables))
    if work.others:
        print(f"\n{work.others} more results in {store.root} are of other settings; they are not shown.")
    print(f"\nReport: {written.index}")


def report(options: argparse.Namespace) -> int:
    chosen, jobs, _, store = _laid_out(options)
    write_report(chosen, plan.make(jobs, store), store)
    return 0


def show_plan(options: argparse.Namespace) -> int:
    _, jobs, plugins, store = _laid_out(options)
    work = plan.make(jobs, store, shard=plan.shard(options.shard) if options.shard else None)
    _warn_of_changes(work, plugins)
    if options.json:
        print(json.dumps(work.summary(), indent=2))
        return 0
    print(
        f"{len(work.jobs)} jobs: {len(work.done)} done, {len(work.failed)} failed, {len(work.todo)} to do; "
        f"time left on one device: {plan.duration(work.seconds_left)}"
    )
    kept = store.kept()
    for job in work.todo:
        print(f"  {job.job_id}  {job}{' (has a checkpoint)' if job.job_id in kept else ''}")
    return 0


def status(options: argparse.Namespace) -> int:
    _, jobs, _, store = _laid_out(options)
    work = plan.make(jobs, store)
    counts: dict[str, int] = {}
    for job in work.jobs:
        state = work.status.get(job.job_id, "to do")
        counts[state] = counts.get(state, 0) + 1
    print(
        f"{store.root}: {len(work.jobs)} jobs: "
        + ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    )
    for job in work.failed:
        print(f"  {work.status[job.job_id]:<10} {job}: {work.error(job)} (log: {store.log_file(job.job_id)})")
    if work.others:
        print(f"  {work.others} more results in the folder are of other settings")
    return 0


def tune(options: argparse.Namespace) -> int:
    from bench import tune as search

    _, _, plugins, _ = _laid_out(options)
    chosen, where = _chosen(options)
    trials = search.trial_suite(chosen, plugins, where, options.trials)
    store = Store(options.results, trials.suite)
    jobs = [job for job in grid.jobs(trials, plugins, where) if job.baseline is None]
    execute(plan.make(jobs, store), plugins, store, options.devices)
    print(search.best(plan.make(jobs, store), store))
    return 0


def choose_c(options: argparse.Namespace) -> int:
    from report.data.load import load
    from report.tables.selection import summary

    _, jobs, plugins, store = _laid_out(options)
    work = plan.make(jobs, store)
    code = execute(work, plugins, store, options.devices)
    print(summary(load(store, work.declared)))
    return code


def data(options: argparse.Namespace) -> int:
    chosen, jobs, _, _ = _laid_out(options)
    paths = _fetch([job.source for job in jobs])
    for path in paths:
        print(path)
    print(f"{len(paths)} originals are in place for {chosen.suite}")
    return 0


def merge(options: argparse.Namespace) -> int:
    return merging.command(Path(options.folder), Path(options.results), _say)


def compact(options: argparse.Namespace) -> int:
    return merging.compact_all(Path(options.results), _say)


def _say(text: str) -> None:
    print(f"inrbench: {text}", file=sys.stderr)


def check(options: argparse.Namespace) -> int:
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


def new(options: argparse.Namespace) -> int:
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
    "list": listing,
    "plan": show_plan,
    "run": run,
    "status": status,
    "report": report,
    "tune": tune,
    "choose-c": choose_c,
    "data": data,
    "merge": merge,
    "compact": compact,
    "check": check,
    "new": new,
}
