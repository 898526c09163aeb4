"""The checks of a file's columns and rows."""

from __future__ import annotations

import pyarrow as pa
import pytest

from inrbench.bench.store.schema import RUNS
from inrbench.bench.store.store import Store
from tests.bench.store.rows import ROW, put, row_table


def test_a_file_from_before_a_column_was_added_is_read(store: Store, said: list[str]) -> None:
    table = row_table()
    put(store.run_file(ROW["job_id"]), table.drop_columns(["chosen_step", "block_rows"]))
    later = row_table(job_id="b" * 16).append_column("added_later", pa.array([1]))
    put(store.run_file("b" * 16), later)
    runs = store.runs()
    assert list(runs.columns) == RUNS.names
    assert runs["chosen_step"].isna().all()
    assert not said


@pytest.mark.parametrize("damage", ["type", "required", "version", "no version", "twice", "status", "problem", "rows"])
def test_a_file_of_other_columns_is_quarantined(store: Store, said: list[str], damage: str) -> None:
    table = row_table()
    if damage == "type":
        table = table.set_column(table.column_names.index("repeat"), "repeat", pa.array(["0"]))
    elif damage == "required":
        table = table.drop_columns(["status"])
    elif damage == "version":
        table = table.replace_schema_metadata({"schema_version": "0"})
    elif damage == "no version":
        table = table.replace_schema_metadata({})
    elif damage == "twice":
        table = pa.concat_tables([table, table])
    elif damage == "status":
        table = row_table(status="fine")
    elif damage == "problem":
        table = row_table(problem_id="/../../../etc/x")
    elif damage == "rows":
        table = pa.table({name: pa.nulls(2_000_000, pa.string()) for name in ("job_id", "status")})
    put(store.run_file(ROW["job_id"]), table)
    assert store.runs().empty
    assert (store.root / "quarantine" / "runs" / f"{ROW['job_id']}.parquet").exists()
    assert len(said) == 1
