"""Arguments of the commands as typed data, so that mypy checks what a command reads of its command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, TypeVar


@dataclass(frozen=True, kw_only=True)
class Common:
    """Arguments of every command; the help of each is in `inrbench.bench.cli`."""

    plugin: list[str]

    @property
    def files(self) -> list[Path]:
        """The files of plugins that the user names."""
        return [Path(file).resolve() for file in self.plugin]


@dataclass(frozen=True, kw_only=True)
class List(Common):
    kind: Literal["activations", "tasks", "signals", "formats", "suites"]
    json: bool


@dataclass(frozen=True, kw_only=True)
class Results(Common):
    results: Path


@dataclass(frozen=True, kw_only=True)
class Suite(Results):
    suite: str
    scale: str | None
    tasks: list[str]
    activations: list[str]
    overrides: list[str]


@dataclass(frozen=True, kw_only=True)
class Archive(Suite):
    folder: Path


@dataclass(frozen=True, kw_only=True)
class Plan(Suite):
    json: bool
    shard: str | None


@dataclass(frozen=True, kw_only=True)
class Device(Suite):
    devices: str


@dataclass(frozen=True, kw_only=True)
class Run(Device):
    scheduler: str | None
    timeout: float | None
    retry: str
    shard: str | None
    fail_fast: bool
    keep_weights: bool


@dataclass(frozen=True, kw_only=True)
class Tune(Device):
    trials: int | None


@dataclass(frozen=True, kw_only=True)
class Merge(Results):
    folder: Path


@dataclass(frozen=True, kw_only=True)
class Compare(Common):
    first: Path
    second: Path


@dataclass(frozen=True, kw_only=True)
class Export(Common):
    folder: Path


@dataclass(frozen=True, kw_only=True)
class Render(Common):
    folder: Path
    job: str
    size: int | None
    out: Path | None


@dataclass(frozen=True, kw_only=True)
class Check(Common):
    names: list[str]


@dataclass(frozen=True, kw_only=True)
class New(Common):
    kind: Literal["activation", "task", "package"]
    name: str


@dataclass(frozen=True, kw_only=True)
class Completion(Common):
    shell: Literal["bash", "zsh"]


A = TypeVar("A", bound=Common)


def typed(kind: type[A], command: Callable[[A], int]) -> Callable[[argparse.Namespace], int]:
    """A command that takes parsed arguments, by one that takes arguments of a type."""
    return lambda parsed: command(kind(**{field.name: getattr(parsed, field.name) for field in fields(kind)}))
