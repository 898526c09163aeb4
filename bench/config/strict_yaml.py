"""Strict YAML reading and validation, with one-line error messages that name the key, the value and the remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from inrbench.bench.errors import BadInput, did_you_mean

M = TypeVar("M", bound=BaseModel)


MAX_FILE_BYTES = 1_000_000
"""A suite is a page of text; whatever is larger was not meant to be one."""


class _Loader(yaml.SafeLoader):
    """Safe YAML that reads 1e-3 as a number (YAML 1.1 wants a dot) and 1e3 as a whole one.

    It refuses a key given twice, numbers that YAML 1.1 reads to another base, and aliases: a suite needs none, and
    nested ones can blow a small file up without bound.
    """

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.composer.ComposerError(None, None, "YAML aliases are not allowed", self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} is not text", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        if re.match(r"[-+]?0[0-9_]+$", node.value):
            fault = f"{node.value} would be a number to base 8; write it without the zero"
        elif ":" in node.value:
            fault = f"{node.value} would be a number to base 60; write it as one number"
        else:
            return super().construct_yaml_int(node)
        raise yaml.constructor.ConstructorError(None, None, fault, node.start_mark)

    def construct_yaml_float(self, node: yaml.ScalarNode) -> int | float:
        if ":" in node.value:
            return self.construct_yaml_int(node)
        value = super().construct_yaml_float(node)
        whole = re.search(r"[eE]\+?[0-9]+$", node.value) and value.is_integer() and abs(value) < 2**53
        return int(value) if whole else value


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.construct_yaml_float)
EXPONENT = re.compile(r"^[-+]?[0-9][0-9_]*(\.[0-9_]*)?[eE][-+]?[0-9]+$")
"""What is read as a number here, and as text by YAML 1.1."""

_Loader.add_implicit_resolver("tag:yaml.org,2002:float", EXPONENT, list("-+0123456789"))


def read_yaml(text: str, where: str) -> Any:
    """Parse YAML text; ``where`` names it in errors.

    Raises:
        BadInput: with the line of the first fault.
    """
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise BadInput(f"{where}{line}: not valid YAML ({problem}); fix that line") from error
    except (ValueError, RecursionError) as error:  # e.g. a date that is none, or brackets nested thousands deep
        raise BadInput(f"{where}: not valid YAML ({type(error).__name__}: {error}); fix it") from error


def read_text(path: Path) -> str:
    """The text of a small UTF-8 file.

    Raises:
        BadInput: if it is missing, a folder, too large or no text.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BadInput(f"{path}: larger than {MAX_FILE_BYTES // 1_000_000} MB; a suite file is a page of YAML")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise BadInput(f"{path}: cannot be read ({cause}); name a readable suite file") from error


def validated(cls: type[M], values: Mapping[str, Any], where: str, key: str = "", besides: Sequence[str] = ()) -> M:
    """Settings or plugin parameters from parsed YAML, strictly: no text where a number belongs, no unknown name.

    Args:
        where: file or option that the values come from, at the beginning of messages.
        key: key of the values in the file, e.g. ``tasks.image``; empty for the whole file.
        besides: other keys that are right there, for the suggestion where one is not known.

    Raises:
        BadInput: one line that names the key, the value and what would be right.
    """
    try:
        return cls.model_validate(_tuples(cls, values))
    except ValidationError as error:
        raise BadInput(_explain(error, cls, values, where, key, besides)) from error


def accepts(cls: type[BaseModel], key: str, value: Any) -> bool:
    """Whether ``value`` is right for one field as it stands: tells a list that is a value from one that is a sweep."""
    try:
        cls.model_validate(_tuples(cls, {key: value}))
    except ValidationError as error:
        return not any(item["loc"] and item["loc"][0] == key for item in error.errors())
    return True


def _tuples(cls: type[BaseModel], values: Mapping[str, Any]) -> dict[str, Any]:
    """YAML has lists only: where a field is annotated as a tuple, its list becomes one."""
    return {
        key: tuple(value)
        if isinstance(value, list) and key in cls.model_fields and "tuple" in str(cls.model_fields[key].annotation)
        else value
        for key, value in values.items()
    }


_KINDS = {
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "string_type": "text",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
    "finite_number": "a finite number",
}


def _path(loc: Sequence[str], values: Any) -> list[str]:
    """The part of an error's location that the user wrote: pydantic adds the members of unions and its functions."""
    path = []
    for part in loc:
        if isinstance(values, Mapping) and part in values:
            values = values[part]
        elif isinstance(values, list | tuple) and part.isdigit():
            values = values[int(part)]
        else:
            continue
        path.append(part)
    return path


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in a type, such as the one of ``list[Round] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _known(cls: type[BaseModel], path: Sequence[str]) -> list[str]:
    """The names of the settings beside the last one of a path."""
    for part in path[:-1]:
        if field := cls.model_fields.get(part):
            cls = next(_models(field.annotation), cls)
    return list(cls.model_fields)


def _explain(
    error: ValidationError,
    cls: type[BaseModel],
    values: Mapping[str, Any],
    where: str,
    outer: str,
    besides: Sequence[str],
) -> str:
    """The first fault as one line; a name that is not known goes before what is missing for that."""
    faults = error.errors(include_url=False)
    fault = next((fault for fault in faults if fault["type"] == "extra_forbidden"), faults[0])
    loc = [str(part) for part in fault["loc"]]
    path = _path(loc, values) or loc
    if fault["type"] == "missing":
        path = [*_path(loc[:-1], values), loc[-1]]
    key = ".".join(path)
    place = f"{where}: {'.'.join(filter(None, (outer, key)))}".removesuffix(": ")
    value = repr(fault["input"])
    value = value if len(value) <= 60 else value[:57] + "..."
    if fault["type"] == "extra_forbidden":
        known = [*_known(cls, path), *(besides if len(path) == 1 else ())]
        return f"{place}: no such setting{did_you_mean(loc[-1], known)}"
    if fault["type"] == "missing":
        return f"{place}: missing; give it a value"
    if kind := _KINDS.get(fault["type"]):
        return f"{place}: {value} is not {kind}"
    message = fault["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    if fault["type"] in {"value_error", "assertion_error"} and not loc:
        return f"{place}: {message}"
    return f"{place}: {value} is out of range; {message}" if "than" in message else f"{place}: {value}: {message}"
