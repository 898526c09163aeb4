"""Arguments of a command as typed data."""

from __future__ import annotations

from argparse import Namespace

import pytest

from inrbench.bench import arguments


def test_a_command_gets_its_own_arguments_and_no_others() -> None:
    got: list[arguments.Check] = []

    def command(options: arguments.Check) -> int:
        got.append(options)
        return 3

    parsed = Namespace(names=["siren"], plugin=["mine.py"], debug=True)
    assert arguments.typed(arguments.Check, command)(parsed) == 3
    assert got == [arguments.Check(plugin=["mine.py"], names=["siren"])]


def test_an_argument_that_the_command_line_does_not_have_is_an_error() -> None:
    with pytest.raises(AttributeError, match="names"):
        arguments.typed(arguments.Check, lambda _: 0)(Namespace(plugin=[]))
