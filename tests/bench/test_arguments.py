"""Arguments of the commands: declared once, read by the parser, given to the function of the command."""

from __future__ import annotations

from pathlib import Path
from typing import get_type_hints

import pytest

from inrbench.bench.arguments import COMMANDS, CheckArgs, JobsArgs, ListArgs, MergeArgs, RunArgs
from inrbench.bench.cli import action, parser
from inrbench.bench.commands import to_retry
from inrbench.bench.errors import BadInput


def test_words_become_values_of_the_declared_types() -> None:
    words = "run quick -a siren -a relu --timeout 1.5 --results there --fail-fast --plugin mine.py"
    found = RunArgs.parsed(parser().parse_args(words.split()))
    assert found == RunArgs(
        suite="quick", activations=["siren", "relu"], timeout=1.5, results=Path("there"), fail_fast=True,
        plugin=["mine.py"],
    )  # fmt: skip
    assert (found.tasks, found.shard, found.retry, found.keep_weights, found.devices) == ([], None, "", False, "auto")
    assert found.files == [Path("mine.py").resolve()]
    assert ListArgs.parsed(parser().parse_args(["list", "tasks", "--json"])) == ListArgs(kind="tasks", json=True)
    assert CheckArgs.parsed(parser().parse_args(["check"])).names == []
    assert MergeArgs.parsed(parser().parse_args(["merge", "b"])).folder == Path("b")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("run quick --timeout soon", "run: argument --timeout: invalid float value: 'soon'; see inrbench run --help"),
        ("list taks", "list: argument kind: 'taks' is not one of its choices — did you mean 'tasks'?"),
        ("merge", "merge: the following arguments are required: FOLDER"),
    ],
)
def test_what_does_not_fit_is_one_line(words: str, message: str) -> None:
    with pytest.raises(BadInput) as raised:
        parser().parse_args(words.split())
    assert message in str(raised.value)


def test_what_runs_jobs_can_run_failed_ones_again() -> None:
    given = {"try": "camera", "rank": "mine.py"}
    for name in ("run", "tune", "choose-c", "try", "rank"):
        words = [name, given.get(name, "quick"), "--retry", "error,crashed", "--devices", "cpu*2"]
        found = COMMANDS[name].parsed(parser().parse_args(words))
        assert isinstance(found, JobsArgs)
        assert (to_retry(found), found.devices) == (["error", "crashed"], "cpu*2")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_function_of_a_command_takes_what_is_declared_for_it(name: str) -> None:
    assert get_type_hints(action(name))["options"] is COMMANDS[name]
    assert COMMANDS[name].__doc__
