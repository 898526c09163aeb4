"""Arguments of the commands. Each is declared once, as a field of a dataclass, and the parser is built from these.

The docstring of a class is the help text of its command. The type decides how a word is read: ``bool`` is a switch, a
list may be given several times, ``Literal`` has choices.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Self, get_args, get_origin, get_type_hints


def positional(help: str | None = None, metavar: str | None = None, default: Any = MISSING) -> Any:
    """A positional argument; one with a default may be left out."""
    return field(default=default, metadata={"flags": [], "help": help, "metavar": metavar})


def option(flag: str, help: str | None = None, metavar: str | None = None, default: Any = MISSING) -> Any:
    """An argument with a flag; one without a default is off, empty or None."""
    metadata = {"flags": [flag], "help": help, "metavar": metavar}
    if default is list:
        return field(default_factory=list, metadata=metadata)
    return field(default=None if default is MISSING else default, metadata=metadata)


SHARD = "run only the I-th of N parts of the jobs, e.g. 2/8"
SCALE = "use one of the suite's smaller sizes, e.g. small"
FOLDER = "the results folder of one suite, e.g. results/quick"


@dataclass(frozen=True, kw_only=True)
class CommandArgs:
    """Arguments of every command."""

    plugin: list[str] = option("--plugin", "also load the plugins in a .py file", "FILE", list)

    @property
    def files(self) -> list[Path]:
        """The plugin files that the user names."""
        return [Path(file).resolve() for file in self.plugin]

    @classmethod
    def declare(cls, parser: argparse.ArgumentParser) -> None:
        """Add the arguments to a parser."""
        hints = get_type_hints(cls)
        for item in fields(cls):
            flags, about = item.metadata["flags"], {key: item.metadata[key] for key in ("help", "metavar")}
            how = _how(hints[item.name], bool(flags))
            if how.get("action") == "store_true":
                del about["metavar"]
            if not flags and item.default is not MISSING:
                how |= {"nargs": "?", "default": item.default}
            if flags:
                default = item.default if item.default_factory is MISSING else item.default_factory()
                how |= {"dest": item.name, "default": default}
            parser.add_argument(*(flags or [item.name]), **how, **about)

    @classmethod
    def parsed(cls, words: argparse.Namespace) -> Self:
        """The arguments that a parser read."""
        return cls(**{item.name: getattr(words, item.name) for item in fields(cls)})


def _how(hint: Any, flag: bool) -> dict[str, Any]:
    """How argparse reads a value of a type."""
    if hint is bool:
        return {"action": "store_true"}
    if get_origin(hint) is list:
        return {"action": "append"} if flag else {"nargs": "*"}
    if get_origin(hint) is Literal:
        return {"choices": get_args(hint)}
    if isinstance(hint, UnionType):
        (hint,) = (kind for kind in get_args(hint) if kind is not type(None))
    return {"type": hint}


@dataclass(frozen=True, kw_only=True)
class ResultsArgs(CommandArgs):
    results: Path = option("--results", "the results folder (default: results)", "DIR", Path("results"))


@dataclass(frozen=True, kw_only=True)
class JobsArgs(ResultsArgs):
    """Arguments of every command that runs jobs."""

    devices: str = option(
        "--devices",
        "devices to use: auto (default), cpu, cuda, cuda:0,cuda:1, or cpu*2 for two jobs at a time",
        "LIST",
        "auto",
    )
    retry: str = option("--retry", "run failed jobs with these statuses again, e.g. diverged,error", "STATUS,...", "")


@dataclass(frozen=True, kw_only=True)
class SuiteArgs(ResultsArgs):
    suite: str = positional(
        "the name of a shipped suite (see `inrbench list suites`) or the path of a .yaml file", "SUITE"
    )
    activations: list[str] = option(
        "-a",
        "run only this activation, with these parameters; a list of values is a sweep",
        "NAME[key=value,...]",
        list,
    )
    scale: str | None = option("--scale", SCALE, "NAME")
    tasks: list[str] = option("-t", "run only this task", "NAME", list)
    overrides: list[str] = option("--set", "override a setting of the suite, e.g. train.steps=300", "KEY=VALUE", list)
    lock: Path | None = option("--lock", "use the settings that `inrbench tune --out FILE` found", "FILE")


@dataclass(frozen=True, kw_only=True)
class ReportedArgs(SuiteArgs):
    name: str | None = option(
        "--name", "write the report to report-NAME, so that it does not replace the suite's other reports", "NAME"
    )
    markdown: bool = option("--markdown", "print all tables as Markdown", default=False)


@dataclass(frozen=True, kw_only=True)
class StatusArgs(SuiteArgs):
    """show how a suite's jobs ended"""


