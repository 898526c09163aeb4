"""The command line: its parser, and errors in one line with an exit code."""

from __future__ import annotations

import argparse
import errno
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from inrbench import __version__
from inrbench.bench.arguments import COMMANDS
from inrbench.bench.checkout import other_checkout, refuse_the_environment_of_another
from inrbench.bench.console.examples import EXAMPLES
from inrbench.bench.errors import BadInput, Stopped, did_you_mean
from inrbench.bench.suites import file_of

EXIT_FAILED, EXIT_BAD_INPUT, EXIT_INTERRUPTED = 1, 2, 130

LIGHT = ("completion", "doctor", "list", "new")
"""Commands that need no stored results; see `inrbench.bench.console.commands`."""

ABOVE = ("rank", "render", "try", "verify")
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
            text = f"{value!r} is not one of its choices{did_you_mean(str(value), action.choices)}"
            raise argparse.ArgumentError(action, text)


def parser() -> argparse.ArgumentParser:
    """The parser of ``inrbench``."""
    root = _Parser(
        prog="inrbench",
        description="A fair, reproducible benchmark of activations for implicit neural representations.",
        epilog="Exit codes: 0 done, 1 some jobs failed or a check did not agree, 2 bad input, 130 interrupted.",
    )
    root.add_argument("--debug", action="store_true", help="show the traceback of an error")
    root.add_argument("--version", action="version", version=f"inrbench {__version__}")
    commands = root.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    for name, kind in COMMANDS.items():
        sub = commands.add_parser(name, help=kind.__doc__, description=kind.__doc__)
        sub.examples = EXAMPLES[name]
        sub.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        kind.declare(sub)
    return root


def action(command: str) -> Callable[[Any], int]:
    """The function of a command. It is imported now, so that --help needs nothing heavy, and a list no pyarrow."""
    if command in LIGHT:
        from inrbench.bench.console.commands import ACTIONS
    elif command in ABOVE:
        from inrbench.bench.api.commands import ACTIONS
    else:
        from inrbench.bench.commands import ACTIONS
    return ACTIONS[command]


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of ``inrbench``; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # of a terminal that lacks † or ≈, a question mark must do
            stream.reconfigure(errors="replace")
    if "_ARGCOMPLETE" in os.environ:  # a shell asks for the words that fit at the cursor
        from inrbench.bench.console.completion import complete

        complete(parser())
    try:
        if arguments is None:
            refuse_the_environment_of_another(Path(sys.argv[0]), Path(sys.prefix))
            if note := other_checkout(Path.cwd(), Path(__file__)):
                print(f"inrbench: note: {note}", file=sys.stderr)
        options = parser().parse_args(words)
        if options.command is None:
            parser().print_help()
            return 0
        if "suite" in options:
            file_of(options.suite)  # a wrong name is told before PyTorch is imported, which takes seconds
        code = action(options.command)(COMMANDS[options.command].parsed(options))
        sys.stdout.flush()  # so that what cannot be written is said here, and not by Python when it ends
        return code
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
        text = str(error) if isinstance(error, BadInput) else _about_a_file(error)
        print(f"inrbench: {' '.join(text.split())}", file=sys.stderr)
        return EXIT_BAD_INPUT


def _about_a_file(error: OSError) -> str:
    """What could not be done with which file, and where space is lacking what to do."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    name = error.filename
    if name is None and full:
        name = "the output"
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python writes the rest there when it ends
    remedy = "; free space and give the same command again: what is done is kept" if full else ""
    return f"{'' if name is None else f'{name}: '}{error.strerror or error}{remedy}"


if __name__ == "__main__":
    raise SystemExit(main())
