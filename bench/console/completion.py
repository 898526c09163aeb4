"""Shell completion: the script for a shell, and the words that may stand where the cursor is.

The shell calls ``inrbench`` itself at each TAB, so that suites and plugins which have just been written are completed.
Names of plugins are read from the text of their files, because to import them would take seconds.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

import argcomplete
from argcomplete.completers import BaseCompleter, DirectoriesCompleter, FilesCompleter
from argcomplete.shell_integration import shellcode

from inrbench.bench import arguments
from inrbench.bench.suites import file_of, shipped

PLUGIN_NAME = re.compile(r"""^    name\b[^=\n]*=\s*["']([a-z0-9-]+)["']""", re.MULTILINE)
"""The line of a plugin's class with its name, as in ``name, label, version = "siren", "SIREN", 1``."""


def completion(options: arguments.CompletionArgs) -> int:
    """Print the script that a shell has to source; returns the exit code."""
    print(shellcode(["inrbench"], shell=options.shell))
    return 0


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer the shell, which describes the command line in environment variables, and end this process."""
    argcomplete.autocomplete(parser, always_complete_options="long", default_completer=_Words())


def plugin_names(kind: str, files: Iterable[str] = ()) -> list[str]:
    """The names of the plugins in a folder, ``"activations"`` or ``"tasks"``, and in further files; sorted."""
    spec = find_spec(f"inrbench.{kind}")
    places = (spec and spec.submodule_search_locations) or []
    paths = [path for place in places for path in Path(place).glob("*.py")] + [Path(file) for file in files]
    return sorted({name for path in paths if path.is_file() for name in PLUGIN_NAME.findall(path.read_text("utf-8"))})


class _Words(BaseCompleter):
    """The words that may be the value of an argument, by the argument's destination."""

    def __call__(
        self, *, prefix: str, action: argparse.Action, parser: argparse.ArgumentParser, parsed_args: argparse.Namespace
    ) -> list[str]:
        suite = getattr(parsed_args, "suite", None)
        plugins = getattr(parsed_args, "plugin", None) or []
        match action.dest:
            case "suite" | "source":
                words = [*shipped(), *FilesCompleter(["yaml", "yml"])(prefix)]
            case "scale" | "tasks":
                key = "scales" if action.dest == "scale" else "tasks"
                words = [*_suite_keys(suite, key)] or (plugin_names("tasks", plugins) if key == "tasks" else [])
            case "activations" | "names":
                words = plugin_names("activations", plugins)
            case "devices":
                words = ["auto", "cpu", "cuda"]
            case "plugin":
                words = list(FilesCompleter(["py"])(prefix))
            case "results" | "folder" | "first" | "second":
                words = list(DirectoriesCompleter()(prefix))
            case _:
                words = []
        return [word for word in words if word.startswith(prefix)]


def _suite_keys(suite: str | None, section: str) -> Iterator[str]:
    """The keys of a section of a suite's file, as it is written; none if it cannot be read."""
    import yaml

    if suite is None:
        return
    try:
        yield from map(str, yaml.safe_load(file_of(suite).read_text("utf-8"))[section])
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
        return
