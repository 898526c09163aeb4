"""Names, units and number formats of tables and figures: one place for all text that is not prose."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class MetricLabel:
    """How one metric is shown.

    Attributes:
        name: the name under which its scores are stored.
        short: its name in tables and figures, without the unit.
        unit: empty where it has none.
        direction: +1 where higher is better, -1 where lower is better, 0 where neither.
        spec: the format specification of a value, e.g. ``.2f``.
    """

    name: str
    short: str
    unit: str
    direction: int
    spec: str

    @classmethod
    def described(cls, name: str, description: Mapping[str, Any], direction: int) -> MetricLabel:
        """A metric by its stored description: the keys ``label``, ``unit``, ``direction`` and ``format``.

        Each key may be missing, as in results that were stored without descriptions: then the name is the label, and
        ``direction``, that of the scores, counts. An unusable format is replaced by the default.
        """
        spec = str(description.get("format") or DEFAULT_SPEC)
        try:
            format(0.0, spec)
        except ValueError:
            spec = DEFAULT_SPEC
        better = description.get("direction", direction)
        better = better if better in (-1, 0, 1) else direction
        return cls(name, str(description.get("label") or name), str(description.get("unit") or ""), better, spec)

    @property
    def label(self) -> str:
        """The name with its unit, as axes and table headings have it."""
        return f"{self.short} ({self.unit})" if self.unit else self.short

    def value(self, number: float) -> str:
        """A value with its unit."""
        return f"{format(number, self.spec)} {self.unit}".strip()

    def estimate(self, mean: float, half: float | None) -> str:
        """A mean with the half-width of its interval, its name and its unit: ``PSNR 30.12 ± 0.45 dB``."""
        return f"{self.short} {with_interval(mean, half, self.spec)} {self.unit}".strip()


DEFAULT_SPEC = ".4g"
_COARSE = {".4f": ".3f", ".2f": ".1f", ".2e": ".1e"}


def coarse(spec: str) -> str:
    """A format with one digit less than in tables, for cells that are read at a glance."""
    return _COARSE.get(spec, spec)


def number(value: float, spec: str) -> str:
    """A number with a minus sign instead of a hyphen."""
    return format(value, spec).replace("-", "−", int(value < 0))  # only the first: an exponent keeps its hyphen


def with_interval(mean: float, half: float | None, spec: str) -> str:
    """A mean with the half-width of its interval: ``30.12 ± 0.45``; the mean alone where there is none."""
    half_spec = ".0e" if spec.endswith("e") else spec
    return number(mean, spec) if half is None else f"{number(mean, spec)} ± {format(half, half_spec)}"


_ENGINES = {
    "mlp": "compiled MLP",
    "chain": "compiled MLP of version 0.1",
    "chain-onednn": "compiled MLP of version 0.1 with products of oneDNN",
    "kernels": "autograd with compiled kernels",
    "autograd": "autograd",
    "autograd-onednn": "autograd with products of oneDNN",
    "compiled": "compiled code",
}


def engine(name: str) -> str:
    """A training engine in words, by the name under which results store it."""
    return _ENGINES.get(name, name) or "engine not stored"


_BASELINES = {"finite-differences": "finite differences", "tangent-planes": "tangent planes", "tv": "TV", "fbp": "FBP"}


def baseline(label: str) -> str:
    """A classical method's name as papers write it."""
    return _BASELINES.get(label, label)


_IN_WORDS = {
    "alternating": "alternating projections",
    "biharmonic": "biharmonic interpolation",
    "bicubic": "bicubic interpolation",
    "cg-sense": "CG-SENSE",
    "cgls": "CGLS",
    "cubic": "cubic interpolation",
    "dct": "the DCT solution",
    "fbp": "filtered back-projection",
    "hio": "hybrid input-output",
    "least-norm": "the least-norm solution",
    "least-squares": "least squares",
    "linear": "linear interpolation",
    "nearest": "nearest-neighbour interpolation",
    "nl-means": "non-local means",
    "noisy": "the noisy picture",
    "pwls": "penalised weighted least squares",
    "shift-and-add": "shift and add",
    "static": "a still picture",
    "tikhonov": "Tikhonov regularisation",
    "tv": "total variation",
    "visual-hull": "the visual hull",
    "wiener": "the Wiener filter",
    "zero-filled": "zero filling",
}


def baseline_in_words(label: str) -> str:
    """A classical method's name within a sentence: ``total variation``; with swept settings as tables have it."""
    return _IN_WORDS.get(label, baseline(label))


def told_apart(methods: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The label of each method, with its key in parentheses where another method has the same: ``SIREN (mine)``.

    Args:
        methods: key and label of each method.
    """
    distinct = set(methods)
    counts = Counter(label for _, label in distinct)
    return {
        (key, label): f"{label} ({key})" if counts[label] > 1 and label != key else label for key, label in distinct
    }


def slug(name: str) -> str:
    """``name`` as part of a file name; a hash is added where characters were replaced, so that names stay distinct."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")
    return safe if safe == name else f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def span(values: Iterable[float | None], spec: str = ",.0f") -> str:
    """The range of some values: ``1,234``, or ``1,234–2,345`` where they differ; a dash for none."""
    distinct = sorted({value for value in values if value is not None})
    if not distinct:
        return "—"
    low, high = format(distinct[0], spec), format(distinct[-1], spec)
    return low if low == high else f"{low}–{high}"


def counted(count: int, noun: str) -> str:
    """A number of things: ``1 task``, ``3 tasks``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def seconds(value: float | None) -> str:
    """A time in seconds with two or three significant digits and no exponent; a dash for None."""
    if value is None:
        return "—"
    if value < 0.1:
        return "< 0.0001" if value < 1e-4 else np.format_float_positional(value, 2, fractional=False, trim="-")
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def setting(value: Any) -> str:
    """A parameter's value in running text: ``0.001``, ``96 × 144``, ``on``."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {setting(item)}" for key, item in sorted(value.items()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        numbers = all(isinstance(item, int | float) for item in value)
        return (" × " if numbers else ", ").join(setting(item) for item in value)
    return "none" if value is None else str(value)


_PARAMETERS = {"omega0": "ω₀", "omega": "ω", "s0": "s₀", "sigma": "σ", "beta": "β", "tau": "τ"}
_PARAMETERS |= {"checkpoints": "eval_steps"}  # its name in stored settings


def parameter(name: str) -> str:
    """A parameter's symbol or name as papers write it."""
    return _PARAMETERS.get(name, name)


def spaced(name: str) -> str:
    """A parameter's name in running text: spaces replace its underscores."""
    return parameter(name).replace("_", " ")


def named_settings(settings: Mapping[str, Any]) -> list[str]:
    """``["lr 0.001", …]`` for each setting, by name."""
    return [f"{spaced(key)} {setting(value)}" for key, value in sorted(settings.items())]


def shared_settings(settings: Sequence[Mapping[str, Any]], varies: str = "per method") -> list[str]:
    """``["lr 0.001", …]`` for settings that all share, ``lr per method`` for the others; null ones are left out.

    Args:
        settings: the settings of each run.
        varies: the text that replaces a value that differs.
    """
    keys = sorted({key for item in settings for key in item})
    texts = []
    for key in keys:
        values = {setting(item.get(key)) for item in settings}
        if values != {setting(None)}:
            texts.append(f"{spaced(key)} {values.pop() if len(values) == 1 else varies}")
    return texts
