"""The commands on suites and results. `inrbench.bench.cli` parses their options; they call others and have no logic."""

from __future__ import annotations

import contextlib
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inrbench.bench import arguments, reporting
from inrbench.bench.config import overrides, unsearched
from inrbench.bench.config.job import Job, distinct
from inrbench.bench.config.lock import Lock, searchable
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.errors import BadInput, did_you_mean
from inrbench.bench.machine import devices
from inrbench.bench.runner import plan
from inrbench.bench.store import merge as merging
from inrbench.bench.store.compact import compact_if_many
from inrbench.bench.store.shipped import shipped
from inrbench.bench.store.store import Store
from inrbench.bench.store.trials import write as archive_trials
from inrbench.bench.workspace import Workspace, say
from inrbench.tasks.signals.user_file import UserFile

if TYPE_CHECKING:
    from pandas import DataFrame

    from inrbench.bench.tune import Search
    from inrbench.checks import Finding

SHOWN = 6
"""Pairs of plugins that a note names."""


def run(options: arguments.RunArgs) -> int:
    work = Workspace.of(options)
    retry = to_retry(options)
    if options.timeout is not None and options.timeout <= 0:
        raise BadInput(f"--timeout {options.timeout:g}: must be more than 0 seconds")
    _name_report(work.store, options.name)
    compact_if_many(work.store)
    how = plan.RunOptions(options.timeout, options.fail_fast, options.keep_weights)
    code = execute(work, work.plan(retry, options.shard), options.devices, how, options.scheduler)
    write_report(work, again=False, markdown=options.markdown)
    return code


def to_retry(options: arguments.JobsArgs) -> Sequence[str]:
    """The statuses of the jobs that the user wants to run again.

    Raises:
        BadInput: if there is no such status.
    """
    return plan.known_statuses([status for status in options.retry.split(",") if status], f"--retry {options.retry}")


def execute(
    work: Workspace,
    planned: plan.Plan,
    devices_wanted: str,
    options: plan.RunOptions | None = None,
    scheduler: str | None = None,
    *,
    silent: bool = False,
) -> int:
    """Run the jobs that a plan has to do; returns 1 if any of its jobs is left not ok, else 0.

    Args:
        silent: show neither notes nor progress.
    """
    tell: Callable[[str], None] = (lambda _: None) if silent else _print
    if not silent:
        _warn_of_changes(work, planned)
        if options and options.keep_weights:
            _warn_of_missing_weights(planned, work.store)
    before = f" ({len(planned.failed)} failed before; --retry runs them again)" if planned.failed else ""
    if not planned.todo:
        tell(f"0 of {len(planned.jobs)} jobs to run{before}")
        return 1 if planned.failed else 0
    from inrbench.bench.progress import Display  # here: neither a plan nor a list needs what runs jobs
    from inrbench.bench.runner import runner
    from inrbench.bench.runner.compiling import compile_networks

    _fetch([job.source for job in planned.todo])
    _tell_of_files(planned.todo, tell)
    files = work.files
    with contextlib.ExitStack() as stack:
        slots: Sequence[runner.Slot]
        if scheduler is None:
            specs = devices.slots(devices_wanted, devices.gpus(), devices.cpus())
            slots = runner.local_slots(work.store, specs, files)
            for slot in slots:
                stack.callback(slot.kill)
                with contextlib.suppress(OSError):  # its first job will say why
                    slot.start()  # imports PyTorch while this process prepares the jobs
            if any(spec.device == "cpu" for spec in specs):
                compile_networks(planned.todo, files, say if not silent else tell)
            where = ", ".join(spec.device for spec in specs)
        else:
            from inrbench.bench.runner import dask_cluster

            client = stack.enter_context(dask_cluster.connect(scheduler))
            slots = dask_cluster.remote_slots(client, devices_wanted, files)
            where = f"{len(slots)} slots of {scheduler}"
        tell(f"{len(planned.todo)} of {len(planned.jobs)} jobs to run on {where}{before}")
        failed = len(planned.failed)
        display = runner.Listener() if silent else stack.enter_context(Display(planned.todo, finished=planned.finished))
        running = runner.Runner(work.store, slots, options, display).run(planned.todo, planned.attempts)
        with contextlib.closing(running) as outcomes:
            for _, status in outcomes:
                failed += status != "ok"
    return 1 if failed else 0


def _print(line: str) -> None:
    print(line, file=sys.stderr)


