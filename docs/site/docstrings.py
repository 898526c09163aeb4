"""Parts of a plugin's docstring: formula, source, initialisation, descriptions of the parameters."""

from __future__ import annotations

import inspect
import re

_END_OF_FORMULA = re.compile(r" \[|\s\(\d{4}\)| with |[:;] |, (?=[A-Za-z']{3,})|\.$")
"""What follows a formula in the first sentence: a source, its initialisation, or a clause in words."""

_SOURCE = re.compile(r"\[([^\[\]]*(?:\b(?:19|20)\d\d\b|arXiv)[^\[\]]*)\]|(\S+ \((?:19|20)\d\d\))")
_INITIAL = re.compile(r"initial|at the start|\bbias(?:es)?\b.*PyTorch|(?<![A-Za-z])[UN]\((?:±|0,)|U\(0, 1\)")
_FIELD = re.compile(r"^    (\w+(?:, \w+)*): (.*)$")


def text(plugin: type[object]) -> str:
    """The docstring of a class without its indentation; empty if there is none."""
    return inspect.cleandoc(plugin.__doc__ or "")


def body(docstring: str) -> str:
    """A docstring without its list of attributes."""
    return docstring.split("\nAttributes:\n")[0].strip()


def first_sentence(docstring: str) -> str:
    """The first sentence, on one line, without the full stop."""
    return _sentences(docstring.split("\n\n")[0])[0].removesuffix(".") if docstring else ""


def formula(docstring: str) -> str:
    """The formula at the beginning of an activation's docstring, or the words instead of it.

    Example:
        >>> formula("exp(-(scale * z)²) with PyTorch's default initialisation [Ramasinghe & Lucey, ECCV 2022].")
        'exp(-(scale * z)²)'
    """
    line = " ".join(docstring.split("\n\n")[0].split())
    return _END_OF_FORMULA.split(line, maxsplit=1)[0]


def source(docstring: str) -> str:
    """The first paper, ``[Authors, venue and year]`` without the brackets or ``Name (year)``; empty without one."""
    match = _SOURCE.search(" ".join(docstring.split()))
    return (match[1] or match[2]) if match else ""


def initialisation(docstring: str) -> str:
    """The sentences about initial weights and biases; empty if there are none."""
    paragraphs = [part for part in body(docstring).split("\n\n") if not part.startswith(("- ", "    "))]
    return " ".join(sentence for part in paragraphs for sentence in _sentences(part) if _INITIAL.search(sentence))


def attributes(docstring: str) -> dict[str, str]:
    """The description of each attribute in the section ``Attributes:``; names that share one have it each."""
    descriptions: dict[str, str] = {}
    names: list[str] = []
    for line in docstring.partition("\nAttributes:\n")[2].splitlines():
        if match := _FIELD.match(line):
            names = match[1].split(", ")
            descriptions |= dict.fromkeys(names, match[2])
        else:
            descriptions |= {name: f"{descriptions[name]} {line.strip()}".strip() for name in names}
    return descriptions


def _sentences(paragraph: str) -> list[str]:
    """Sentences begin with a capital or a symbol; a full stop after one letter or within brackets ends none."""
    line = " ".join(paragraph.split())
    return re.split(r"(?<=[\w)\]²`'%…]{2}\.) (?=[A-ZΑ-Ω`])(?![^\[]*\])", line)
