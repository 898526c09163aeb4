"""Examples at the end of the help: two for each command, and what they name is there."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path

import pytest

from inrbench.bench import commands
from inrbench.bench.api import commands as above
from inrbench.bench.arguments import COMMANDS
from inrbench.bench.cli import ABOVE, LIGHT, action, main, parser
from inrbench.bench.config import suite
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.console import commands as light
from inrbench.bench.console.examples import EXAMPLES


def parsed(line: str) -> argparse.Namespace:
    """The arguments of an example, without what its shell takes: `> file`, `<(...)`."""
    inner = re.fullmatch(r".*<\((.*)\)", line)
    program, *words = shlex.split((inner[1] if inner else line).partition(" > ")[0])
    assert program == "inrbench"
    return parser().parse_args(words)


@pytest.mark.parametrize("command", [*commands.ACTIONS, *light.ACTIONS, *above.ACTIONS])
def test_the_help_of_a_command_ends_with_two_examples_of_it(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    text = capsys.readouterr().out
    examples = [line.strip() for line in text.partition("\nexamples:\n")[2].splitlines()]
    assert len(examples) == 2
    for example in examples:
        options = parsed(example)
        assert options.command == command
        if name := getattr(options, "suite", None):
            chosen, _ = suite.load(name, getattr(options, "overrides", []), getattr(options, "scale", None))
            tasks, activations = getattr(options, "tasks", []), getattr(options, "activations", [])
            suite.select_activations(suite.select_tasks(chosen, tasks), activations)
    rest = text.partition("\nexamples:\n")[0]
    assert max(map(len, rest.splitlines())) <= 80  # all but the examples is filled


def test_every_command_has_an_action_and_examples() -> None:
    assert set(EXAMPLES) == set(COMMANDS) == {*commands.ACTIONS, *light.ACTIONS, *above.ACTIONS}
    assert set(LIGHT) == set(light.ACTIONS)
    assert set(ABOVE) == set(above.ACTIONS)
    assert all(callable(action(command)) for command in EXAMPLES)


def test_activations_of_the_examples_exist() -> None:
    lines = [line for lines in EXAMPLES.values() for line in lines]
    named = {re.split(r"\[", name)[0] for line in lines for name in getattr(parsed(line), "activations", [])}
    assert named
    assert named <= set(Plugins().activations.names())


def test_the_commands_of_agents_md_exist_and_it_is_short() -> None:
    text = (Path(__file__).parents[3] / "AGENTS.md").read_text()
    lines = re.findall(r"^    (inrbench .*?)(?: +#.*)?$", text, re.MULTILINE)
    assert len(lines) > 10
    for line in lines:
        parsed(line)
    assert len(text.splitlines()) <= 60
