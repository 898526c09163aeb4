"""The lists of activations, tasks, signals and suites."""

from __future__ import annotations

import json

import pytest

from inrbench.bench.cli import main
from tests.bench.command import Inrbench

KINDS = {
    "activations": ["NAME", "LABEL", "PARAMETERS", "ABOUT"],
    "tasks": ["NAME", "LABEL", "PARAMETERS", "ABOUT"],
    "signals": ["NAME", "KIND", "SIZE", "SOURCE", "ABOUT"],
    "suites": ["NAME", "ABOUT"],
}


def test_lists_are_readable_by_programs(inrbench: Inrbench) -> None:
    activations = {row["name"]: row for row in json.loads(inrbench("list", "activations", "--json").stdout)}
    assert {"bw-relu", "relu", "relu-pe", "siren", "wire", "gauss", "mfn", "finer"} <= set(activations)
    assert activations["siren"]["params"] == {"omega0": 30.0, "first_omega0": None, "alpha": None}
    assert {"image", "superres", "ct"} <= {
        row["name"] for row in json.loads(inrbench("list", "tasks", "--json").stdout)
    }
    assert {"camera", "ct-head"} <= {row["name"] for row in json.loads(inrbench("list", "signals", "--json").stdout)}
    assert "quick" in inrbench("list", "suites").stdout


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("columns", [40, 80, 101, 300])
def test_a_table_fits_its_width_and_loses_nothing(
    kind: str, columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    assert main(["list", kind]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == KINDS[kind]
    width = max(map(len, [head, *lines]))
    assert width <= min(max(columns, 80), 120)
    assert main(["list", kind, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [line.split()[0] for line in lines if line[0] != " "] == [row["name"] for row in rows]
    start = head.index("ABOUT")
    assert all(line[start - 2 : start].isspace() for line in lines if len(line) > start)  # columns are aligned
    told = "".join("".join(line[start:].split()) for line in lines)
    about = (row.get("about", row.get("description")) for row in rows)
    assert told == "".join("".join(text.split()) for text in about)


def test_a_row_is_shown_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    from inrbench.bench.console.listing import print_table

    print_table([{"name": "none", "about": "brackets [bold] are no markup"}])
    assert capsys.readouterr().out == "NAME  ABOUT\nnone  brackets [bold] are no markup\n"