def _warn_of_changes(work: Workspace, planned: plan.Plan) -> None:
    for note in [*work.hidden, *work.lock_notes(), *unsearched.in_short(work.unsearched)]:
        say(f"note: {note}")
    if changed := plan.changed_sources(planned, work.plugins.sources()):
        pairs = ", ".join(f"{count} of {name}" for name, count in sorted(changed.items())[:SHOWN])
        pairs += f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
        say(
            f"note: the source of a plugin has changed since these jobs were done: {pairs}; if their results would "
            "differ now, raise `version` in the plugin, and they run again"
        )


def _warn_of_missing_weights(planned: plan.Plan, store: Store) -> None:
    todo = {job.job_id for job in planned.todo}
    stored = {path.stem for path in store.weights_file("x").parent.glob("*.safetensors")}
    lacking = [job for job in planned.done if job.activation and job.job_id not in todo | stored]
    if lacking:
        say(
            f"note: {len(lacking)} of {len(planned.done)} finished jobs have no weights; "
            "--retry ok --keep-weights trains them again"
        )


def _tell_of_files(jobs: Sequence[Job], tell: Callable[[str], None]) -> None:
    """Say what is done to the user's files, such as which page of several is read."""
    from inrbench.tasks.signals.load import is_registered, load
    from inrbench.tasks.signals.signal import SignalError

    for source in dict.fromkeys(job.source for job in jobs):
        if isinstance(source, str) and is_registered(source):
            continue
        try:
            signal = load(source)
        except SignalError as error:
            raise BadInput(str(error)) from error
        if signal.notes:
            tell(f"{signal.name}: {'; '.join(signal.notes)}")


def _fetch(sources: Sequence[str | UserFile]) -> list[Path]:
    """Make the originals among some signals ready: one message now is better than one a job."""
    from inrbench.tasks.signals.downloads import ORIGINALS, fetch
    from inrbench.tasks.signals.signal import SignalError

    try:
        return fetch(sorted({source for source in sources if isinstance(source, str) and source in ORIGINALS}))
    except SignalError as error:
        raise BadInput(str(error)) from error


def write_report(work: Workspace, *, again: bool, markdown: bool, columns: Sequence[str] = ()) -> None:
    """Write the report of a suite's jobs, unless it is up to date, and print a summary.

    Args:
        markdown: print its tables as Markdown instead.
        columns: the headings that LaTeX tables keep; all by default.
    """
    from inrbench.bench.console import summary

    planned, store = work.plan(), work.store
    about = work.about | ({"columns": list(columns)} if columns else {})
    written = reporting.write(store, planned.declarations, about, again=again)
    if work.suite.claim:
        print("\n".join(work.suite.claim.lines), end="\n\n")
    if markdown:
        print("\n\n".join(written.tables))
    else:
        summary.show(written.summary)
        for note in unsearched.in_short(work.unsearched):
            print(f"Note: {note}")
    if planned.others:
        print(f"\n{planned.others} more results in {store.root} are of other settings; they are not shown.")
    print(f"\nTables: {written.page.parent / 'tables'}\nReport: {written.page}")


def _name_report(store: Store, name: str | None) -> None:
    """Have the report written to a folder of its own."""
    if name is None:
        return
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise BadInput(f"--name {name}: write letters, digits, dots, dashes and underscores, e.g. first-try")
    store.report = store.root / f"report-{name}"


def report(options: arguments.ReportArgs) -> int:
    work = Workspace.of(options)
    _name_report(work.store, options.name)
    if came := shipped(work.store):
        say(f"no results in {work.store.root}: the report is of those that came with inrbench")
        work = replace(work, store=came)
        if not (came.root / "artifacts").is_dir():
            say("reconstructions are not among them; a checkout has them, in docs/results")
    write_report(work, again=True, markdown=options.markdown, columns=options.columns)
    return 0


def show_plan(options: arguments.PlanArgs) -> int:
    work = Workspace.of(options)
    planned = work.plan(shard=options.shard)
    _warn_of_changes(work, planned)
    hours = _hours(options, work, planned) if options.hours else {}
    if options.json:
        print(json.dumps(planned.summary() | hours, indent=2))
        return 0
    print(
        f"{len(planned.jobs)} jobs: {len(planned.done)} done, {len(planned.failed)} failed, {len(planned.todo)} to do; "
        f"time left on one device: {plan.duration(planned.seconds_left)}"
    )
    if options.hours:
        print(f"training: about {plan.duration(hours['seconds_training'])}")
        if hours["seconds_search"] is not None:
            print(f"search by inrbench tune, all of it: about {plan.duration(hours['seconds_search'])}")
        print("one job after another on one core of this processor, from its speed alone; it may be twice as long")
        return 0
    stored = work.store.checkpointed()
    for job in planned.todo:
        print(f"  {job.job_id}  {job}{' (has a checkpoint)' if job.job_id in stored else ''}")
    return 0


