"""What the conformance checks of all kinds of plugins share: a check, its result, and how it is run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from pydantic import BaseModel, ValidationError

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


def require_identity(plugin: BaseModel) -> None:
    """The name has lower-case letters, digits and dashes, the label is a string, the version a positive integer."""
    name, label, version = (getattr(plugin, word) for word in ("name", "label", "version"))
    plain = isinstance(name, str) and name.replace("-", "").isalnum() and name == name.lower()
    require(plain, f"name {name!r} must be lower case letters, digits and dashes")
    require(isinstance(label, str), f"label must be a string, not {label!r}")
    require(label.strip(), "label is empty; set the name for tables and figures")
    require(isinstance(version, int), f"version must be an integer, not {version!r}")
    require(version >= 1, f"version must be an integer from 1, not {version}")


def require_frozen(plugin: BaseModel) -> None:
    """Parameters cannot be changed, and unknown ones are an error."""
    kind = type(plugin)
    for field in kind.model_fields:
        try:
            setattr(plugin, field, getattr(plugin, field))
        except ValidationError:
            continue
        raise AssertionError(f"parameter {field!r} can be changed after construction; keep the model frozen")
    try:
        kind.model_validate({**plugin.model_dump(), "no_such_parameter": 1})
    except ValidationError:
        return
    raise AssertionError("an unknown parameter is accepted, which hides typos in suites; keep extra='forbid'")


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
