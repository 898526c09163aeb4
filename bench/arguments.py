"""Arguments of the commands: each is declared once, as a field of a dataclass, from which the parser is made.

The docstring of a class is the help of its commands. Types tell how a word is read: ``bool`` is a switch, a list may be
given several times, ``Literal`` has choices.
"""

from __future__ import annotations

import argparse
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Self, get_args, get_origin, get_type_hints


def positional(help: str | None = None, metavar: str | None = None, default: Any = MISSING) -> Any:
    """A field that is given by its place; one with a default may be left out."""
    return field(default=default, metadata={"flags": [], "help": help, "metavar": metavar})


def option(flag: str, help: str | None = None, metavar: str | None = None, default: Any = MISSING) -> Any:
    """A field that is given by a flag; one without a default is off, empty or None."""
    metadata = {"flags": [flag], "help": help, "metavar": metavar}
    if default is list:
        return field(default_factory=list, metadata=metadata)
    return field(default=None if default is MISSING else default, metadata=metadata)


SHARD = "only the I-th of N parts of the jobs, e.g. 2/8"
FOLDER = "the folder of one suite's results, e.g. results/quick"


@dataclass(frozen=True, kw_only=True)
class CommandArgs:
    """Arguments of every command."""

    plugin: list[str] = option("--plugin", "also use the plugins of a .py file", "FILE", list)

    @property
    def files(self) -> list[Path]:
        """The files of plugins that the user names."""
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
        """The arguments as a parser found them."""
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
    results: Path = option("--results", "the folder of the results (default: results)", "DIR", Path("results"))


@dataclass(frozen=True, kw_only=True)
class SuiteArgs(ResultsArgs):
    suite: str = positional("a shipped name (see `inrbench list suites`) or a .yaml path", "SUITE")
    activations: list[str] = option(
        "-a", "only this activation, with these parameters; several values are a sweep", "NAME[key=value,...]", list
    )
    scale: str | None = option("--scale", "one of the suite's smaller sizes, e.g. small", "NAME")
    tasks: list[str] = option("-t", "only this task", "NAME", list)
    overrides: list[str] = option(
        "--set", "another value of a setting of the suite, e.g. train.steps=300", "KEY=VALUE", list
    )
    lock: Path | None = option("--lock", "settings that `inrbench tune --out FILE` found, over the suite's own", "FILE")


@dataclass(frozen=True, kw_only=True)
class ReportedArgs(SuiteArgs):
    name: str | None = option(
        "--name", "keep this report beside others of the suite, in the folder report-NAME", "NAME"
    )
    markdown: bool = option("--markdown", "print all tables as Markdown", default=False)


@dataclass(frozen=True, kw_only=True)
class StatusArgs(SuiteArgs):
    """show how a suite's jobs ended"""


@dataclass(frozen=True, kw_only=True)
class ReportArgs(ReportedArgs):
    """write the tables, the figures and the page from stored results"""

    columns: list[str] = option(
        "--column",
        "only this column of LaTeX tables, by its heading, e.g. 'PSNR (dB)'",
        "HEADING",
        list,
    )


@dataclass(frozen=True, kw_only=True)
class DataArgs(SuiteArgs):
    """fetch the originals that a suite needs into the data folder"""


@dataclass(frozen=True, kw_only=True)
class ArchiveArgs(SuiteArgs):
    """write a suite's results small enough for a repository, as a results folder"""

    folder: Path = positional("the results folder of archives, e.g. docs/results", "FOLDER")


@dataclass(frozen=True, kw_only=True)
class PlanArgs(SuiteArgs):
    """show what a run would do: todo, done, failed, time left"""

    json: bool = option("--json", default=False)
    hours: bool = option(
        "--hours", "estimate the time of the run, and of a search, from the speed of this processor", default=False
    )
    shard: str | None = option("--shard", SHARD, "I/N")


@dataclass(frozen=True, kw_only=True)
class DeviceArgs(SuiteArgs):
    devices: str = option("--devices", "auto, cpu, cuda, cuda:0,cuda:1 or cpu*2", "LIST", "auto")


@dataclass(frozen=True, kw_only=True)
class ChooseArgs(DeviceArgs):
    """train a ladder of c to one data fit and choose by path norm, without the truth"""


@dataclass(frozen=True, kw_only=True)
class RunArgs(DeviceArgs, ReportedArgs):
    """run a suite's jobs that are not done, then print its table and write its report"""

    scheduler: str | None = option("--scheduler", "run on a Dask cluster, e.g. tcp://10.0.0.1:8786", "ADDRESS")
    timeout: float | None = option("--timeout", "a job's time limit", "SECONDS")
    retry: str = option("--retry", "run jobs again that ended so, e.g. diverged,error", "STATUS,...", "")
    shard: str | None = option("--shard", SHARD, "I/N")
    keep_weights: bool = option("--keep-weights", "store the final network of each job as safetensors", default=False)
    fail_fast: bool = option("--fail-fast", "stop at the first job that fails", default=False)


