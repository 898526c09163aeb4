"""The final network of a job as tensors, and what builds it again from them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import ConfigDict, TypeAdapter
from torch import nn

from inrbench.activations.core.base import Activation, Domain, build
from inrbench.bench.config.job import Plugin
from inrbench.bench.config.plugins import Plugins, source_file, source_sha256
from inrbench.bench.errors import BadInput


@dataclass(frozen=True)
class Evaluation:
    """How a job evaluated its network. The same on the same machine gives the same bits.

    Attributes:
        large, precision, derivatives: arguments of `inrbench.bench.engine.engine.choose_engine`.
        block_rows: rows of a block.
        threads: of PyTorch.
        device: ``cpu`` or ``cuda``.
    """

    large: bool
    precision: str | None
    derivatives: bool
    block_rows: int
    threads: int
    device: str


@dataclass(frozen=True)
class Blueprint:
    """What builds a trained network again from its tensors.

    Attributes:
        task: the job's, for the part of the values that is drawn.
        signal, kind: name and kind of the signal.
        rate: samples a second of a sound; None for other signals.
        activation: name, version and all parameters.
        plugin_file, plugin_sha256: name and hash of the file that defines the activation.
        in_features, out_features, shape: the `Domain`.
        width, depth, seed, tanh: arguments of `inrbench.activations.core.base.build`.
        torch: version of PyTorch.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    job_id: str
    task: Plugin
    signal: str
    kind: str
    rate: float | None
    activation: Plugin
    plugin_file: str
    plugin_sha256: str
    in_features: int
    out_features: int
    shape: tuple[int, ...]
    width: int
    depth: int
    seed: int
    tanh: bool
    torch: str
    evaluation: Evaluation

    @property
    def domain(self) -> Domain:
        return Domain(self.in_features, self.out_features, self.shape)

    def to_json(self) -> str:
        return _adapter().dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> Blueprint:
        """The inverse of `to_json`.

        Raises:
            pydantic.ValidationError: if the text is none.
        """
        return _adapter().validate_json(text)


@cache
def _adapter() -> TypeAdapter[Blueprint]:
    return TypeAdapter(Blueprint)


def plugin_of(activation: Activation) -> dict[str, str]:
    """The fields of a `Blueprint` that name an activation's file: a shipped one is the same on every machine."""
    return {
        "plugin_file": Path(source_file(type(activation))).name,
        "plugin_sha256": source_sha256(type(activation)),
    }


def tensors(network: nn.Module) -> dict[str, NDArray[Any]]:
    """The parameters and persistent buffers of a network, by name."""
    return {name: value.detach().cpu().contiguous().numpy().copy() for name, value in network.state_dict().items()}


def rebuild(blueprint: Blueprint, weights: dict[str, NDArray[Any]], plugins: Plugins) -> nn.Module:
    """The trained network, on the CPU and in evaluation mode.

    Raises:
        BadInput: if its activation is unknown, of another version, or builds another network now.
    """
    spec = blueprint.activation
    cls = plugins.activations.get(spec.name, f"job {blueprint.job_id} (plugin file {blueprint.plugin_file})")
    if cls.version != spec.version:
        raise BadInput(
            f"job {blueprint.job_id}: it was trained with version {spec.version} of {spec.name}, and this is version "
            f"{cls.version}; install the inrbench of that time, or run the job again"
        )
    activation = plugins.activations.create(spec)
    network = build(
        activation, blueprint.domain, width=blueprint.width, depth=blueprint.depth, seed=blueprint.seed,
        tanh=blueprint.tanh,
    )  # fmt: skip
    try:
        network.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in weights.items()})
    except RuntimeError as error:
        raise BadInput(
            f"job {blueprint.job_id}: {spec.name} builds another network now than it was trained with; the file of the "
            f"activation had the hash {blueprint.plugin_sha256[:12]}"
        ) from error
    return network.eval()
