"""The command line: its parser, and errors in one line with an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from inrbench import __version__
from inrbench.bench.console.examples import EXAMPLES
from inrbench.bench.errors import BadInput, Stopped, did_you_mean

EXIT_FAILED, EXIT_BAD_INPUT, EXIT_INTERRUPTED = 1, 2, 130

LIGHT = ("completion", "doctor", "list", "new")
"""Commands that need no stored results; see `inrbench.bench.console.commands`."""

ABOVE = ("render",)
"""Commands of the Python interface; see `inrbench.bench.api.commands`."""


class _Parser(argparse.ArgumentParser):
    examples: Sequence[str] = ()

    def format_help(self) -> str:
        """The usual help, then the examples as they are: argparse would fill an epilog into one paragraph."""
        shown = "".join(f"  {example}\n" for example in self.examples)
        return super().format_help() + (f"\nexamples:\n{shown}" if shown else "")

    def error(self, message: str) -> None:  # type: ignore[override]
        command = self.prog.partition(" ")[2]  # `main` puts the program's name before every message
        raise BadInput(f"{command}: {message}; see {self.prog} --help".removeprefix(": "))

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is not None and value not in action.choices:
            text = f"{value!r} is none of its choices{did_you_mean(str(value), action.choices)}"
            raise argparse.ArgumentError(action, text)


def parser() -> argparse.ArgumentParser:
    """The parser of ``inrbench``."""
    root = _Parser(
        prog="inrbench",
        description="A fair, reproducible benchmark of activations for implicit neural representations.",
        epilog="Exit codes: 0 done, 1 some jobs failed, 2 bad input, 130 interrupted.",
    )
    root.add_argument("--debug", action="store_true", help="show the traceback of an error")
    root.add_argument("--version", action="version", version=f"inrbench {__version__}")
    commands = root.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    def command(name: str, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.examples = EXAMPLES[name]
        sub.add_argument(
            "--plugin", action="append", default=[], metavar="FILE", help="also use the plugins of a .py file"
        )
        sub.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        return sub

    def results(sub: argparse.ArgumentParser, text: str) -> None:
        sub.add_argument("--results", type=Path, default="results", metavar="DIR", help=f"{text} (default: results)")

    def suite_command(name: str, text: str) -> argparse.ArgumentParser:
        sub = command(name, text)
        sub.add_argument("suite", metavar="SUITE", help="a shipped name (see `inrbench list suites`) or a .yaml path")
        sub.add_argument(
            "-a",
            action="append",
            default=[],
            dest="activations",
            metavar="NAME[key=value,...]",
            help="only this activation, with these parameters; several values are a sweep",
        )
        sub.add_argument("--scale", metavar="NAME", help="one of the suite's smaller sizes, e.g. small")
        sub.add_argument("-t", action="append", default=[], dest="tasks", metavar="NAME", help="only this task")
        sub.add_argument(
            "--set",
            action="append",
            default=[],
            dest="overrides",
            metavar="KEY=VALUE",
            help="another value of a setting of the suite, e.g. train.steps=300",
        )
        results(sub, "the folder of the results")
        return sub

    listing = command("list", "show what there is: activations, tasks, signals, formats of files or suites")
    listing.add_argument("kind", choices=["activations", "tasks", "signals", "formats", "suites"])
    listing.add_argument("--json", action="store_true")

    plan = suite_command("plan", "show what a run would do: todo, done, failed, time left")
    plan.add_argument("--json", action="store_true")
    plan.add_argument("--shard", metavar="I/N", help="only the I-th of N parts of the jobs, e.g. 2/8")

    run = suite_command("run", "run a suite's jobs that are not done, then print its table and write its report")
    run.add_argument("--devices", default="auto", metavar="LIST", help="auto, cpu, cuda, cuda:0,cuda:1 or cpu*2")
    run.add_argument("--scheduler", metavar="ADDRESS", help="run on a Dask cluster, e.g. tcp://10.0.0.1:8786")
    run.add_argument("--timeout", type=float, metavar="SECONDS", help="a job's time limit")
    run.add_argument(
        "--retry", default="", metavar="STATUS,...", help="run jobs again that ended so, e.g. diverged,error"
    )
    run.add_argument("--shard", metavar="I/N", help="only the I-th of N parts of the jobs, e.g. 2/8")
    run.add_argument("--keep-weights", action="store_true", help="store the final network of each job as safetensors")
    run.add_argument("--fail-fast", action="store_true", help="stop at the first job that fails")

    suite_command("status", "show how a suite's jobs ended")
    suite_command("report", "write the tables, the figures and the page from stored results")

    archive = suite_command("archive", "write a suite's results small enough for a repository, as a results folder")
    archive.add_argument(
        "folder", type=Path, metavar="FOLDER", help="the results folder of archives, e.g. docs/results"
    )

    tune = suite_command("tune", "search scales and learning rates with the same number of trials for each activation")
    tune.add_argument("--trials", type=int, metavar="N", help="trials for each activation and task")
    tune.add_argument("--devices", default="auto", metavar="LIST")

    choose = suite_command("choose-c", "train a ladder of c to one data fit and choose by path norm, without the truth")
    choose.add_argument("--devices", default="auto", metavar="LIST")

    suite_command("data", "fetch the originals that a suite needs into the data folder")

    merge = command(
        "merge", "take over the results in another folder; differing results of one job are both kept and reported"
    )
    merge.add_argument("folder", type=Path, metavar="FOLDER", help="a results folder, or the folder of one suite in it")
    results(merge, "the folder that takes them over")

    compact = command("compact", "gather the many small files of finished jobs into few; runs may go on meanwhile")
    results(compact, "the folder of the results")

    folder_help = "the folder of one suite's results, e.g. results/quick"
    compare = command("compare", "set two results folders side by side: paired differences, and what differs in origin")
    compare.add_argument("first", type=Path, metavar="A", help=folder_help)
    compare.add_argument("second", type=Path, metavar="B", help="the same of another machine or version")

    export = command("export", "print all scores, each with the columns of its job, as one tidy CSV table")
    export.add_argument("folder", type=Path, metavar="FOLDER", help=folder_help)

    render = command("render", "draw a trained network at any resolution: a picture, a sound or an array")
    render.add_argument("folder", type=Path, metavar="FOLDER", help=folder_help)
    render.add_argument("job", metavar="JOB", help="the id of a job that ran with --keep-weights, or its first digits")
    render.add_argument("--size", type=int, metavar="N", help="samples along the longest axis (default: the job's)")
    render.add_argument("--out", type=Path, metavar="FILE", help="a .png, .wav or .npy (default: by the job's id)")

    check = command("check", "run the conformance checks on activations and tasks")
    check.add_argument("names", nargs="*", metavar="NAME")

    new = command("new", "write a new plugin, or a package of plugins, that works, to start from")
    new.add_argument("kind", choices=["activation", "task", "package"])
    new.add_argument("name", metavar="NAME")

    doctor = command("doctor", "show what this machine offers to runs, and what to do about what is missing")
    results(doctor, "the folder whose disk is looked at")

    completion = command("completion", "print the script that completes inrbench's commands, options and names at TAB")
    completion.add_argument("shell", choices=["bash", "zsh"])
    return root


def action(command: str) -> Callable[[argparse.Namespace], int]:
    """The function of a command. It is imported now, so that --help needs nothing heavy, and a list no pyarrow."""
    if command in LIGHT:
        from inrbench.bench.console.commands import COMMANDS
    elif command in ABOVE:
        from inrbench.bench.api.commands import COMMANDS
    else:
        from inrbench.bench.commands import COMMANDS
    return COMMANDS[command]


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of ``inrbench``; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    if "_ARGCOMPLETE" in os.environ:  # a shell asks for the words that fit at the cursor
        from inrbench.bench.console.completion import complete

        complete(parser())
    try:
        options = parser().parse_args(words)
        if options.command is None:
            parser().print_help()
            return 0
        return action(options.command)(options)
    except KeyboardInterrupt:
        if debug:
            raise
        print("inrbench: interrupted; what is done is kept, the same command goes on from there", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader of our output, `head` for one, has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Stopped as error:
        if debug:
            raise
        print(f"inrbench: stopped: {error}", file=sys.stderr)
        return EXIT_FAILED
    except (BadInput, OSError) as error:
        if debug:
            raise
        text = str(error) if isinstance(error, BadInput) else f"{error.filename or ''}: {error.strerror or error}"
        print(f"inrbench: {' '.join(text.split())}", file=sys.stderr)
        return EXIT_BAD_INPUT
