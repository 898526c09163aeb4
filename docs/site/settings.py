"""Tables of the settings of a suite file, from the models that read them."""

from __future__ import annotations

import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from docs.site import docstrings
from inrbench.bench.config.settings import Loss, Model, Settings, Train
from inrbench.bench.config.suite import Claim, Round, Suite, Tuning

MODELS: dict[str, type[Settings]] = {
    cls.__name__.lower(): cls for cls in (Suite, Claim, Model, Train, Loss, Tuning, Round)
}

_WORDS = {int: "whole number", float: "number", str: "text", bool: "true or false", dict: "mapping", Any: "any value"}
_LINKS = {
    "Loss": "`l2`, `l1`, `huber`, `poisson` or a [mapping](#loss)",
    "OptimizerChoice": "a [name](training.md#optimisers) or a mapping of `name` and its settings",
}
"""Models for which a name will do as well."""

_BOUNDS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}


def table(cls: type[BaseModel]) -> str:
    """A Markdown table of the keys of a model: allowed values, default, meaning."""
    meanings = docstrings.attributes(docstrings.text(cls))
    lines = ["| key | value | default | meaning |", "| --- | --- | --- | --- |"]
    for name, field in cls.model_fields.items():
        cells = (f"`{name}`", allowed(field), _default(field), meanings[name].replace("``", "`"))
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def allowed(field: FieldInfo) -> str:
    """The type of a field in words, and its bounds."""
    bounds = [
        f"{sign} {getattr(item, key):,}"
        for item in field.metadata
        for key, sign in _BOUNDS.items()
        if hasattr(item, key)
    ]
    return ", ".join([_kind(field.annotation), *bounds])


def _kind(annotation: Any) -> str:
    """The words for a type."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{'true' if value is True else value}`" for value in inner)
    if origin is Annotated:
        return _kind(inner[0])
    if origin in (Union, types.UnionType):
        return " or ".join(_kind(part) for part in inner if part is not type(None))
    if origin is list:
        return f"list of {_kind(inner[0])}"
    if origin is tuple:
        return f"[{', '.join(map(_kind, inner))}]"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _LINKS.get(annotation.__name__, f"[mapping](#{annotation.__name__.lower()})")
    return _WORDS[origin or annotation]


def default(field: FieldInfo) -> str:
    """The default of a plugin's parameter; a dash where it is not set."""
    return "—" if field.default is None else f"`{field.default}`"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    return "" if value in (None, "", [], {}) or isinstance(value, BaseModel) else f"`{str(value).lower()}`"