def _hours(options: arguments.PlanArgs, work: Workspace, planned: plan.Plan) -> dict[str, float | None]:
    """Rough seconds of the jobs to do, and of the suite's search, None if it has none."""
    from inrbench.bench.runner.rough_time import RoughTime
    from inrbench.bench.tune import Search

    rough, tuning = RoughTime(work.plugins), work.suite.tuning
    halved: list[Job] = []
    whole: list[Job] = []
    times = 0.0
    if tuning.signals or tuning.leave_one_out:
        bare = _searched_over(Workspace.of(options, locked=False))
        try:
            search = Search(bare.suite, bare.plugins, bare.where)
        except BadInput as cause:
            say(f"note: inrbench tune cannot search this: {cause}")
        else:
            first, *others = search.rounds
            halved = distinct(search.jobs(0, search.trials(0)))
            whole = distinct(search.jobs(len(others), search.trials(len(others)))) if others else []
            # those that go on, and the defaults
            shares = first.trials * first.share + sum((part.trials + 1) * part.share for part in others)
            times = shares / (first.trials * first.share)
    _fetch([job.source for job in (*planned.todo, *halved, *whole)])  # the sizes are those of the signals
    search_s = rough.seconds(halved) * times + rough.seconds(whole) if halved or whole else None
    return {"seconds_training": rough.seconds(planned.todo), "seconds_search": search_s}


def status(options: arguments.StatusArgs) -> int:
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


def tune(options: arguments.TuneArgs) -> int:
    from inrbench.bench import tune as searching

    if options.lock:
        raise BadInput(f"--lock {options.lock}: a search has no use for it; name the file of its result by --out")
    work = Workspace.of(options, locked=False, searches=True)
    for note in overrides.unread_by_search(options.overrides, work.suite.tuning):
        say(f"note: {note}")
    if options.classical:
        return _tune_classical(options, work)
    work = _searched_over(work, options.out)
    search = searching.Search(work.suite, work.plugins, work.where, options.trials)
    lock, _ = searched(work, search, options)
    print(searching.as_yaml(lock))
    lacking = [f"{name} on {task}" for name, task in search.all() if task not in lock.activations.get(name, {})]
    if lacking:
        say(f"every trial failed: {', '.join(lacking)}")
    if path := options.out or work.lock_file:
        before = Lock.read(path)
        (before.updated(lock) if before else lock).write(path)
        say(f"wrote {path}; next: {_run_with(options, options.out)}")
    else:
        say(
            "to use it, write it to a file: the same command with --out mine.lock.yaml, which has no trial to run again"
        )
    return 0


def _tune_classical(options: arguments.TuneArgs, work: Workspace) -> int:
    from inrbench.bench import classical

    unread = {
        "--out": options.out,
        "--retry": options.retry,
        "-a": ", ".join(options.activations),
        "--devices": "" if options.devices == "auto" else options.devices,
    }
    for flag, value in unread.items():
        if value:
            raise BadInput(
                f"{flag} {value}: --classical searches no network, runs in this process and writes no file; "
                f"leave {flag} out, and copy what it prints"
            )
    trials = classical.DEFAULT_TRIALS if options.trials is None else options.trials
    best = classical.search(work.suite, work.plugins, work.where, trials, say)
    print(classical.as_yaml(best))
    say("to use it, put it over the tasks of the suite: no other job has another id by that")
    return 0


def _searched_over(work: Workspace, out: Path | None = None) -> Workspace:
    """A suite as it is searched: what is found goes over its settings for a task, see `Lock.applied`, unless it names
    the file of what was found."""
    if work.lock_file is not None and out is None:
        return work
    return replace(work, suite=work.suite.model_copy(update={"activations": searchable(work.suite.activations)}))


def _run_with(options: arguments.TuneArgs, lock: Path | None) -> str:
    """The command that runs what was searched."""
    flags: dict[str, Sequence[object]] = {
        "--scale": [options.scale] if options.scale else [],
        "-t": options.tasks,
        "-a": options.activations,
        "--set": [text for text in options.overrides if not text.startswith("tuning.")],
        "--plugin": options.plugin,
        "--lock": [lock] if lock else [],
    }
    return arguments.to_copy("run", options.suite, flags)