@dataclass(frozen=True, kw_only=True)
class ReportArgs(ReportedArgs):
    """write tables, figures and page from stored results"""

    columns: list[str] = option(
        "--column",
        "write only this column to the LaTeX tables, e.g. 'PSNR (dB)'; may be repeated",
        "HEADING",
        list,
    )


@dataclass(frozen=True, kw_only=True)
class DataArgs(SuiteArgs):
    """download the original data that a suite needs"""


@dataclass(frozen=True, kw_only=True)
class ArchiveArgs(SuiteArgs):
    """copy a suite's results, without large files, into a folder for a repository"""

    folder: Path = positional("the results folder to write to, e.g. docs/results", "FOLDER")


@dataclass(frozen=True, kw_only=True)
class PlanArgs(SuiteArgs):
    """show what a run would do: jobs to do, done and failed, and the time left"""

    json: bool = option("--json", "print JSON", default=False)
    hours: bool = option(
        "--hours", "estimate the time of the run, and of a search, from the speed of this processor", default=False
    )
    shard: str | None = option("--shard", SHARD, "I/N")


@dataclass(frozen=True, kw_only=True)
class ChooseArgs(JobsArgs, SuiteArgs):
    """train BW-ReLU with several c to the same data fit and choose c by the path norm, without the truth"""


@dataclass(frozen=True, kw_only=True)
class RunArgs(JobsArgs, ReportedArgs):
    """run the jobs of a suite that are not done yet, print a table and write the report"""

    scheduler: str | None = option("--scheduler", "run on a Dask cluster, e.g. tcp://10.0.0.1:8786", "ADDRESS")
    timeout: float | None = option("--timeout", "time limit for each job", "SECONDS")
    shard: str | None = option("--shard", SHARD, "I/N")
    keep_weights: bool = option("--keep-weights", "store the trained network of each job as safetensors", default=False)
    fail_fast: bool = option("--fail-fast", "stop at the first job that fails", default=False)


@dataclass(frozen=True, kw_only=True)
class TuneArgs(JobsArgs, SuiteArgs):
    """search scales and learning rates, with the same number of trials for each activation"""

    trials: int | None = option("--trials", "trials for each activation and task", "N")
    out: Path | None = option("--out", "write the settings found to a file, for --lock", "FILE")
    classical: bool = option("--classical", "search the parameters of the classical methods instead", default=False)


@dataclass(frozen=True, kw_only=True)
class TryArgs(JobsArgs):
    """search, run and rank activations on your own signal, with the same number of trials for each"""

    signal: str = positional("the path of a picture, sound, CT slice or mesh, or the name of a signal", "SIGNAL")
    activations: list[str] = option(
        "-a", "try this activation (default: those of quick); may be repeated", "NAME", list
    )
    tasks: list[str] = option("-t", "use this task (default: fit the signal itself); may be repeated", "NAME", list)
    trials: int = option("--trials", "trials for each activation and task (default: 16)", "N", 16)
    repeats: int = option("--repeats", "repeats of the final run (default: 3)", "N", 3)
    overrides: list[str] = option("--set", "override a setting of quick, e.g. train.steps=300", "KEY=VALUE", list)


@dataclass(frozen=True, kw_only=True)
class RankArgs(JobsArgs):
    """search, run and rank your own activation among the stored results of a suite"""

    entry: str = positional("a plugin file with one activation, or with --plugin the activation's name", "ENTRY")
    suite: str = option("--suite", "the suite to rank in (default: reference-small)", "SUITE", "reference-small")
    scale: str | None = option("--scale", SCALE, "NAME")
    tasks: list[str] = option("-t", "rank on this task only; may be repeated", "NAME", list)
    trials: int | None = option("--trials", "fewer trials than the rivals had, for a quick look", "N")
    against: Path | None = option(
        "--against", "a folder with the rivals' results (default: those that come with inrbench)", "FOLDER"
    )


