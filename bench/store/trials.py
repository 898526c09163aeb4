"""Trials of a search, one small file beside a suite's results: what was tried, and what each reached on each signal.

The jobs themselves are in the results of the search. This file is what a report needs of them, and is archived with the
results of the suite.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from inrbench.bench.atomic_write import atomic_write

if TYPE_CHECKING:
    from inrbench.bench.store.store import Store

SCHEMA = pa.schema(
    [
        ("task", pa.string()),  # the suite's key
        ("activation", pa.string()),  # the suite's key
        ("trial", pa.int64()),  # from 0, which has the defaults
        ("signal", pa.string()),
        ("steps", pa.int64()),  # of its training: a search in rounds has the same trial with few and with many
        ("settings", pa.string()),  # JSON: the values of what is searched
        ("metric", pa.string()),
        ("score", pa.float64()),  # final, mean over repeats; null where one did not end well
        ("edges", pa.string()),  # settings among the outermost of what was tried, such as "lr high, omega0 low"
    ]
)


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a file; none where there is no file.

    Raises:
        ValueError: if the file is not one of trials.
    """
    if not path.is_file():
        return []
    table = pq.read_table(path)
    if not set(SCHEMA.names) <= set(table.column_names):
        raise ValueError(f"{path}: not a file of trials; remove it, and write it again with: inrbench tune")
    rows: list[dict[str, Any]] = table.select(SCHEMA.names).cast(SCHEMA).to_pylist()
    return rows


def write(store: Store, rows: Iterable[Mapping[str, Any]]) -> Path:
    """Write the trials of a search into the folder of the suite's results; those of other activations stay."""
    rows = list(rows)
    searched = {(row["task"], row["activation"]) for row in rows}
    before = [row for row in read(store.trials_file) if (row["task"], row["activation"]) not in searched]
    table = pa.Table.from_pylist([*before, *map(dict, rows)], schema=SCHEMA)
    order = [(name, "ascending") for name in ("task", "activation", "steps", "trial", "signal")]
    atomic_write(store.trials_file, store.parquet(table.sort_by(order)))
    return store.trials_file