def searched(
    work: Workspace, search: Search, options: arguments.JobsArgs, *, silent: bool = False
) -> tuple[Lock, DataFrame]:
    """Run the trials of a search that are not done; returns what it found, and the scores of the last round.

    The trials are kept beside the suite's results, for its report and its archive.

    Args:
        options: the folder of all results, the devices, and which failed trials run again.
        silent: show neither notes nor progress.
    """
    how, retry = plan.RunOptions(work.suite.tuning.seconds), to_retry(options)
    scores: dict[int, DataFrame] = {}
    for number in range(len(search.rounds)):
        chosen = search.trials(number, scores.get(number - 1))
        if not chosen:
            continue
        store = Store(options.results, search.folder(number), say)
        if len(search.rounds) > 1 and not silent:
            say(f"round {number + 1} of {len(search.rounds)}: {sum(map(len, chosen.values()))} trials")
        jobs = search.jobs(number, chosen)
        execute(replace(work, store=store), plan.make(jobs, store, retry), options.devices, how, silent=silent)
        scores[number] = search.scores(plan.make(jobs, store), store)
    archive_trials(work.store, search.archived(scores))
    return search.as_lock(scores, work.plugins.sources()), scores[max(scores)]


def choose_c(options: arguments.ChooseArgs) -> int:
    from inrbench.report.data.load import load
    from inrbench.report.tables.selection import summary

    work = Workspace.of(options)
    planned = work.plan(to_retry(options))
    code = execute(work, planned, options.devices)
    print(summary(load(work.store, planned.declarations)))
    return code


def data(options: arguments.DataArgs) -> int:
    work = Workspace.of(options)
    paths = _fetch([job.source for job in work.jobs])
    for path in paths:
        print(path)
    print(f"{len(paths)} originals are in place for {work.suite.suite}")
    return 0


def archive(options: arguments.ArchiveArgs) -> int:
    from inrbench.bench.store import archive as archives

    work = Workspace.of(options)
    names = {job.job_id: job.names for job in distinct(work.jobs)}
    print(archives.archive(work.store, names, options.folder))
    return 0


def merge(options: arguments.MergeArgs) -> int:
    return merging.command(options.folder, options.results, say)


def compact(options: arguments.CompactArgs) -> int:
    return merging.compact_all(options.results, say)


def compare(options: arguments.CompareArgs) -> int:
    from inrbench.bench import results

    print(results.side_by_side(options.first, options.second))
    return 0


def export(options: arguments.ExportArgs) -> int:
    from inrbench.bench import results

    print(results.export(options.folder), end="")
    return 0


def check(options: arguments.CheckArgs) -> int:
    from inrbench.activations.core import conformance as of_activations
    from inrbench.tasks.core import conformance as of_tasks

    plugins, failures = Plugins(options.plugin), 0
    names = {*plugins.activations.names(), *plugins.tasks.names()}
    broken = {**plugins.activations.broken, **plugins.tasks.broken}
    for name in options.names or sorted(names):
        if name in broken:
            raise BadInput(f"{name!r} cannot be imported ({broken[name]}); fix its file")
        if name not in names:
            raise BadInput(f"unknown activation or task {name!r}{did_you_mean(name, names)}")
        if name in plugins.activations.names():
            failures += _told(name, of_activations.check(plugins.activations.get(name)()))
        for task in plugins.tasks.get(name).small() if name in plugins.tasks.names() else ():
            settings = task.model_dump(exclude_defaults=True)
            shown = ",".join(f"{key}={value}" for key, value in settings.items())
            failures += _told(f"{name}[{shown}]" if shown else name, of_tasks.check(task))
    for name, cause in broken.items():
        print(f"note: {name} cannot be imported ({cause})", file=sys.stderr)
    return 1 if failures else 0


def _told(name: str, findings: Sequence[Finding]) -> int:
    """Print the findings of a plugin; returns how many of them are failures."""
    for finding in findings:
        print(f"{name}: {finding.name}: {finding.status}{f' — {finding.message}' if finding.message else ''}")
    return sum(not finding.ok for finding in findings)


ACTIONS: dict[str, Callable[[Any], int]] = {
    "plan": show_plan,
    "run": run,
    "status": status,
    "report": report,
    "tune": tune,
    "choose-c": choose_c,
    "archive": archive,
    "data": data,
    "merge": merge,
    "compact": compact,
    "compare": compare,
    "export": export,
    "check": check,
}