@dataclass(frozen=True, kw_only=True)
class VerifyArgs(CommandArgs):
    """recompute one stored result on this machine's CPU and compare it"""

    folder: Path = positional(FOLDER, "FOLDER")
    job: str = positional("the id of a job or its first digits (default: the job with the smallest id)", "JOB", "")
    signal: str = option("--signal", "the path of the job's signal, if it is your own file", "FILE", "")


@dataclass(frozen=True, kw_only=True)
class MergeArgs(ResultsArgs):
    """add the results of another folder; where a job's results differ, both are kept and reported"""

    folder: Path = positional("a results folder, or the folder of one suite in it", "FOLDER")


@dataclass(frozen=True, kw_only=True)
class CompactArgs(ResultsArgs):
    """gather the small files of finished jobs into a few large ones; runs may continue at the same time"""


@dataclass(frozen=True, kw_only=True)
class DoctorArgs(ResultsArgs):
    """show what this machine offers, and how to get what is missing"""


@dataclass(frozen=True, kw_only=True)
class CompareArgs(CommandArgs):
    """compare two results folders: paired differences, and what differs in settings, versions and machines"""

    first: Path = positional(FOLDER, "A")
    second: Path = positional("the results folder to compare it with", "B")


@dataclass(frozen=True, kw_only=True)
class ExportArgs(CommandArgs):
    """print all scores as CSV, one row per score, with the columns of its job"""

    folder: Path = positional(FOLDER, "FOLDER")


@dataclass(frozen=True, kw_only=True)
class RenderArgs(CommandArgs):
    """evaluate a trained network at any resolution and write a picture, a sound or an array"""

    folder: Path = positional(FOLDER, "FOLDER")
    job: str = positional("the id of a job that ran with --keep-weights, or its first digits", "JOB")
    size: int | None = option("--size", "samples along the longest axis (default: the job's)", "N")
    out: Path | None = option("--out", "a .png, .wav or .npy file (default: named after the job)", "FILE")


@dataclass(frozen=True, kw_only=True)
class ListArgs(CommandArgs):
    """list activations, tasks, optimizers, signals, file formats or suites"""

    kind: Literal["activations", "tasks", "optimizers", "signals", "formats", "suites"] = positional("what to list")
    json: bool = option("--json", "print JSON", default=False)


@dataclass(frozen=True, kw_only=True)
class CheckArgs(CommandArgs):
    """run the conformance checks on activations and tasks"""

    names: list[str] = positional("the names of activations and tasks", "NAME")


@dataclass(frozen=True, kw_only=True)
class NewArgs(CommandArgs):
    """write a working plugin, package of plugins or suite to start from"""

    kind: Literal["activation", "task", "package", "suite"] = positional("what to write")
    name: str = positional("its name", "NAME")
    source: str = option("--from", "for a suite: the shipped suite to copy (default: quick)", "SUITE", "quick")


@dataclass(frozen=True, kw_only=True)
class CompletionArgs(CommandArgs):
    """print the shell script that completes commands, options and names"""

    shell: Literal["bash", "zsh"] = positional("your shell")


COMMANDS: dict[str, type[CommandArgs]] = {
    "list": ListArgs,
    "plan": PlanArgs,
    "run": RunArgs,
    "status": StatusArgs,
    "report": ReportArgs,
    "archive": ArchiveArgs,
    "tune": TuneArgs,
    "try": TryArgs,
    "rank": RankArgs,
    "choose-c": ChooseArgs,
    "data": DataArgs,
    "merge": MergeArgs,
    "compact": CompactArgs,
    "compare": CompareArgs,
    "export": ExportArgs,
    "render": RenderArgs,
    "verify": VerifyArgs,
    "check": CheckArgs,
    "new": NewArgs,
    "doctor": DoctorArgs,
    "completion": CompletionArgs,
}
"""Command -> its arguments, in the order of the help."""


def to_copy(command: str, suite: str, flags: Mapping[str, Sequence[object]]) -> str:
    """A command on a suite as a user types it; a flag stands before each of its values."""
    words = ["inrbench", command, suite]
    for flag, values in flags.items():
        words += [word for value in values for word in (flag, str(value))]
    return shlex.join(words)
