"""The answer of a report in short, as plain data: methods by tasks, and the verdict of each task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple


class SummaryCell(NamedTuple):
    """A cell; ``bold`` marks the best network of a task."""

    text: str
    bold: bool = False


@dataclass(frozen=True)
class Summary:
    """What a command ends with.

    Attributes:
        columns: headings, that of the methods first.
        rows, classical: of networks, and of classical methods.
        notes: the meaning of marks.
        verdicts: the verdict of each task.
    """

    columns: list[str]
    rows: list[list[SummaryCell]]
    classical: list[list[SummaryCell]]
    notes: list[str]
    verdicts: list[str]

    def as_json(self) -> dict[str, Any]:
        """It as lists and mappings."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Summary:
        """The inverse of `as_json`.

        Raises:
            KeyError, TypeError: if the values are of something else.
        """
        rows = {kind: [[SummaryCell(*cell) for cell in row] for row in values[kind]] for kind in ("rows", "classical")}
        return cls(**{**values, **rows})
