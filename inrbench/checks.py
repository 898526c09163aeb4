"""What the conformance checks of all kinds of plugins share: a check, its result, and how it is run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

P = TypeVar("P")


@dataclass(frozen=True)
class Finding:
    """Result of one check; ``message`` is the reason of a failure or a skip, or what a check that passed has to say."""

    name: str
    status: Literal["passed", "failed", "skipped"]
    message: str = ""

    @property
    def ok(self) -> bool:
        """Whether the check did not fail."""
        return self.status != "failed"

    def __str__(self) -> str:
        return f"{self.status:<8}{self.name}" + (f": {self.message}" if self.message else "")


class Skip(Exception):
    """Exception of a check that does not apply to a plugin."""


def require(condition: object, message: str) -> None:
    """Raise `AssertionError` with a message unless a condition holds. ``assert`` does not under PYTHONOPTIMIZE."""
    if not condition:
        raise AssertionError(message)


def run_check(one: Callable[[P], str | None], plugin: P) -> Finding:
    """Result of one check of a plugin, which raises `AssertionError` with a message for the plugin's author, or returns
    what it found out.

    An exception of any type is a failure, because the plugin under test raised it.
    """
    name = one.__name__.removeprefix("check_")
    try:
        message = one(plugin)
    except Skip as reason:
        return Finding(name, "skipped", str(reason))
    except AssertionError as error:
        return Finding(name, "failed", str(error))
    except Exception as error:
        return Finding(name, "failed", f"{type(error).__name__}: {error}")
    return Finding(name, "passed", message or "")
