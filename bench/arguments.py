"""Arguments of the commands as typed data, so that mypy checks what a command reads of its command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, TypeVar


@dataclass(frozen=True, kw_only=True)
class CommonArguments:
    """Arguments of every command; the help of each is in `bench.cli`."""

    plugin: list[str]


@dataclass(frozen=True, kw_only=True)
class ListArguments(CommonArguments):
    kind: Literal["activations", "tasks", "signals", "suites"]
    json: bool


@dataclass(frozen=True, kw_only=True)
class ResultsArguments(CommonArguments):
    results: Path


@dataclass(frozen=True, kw_only=True)
class SuiteArguments(ResultsArguments):
    suite: str
    scale: str | None
    tasks: list[str]
    activations: list[str]
    overrides: list[str]


@dataclass(frozen=True, kw_only=True)
class PlanArguments(SuiteArguments):
    json: bool
    shard: str | None


@dataclass(frozen=True, kw_only=True)
class DeviceArguments(SuiteArguments):
    devices: str


@dataclass(frozen=True, kw_only=True)
class RunArguments(DeviceArguments):
    scheduler: str | None
    timeout: float | None
    retry: str
    shard: str | None
    fail_fast: bool


@dataclass(frozen=True, kw_only=True)
class TuneArguments(DeviceArguments):
    trials: int | None


@dataclass(frozen=True, kw_only=True)
class MergeArguments(ResultsArguments):
    folder: Path


@dataclass(frozen=True, kw_only=True)
class CheckArguments(CommonArguments):
    names: list[str]


@dataclass(frozen=True, kw_only=True)
class NewArguments(CommonArguments):
    kind: Literal["activation", "task"]
    name: str


A = TypeVar("A", bound=CommonArguments)


def typed(kind: type[A], command: Callable[[A], int]) -> Callable[[argparse.Namespace], int]:
    """A command that takes parsed arguments, by one that takes arguments of a type."""
    return lambda parsed: command(kind(**{field.name: getattr(parsed, field.name) for field in fields(kind)}))
