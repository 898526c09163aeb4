"""The conformance checks: every activation passes them, and each check finds the fault that it is for."""

from __future__ import annotations

import pytest
import torch
from pydantic import ConfigDict
from torch import Tensor, nn

from inrbench.activations.core import conformance
from inrbench.activations.core.base import Activation, ParamGroup
from inrbench.checks import Finding, run_check
from tests.activations.plugins import EVERY


def test_the_plugins_are_found() -> None:
    assert {"bw-relu", "finer", "gauss", "mfn", "relu", "relu-pe", "siren", "wire"} <= {plugin.name for plugin in EVERY}


@pytest.mark.parametrize("one", conformance.CHECKS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("plugin", EVERY, ids=lambda plugin: plugin.name)
def test_every_activation_passes(plugin: type[Activation], one: conformance.Check) -> None:
    finding = run_check(one, plugin())
    assert finding.ok, finding.message


# -- plugins with one fault each ---------------------------------------------------------------------------------------


class Sound(Activation):
    name, label, version = "sound", "Sound", 1

    def forward(self, z: Tensor) -> Tensor:
        return torch.sin(z)


class WrongStd(Sound):
    def weight_std(self, fan_in: int, *, first: bool) -> float:
        return 1.2 * super().weight_std(fan_in, first=first)


class NotANumber(Sound):
    def forward(self, z: Tensor) -> Tensor:
        return torch.sqrt(z)


class SeesOtherRows(Sound):
    def forward(self, z: Tensor) -> Tensor:
        return torch.sin(z - z.mean(0))


class Raises(Sound):
    def forward(self, z: Tensor) -> Tensor:
        raise RuntimeError("not today")


class Stuck(Sound):
    def forward(self, z: Tensor) -> Tensor:
        return torch.zeros_like(z) * z

    def head(self, in_features: int, out_features: int) -> nn.Module:
        return nn.Linear(in_features, out_features, bias=False)


class OwnRandomness(Sound):
    def init_layer(self, linear: nn.Linear, *, first: bool) -> None:
        nn.init.uniform_(linear.weight, -1, 1, generator=torch.Generator().manual_seed(torch.seed() % 2**31))


class Single(Sound):
    def forward(self, z: Tensor) -> Tensor:
        return torch.sin(z.float()).to(z.dtype) + 0.01 * (z.dtype == torch.float64)


class Unused(Sound):
    def head(self, in_features: int, out_features: int) -> nn.Module:
        head = nn.Linear(in_features, out_features)
        head.extra = nn.Parameter(torch.zeros(3))
        return head


class Forgotten(Sound):
    def optimizer_groups(self, network: nn.Module) -> list[ParamGroup]:
        return [ParamGroup(list(network.parameters())[1:], lr_factor=2.0)]


class Loose(Sound):
    model_config = ConfigDict(extra="ignore")


class BadName(Sound):
    name = "Bad Name"


@pytest.mark.parametrize(
    ("plugin", "check", "message"),
    [
        (WrongStd, "init", "weight_std declares"),
        (NotANumber, "finite", "not finite"),
        (SeesOtherRows, "rows", "other rows"),
        (Raises, "shapes", "RuntimeError: not today"),
        (Stuck, "learns", "do not lower the loss"),
        (OwnRandomness, "seed", "same seed"),
        (Single, "double", "float64"),
        (Unused, "finite", "extra gets no gradient"),
        (Forgotten, "params", "7 parameters of 8 trained"),
        (Loose, "configuration", "unknown parameter"),
        (BadName, "identity", "lower case"),
    ],
)
def test_a_broken_plugin_is_caught(plugin: type[Activation], check: str, message: str) -> None:
    findings = {finding.name: finding for finding in conformance.check(plugin())}
    assert not findings[check].ok
    assert message in findings[check].message


def test_a_sound_plugin_passes_and_findings_print_as_a_line() -> None:
    findings = conformance.check(Sound())
    assert [str(finding) for finding in findings if not finding.ok] == []
    assert str(Finding("init", "failed", "why")) == "failed  init: why"
