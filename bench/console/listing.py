"""The command `list`: activations, tasks, optimisers, signals and suites, as a table or as JSON."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from inrbench.bench import arguments
from inrbench.bench.config import suite

NARROWEST, WIDEST = 80, 120
"""Columns of a table in characters; within these it is as wide as the terminal, and the widest elsewhere."""


def listing(options: arguments.ListArgs) -> int:
    """Print one kind of list, for people or as JSON; returns the exit code."""
    if options.kind in _LISTS:
        find, shown = _LISTS[options.kind]
        rows = find()
    else:
        if sys.flags.optimize > 1:
            print("inrbench: note: PYTHONOPTIMIZE=2 removes the descriptions, which are docstrings", file=sys.stderr)
        rows, shown = plugins_listed(options.kind, options.files), _plugin
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        print_table([shown(row) for row in rows])
    return 0


def print_table(rows: Sequence[dict[str, str]]) -> None:
    """Print rows in aligned columns under their keys; what does not fit is wrapped, the first column never."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    width = min(max(shutil.get_terminal_size((WIDEST, 0)).columns, NARROWEST), WIDEST)
    console = Console(width=width)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for index, key in enumerate(rows[0]):
        most = None if index == len(rows[0]) - 1 else _MOST
        table.add_column(key.upper(), no_wrap=index == 0, max_width=None if index == 0 else most, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row.values()))  # as text: brackets are no markup here
    with console.capture() as captured:
        console.print(table)
    print("\n".join(line.rstrip() for line in captured.get().splitlines()))


_MOST = 20
"""Characters of a column between the first and the last."""


def _plugin(row: dict[str, Any]) -> dict[str, str]:
    """An activation or a task for people: parameters that are off are left out."""
    params = " ".join(f"{key}={value}" for key, value in row.get("params", {}).items() if value is not None)
    return {
        "name": row["name"],
        "label": row["label"],
        "parameters": params,
        "about": row.get("about", row.get("cause")),
    }


def _signal(row: dict[str, str]) -> dict[str, str]:
    source = f"{row['package']}; {row['licence']}"
    return {
        **{key: row[key] for key in ("name", "kind", "size")},
        "source": source,
        "about": row["description"],
    }


def plugins_listed(kind: str, files: Sequence[Path] = ()) -> list[dict[str, Any]]:
    """Name, label, parameters and first line of the description of every plugin of a kind, then the broken ones.

    Raises:
        BadInput: as `inrbench.bench.config.plugins.Plugins`.
    """
    from inrbench.bench.config.plugins import Plugins  # here: a list of suites needs no PyTorch

    registry: Any = getattr(Plugins(files), kind)
    rows: list[dict[str, Any]] = []
    for name in registry.names():
        cls = registry.get(name)
        defaults = {key: info.get_default(call_default_factory=True) for key, info in cls.model_fields.items()}
        text = (cls.__doc__ or "").strip().splitlines()
        rows.append({"name": name, "label": cls.label, "params": defaults, "about": text[0] if text else ""})
    return rows + [{"name": name, "label": "BROKEN", "cause": cause} for name, cause in registry.broken.items()]


def _suites_listed() -> list[dict[str, Any]]:
    return [{"name": name, "about": " ".join(suite.load(name)[0].description.split())} for name in suite.shipped()]


def _signals_listed() -> list[dict[str, Any]]:
    from inrbench.tasks.signals.load import describe

    return [dict(row) for row in describe()]


def _formats_listed() -> list[dict[str, Any]]:
    from inrbench.tasks.signals.formats import describe

    return [dict(row) for row in describe()]


_LISTS: dict[str, tuple[Callable[[], list[dict[str, Any]]], Callable[[dict[str, Any]], dict[str, str]]]] = {
    "signals": (_signals_listed, _signal),
    "formats": (_formats_listed, dict),
    "suites": (_suites_listed, dict),
}
"""Kind -> what finds its rows, and what makes a row of a table of one; of all kinds that are not plugins."""
