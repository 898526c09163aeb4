"""Errors that end a command with one line, and how to suggest what was meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class BadInput(ValueError):
    """Something the user wrote is wrong. The message names the file, the key, the value and the remedy; exit code 2."""


class Stopped(Exception):
    """A run cannot go on, through no fault of its input. The message says why and what to do; exit code 1."""


_NEAR = 0.7
"""Similarity by difflib from which on a word is a near miss: ``nosuch`` and ``hosc`` have 0.6."""


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """``" — did you mean 'siren'?"`` for a near miss, else the list of what is known, ready to end a message."""
    names = sorted(choices)
    close = difflib.get_close_matches(word.lower(), names, n=1, cutoff=_NEAR)
    if close:
        return f" — did you mean {close[0]!r}?"
    return f"; known: {', '.join(names)}" if names else ""
