"""Canonical JSON, digests and seeds: pure functions of declared values, the same on every machine."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical(value: Any) -> str:
    """The one JSON text of a value: sorted keys, no spaces. A setting that is None is off, and left out: a setting that
    is added to inrbench later, off by default, therefore changes no id."""
    return json.dumps(_without_none(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_without_none(item) for item in value]
    return value


def digest(value: Any) -> str:
    """Sixteen hexadecimal digits of the sha256 of a value's canonical JSON."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()[:16]


def seed(**axes: Any) -> int:
    """A seed below 2**31 from named axes."""
    return int(digest(axes), 16) % 2**31
