"""Names, units and number formats of tables and figures."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Metric:
    """How a metric is shown. ``spec`` formats a value; ``short`` has no unit."""

    name: str
    short: str
    unit: str
    spec: str

    @property
    def label(self) -> str:
        return f"{self.short} ({self.unit})" if self.unit else self.short


_METRICS = {
    metric.name: metric
    for metric in (
        Metric("psnr", "PSNR", "dB", ".2f"),
        Metric("ssim", "SSIM", "", ".4f"),
        Metric("psnr_circle", "PSNR in circle", "dB", ".2f"),
        Metric("ssim_circle", "SSIM in circle", "", ".4f"),
        Metric("psnr_unseen", "PSNR on unseen pixels", "dB", ".2f"),
        Metric("snr", "SNR", "dB", ".2f"),
        Metric("lsd", "log-spectral distance", "dB", ".2f"),
        Metric("loss", "data loss", "", ".2e"),
        Metric("mse", "MSE", "", ".2e"),
        Metric("mae", "MAE", "", ".2e"),
        Metric("iou", "IoU", "", ".4f"),
        Metric("lpips", "LPIPS", "", ".4f"),
    )
}


def metric(name: str) -> Metric:
    """How a metric is shown; one not known here keeps its raw name."""
    return _METRICS.get(name, Metric(name, name, "", ".4g"))


_BASELINES = {"tv": "TV", "fbp": "FBP", "sirt": "SIRT", "cgls": "CGLS"}


def baseline(label: str) -> str:
    """A classical method's name as papers write it."""
    return _BASELINES.get(label, label)


def slug(name: str) -> str:
    """``name`` as part of a file name; one with other characters gets a hash, so that two never meet."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")
    return safe if safe == name else f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def span(values: Iterable[float | None], spec: str = ",.0f") -> str:
    """``1,234``, or ``1,234–2,345`` where they differ; a dash for none."""
    found = sorted({value for value in values if value is not None})
    if not found:
        return "—"
    low, high = format(found[0], spec), format(found[-1], spec)
    return low if low == high else f"{low}–{high}"


def seconds(value: float | None) -> str:
    """A time with two or three significant digits and no exponent."""
    if value is None:
        return "—"
    if value < 0.1:
        return "< 0.0001" if value < 1e-4 else np.format_float_positional(value, 2, fractional=False, trim="-")
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def setting(value: Any) -> str:
    """A parameter's value as a reader writes it: ``0.001``, ``96 × 144``, ``on``."""
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


def parameter(name: str) -> str:
    """A parameter's name as papers write it."""
    return _PARAMETERS.get(name, name)


def words(name: str) -> str:
    """A setting's name in running text: its underscores, which are hard to read there, become spaces."""
    return parameter(name).replace("_", " ")


def shared(settings: Sequence[Mapping[str, Any]], varies: str = "per method") -> list[str]:
    """``["lr 0.001", …]`` for what all agree on, ``lr per method`` for what they do not; what is null is not said."""
    keys = sorted({key for item in settings for key in item})
    said = []
    for key in keys:
        values = {setting(item.get(key)) for item in settings}
        if values != {setting(None)}:
            said.append(f"{words(key)} {values.pop()}" if len(values) == 1 else f"{words(key)} {varies}")
    return said