@dataclass(frozen=True, kw_only=True)
class TuneArgs(DeviceArgs):
    """search scales and learning rates with the same number of trials for each activation"""

    trials: int | None = option("--trials", "trials for each activation and task", "N")
    out: Path | None = option("--out", "write what was found to a file, for --lock", "FILE")
    classical: bool = option(
        "--classical", "search the parameters of classical methods instead, and print them", default=False
    )


@dataclass(frozen=True, kw_only=True)
class TryArgs(ResultsArgs):
    """search on a signal of your own with as many trials for each activation, run with what was found, and rank"""

    signal: str = positional("the path of a picture, sound, slice or mesh, or the name of a signal", "SIGNAL")
    activations: list[str] = option("-a", "this activation (default: those of quick)", "NAME", list)
    tasks: list[str] = option("-t", "this task (default: the fit of the signal itself)", "NAME", list)
    trials: int = option("--trials", "trials for each activation and task (default: 16)", "N", 16)
    repeats: int = option("--repeats", "of the final run (default: 3)", "N", 3)
    overrides: list[str] = option(
        "--set", "another setting than that of quick, e.g. train.steps=300", "KEY=VALUE", list
    )
    devices: str = option("--devices", "auto, cpu, cuda, cuda:0,cuda:1 or cpu*2", "LIST", "auto")


@dataclass(frozen=True, kw_only=True)
class RankArgs(ResultsArgs):
    """search, run and rank an activation of your own among the stored results of a suite"""

    entry: str = positional("a plugin file with one activation, or its name with --plugin", "ENTRY")
    suite: str = option("--suite", "of the rivals (default: reference)", "SUITE", "reference")
    scale: str | None = option("--scale", "one of the suite's smaller sizes, e.g. small", "NAME")
    tasks: list[str] = option("-t", "only this task", "NAME", list)
    trials: int | None = option("--trials", "fewer trials than the rivals had, for a first look", "N")
    against: Path | None = option("--against", "the rivals' results (default: those that come with inrbench)", "FOLDER")
    devices: str = option("--devices", "auto, cpu, cuda, cuda:0,cuda:1 or cpu*2", "LIST", "auto")


@dataclass(frozen=True, kw_only=True)
class VerifyArgs(CommandArgs):
    """recompute one stored result on this machine's CPU and compare"""

    folder: Path = positional(FOLDER, "FOLDER")
    job: str = positional("the id of a job, or its first digits (default: the least id)", "JOB", "")
    signal: str = option("--signal", "the path of its signal, where that is a file", "FILE", "")


@dataclass(frozen=True, kw_only=True)
class MergeArgs(ResultsArgs):
    """take over the results in another folder; differing results of one job are both kept and reported"""

    folder: Path = positional("a results folder, or the folder of one suite in it", "FOLDER")


@dataclass(frozen=True, kw_only=True)
class CompactArgs(ResultsArgs):
    """gather the many small files of finished jobs into few; runs may go on meanwhile"""


@dataclass(frozen=True, kw_only=True)
class DoctorArgs(ResultsArgs):
    """show what this machine offers to runs, and what to do about what is missing"""


@dataclass(frozen=True, kw_only=True)
class CompareArgs(CommandArgs):
    """set two results folders side by side: paired differences, and what differs in origin"""

    first: Path = positional(FOLDER, "A")
    second: Path = positional("the same of another machine or version", "B")


@dataclass(frozen=True, kw_only=True)
class ExportArgs(CommandArgs):
    """print all scores, each with the columns of its job, as one tidy CSV table"""

    folder: Path = positional(FOLDER, "FOLDER")


@dataclass(frozen=True, kw_only=True)
class RenderArgs(CommandArgs):
    """draw a trained network at any resolution: a picture, a sound or an array"""

    folder: Path = positional(FOLDER, "FOLDER")
    job: str = positional("the id of a job that ran with --keep-weights, or its first digits", "JOB")
    size: int | None = option("--size", "samples along the longest axis (default: the job's)", "N")
    out: Path | None = option("--out", "a .png, .wav or .npy (default: by the job's id)", "FILE")


@dataclass(frozen=True, kw_only=True)
class ListArgs(CommandArgs):
    """show what there is: activations, tasks, optimizers, signals, formats of files or suites"""

    kind: Literal["activations", "tasks", "optimizers", "signals", "formats", "suites"] = positional()
    json: bool = option("--json", default=False)


@dataclass(frozen=True, kw_only=True)
class CheckArgs(CommandArgs):
    """run the conformance checks on activations and tasks"""

    names: list[str] = positional(metavar="NAME")


@dataclass(frozen=True, kw_only=True)
class NewArgs(CommandArgs):
    """write a new plugin, package of plugins or suite, that works, to start from"""

    kind: Literal["activation", "task", "package", "suite"] = positional()
    name: str = positional(metavar="NAME")
    source: str = option("--from", "of a suite: the one that it is a copy of (default: quick)", "SUITE", "quick")


@dataclass(frozen=True, kw_only=True)
class CompletionArgs(CommandArgs):
    """print the script that completes inrbench's commands, options and names at TAB"""

    shell: Literal["bash", "zsh"] = positional()


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
