"""The conformance checks: every activation passes them, and each check finds the fault that it is for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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


class Normed(Sound):
    def layer(self, in_features: int, out_features: int, *, first: bool) -> nn.Module:
        return nn.Sequential(nn.Linear(in_features, out_features), nn.BatchNorm1d(out_features), nn.ReLU())


class Dropped(Sound):
    def layer(self, in_features: int, out_features: int, *, first: bool) -> nn.Module:
        return nn.Sequential(nn.Linear(in_features, out_features), nn.ReLU(), nn.Dropout(0.1))


@pytest.mark.parametrize(("plugin", "cause"), [(Normed, "BatchNorm1d"), (Dropped, "Dropout")])
def test_layers_with_modes_are_named_and_no_fault(plugin: type[Activation], cause: str) -> None:
    findings = {finding.name: finding for finding in conformance.check(plugin())}
    assert all(finding.ok for finding in findings.values()), [str(f) for f in findings.values() if not f.ok]
    assert findings["rows"].status == "skipped"
    assert f"by {cause}: a step is one block" in findings["rows"].message


class Pair(nn.Module):
    """The larger of two linear maps."""

    def __init__(self, fan_in: int, fan_out: int) -> None:
        super().__init__()
        self.one, self.other = nn.Linear(fan_in, fan_out), nn.Linear(fan_in, fan_out)

    def forward(self, x: Tensor) -> Tensor:
        return torch.maximum(self.one(x), self.other(x))


class Larger(Activation):
    name, label, version = "larger", "Larger", 1

    def layer(self, in_features: int, out_features: int, *, first: bool) -> nn.Module:
        return Pair(in_features, out_features)


class Halved(Larger):
    def hidden_width(self, width: int) -> int:
        return round(width / 2**0.5)


def test_a_layer_needs_no_curve_and_its_surplus_of_parameters_is_named() -> None:
    findings = {finding.name: finding for finding in conformance.check(Larger())}
    assert all(finding.ok for finding in findings.values()), [str(f) for f in findings.values() if not f.ok]
    assert findings["curve"].status == "passed"
    assert findings["params"].message == "100% more parameters than an MLP of this width; define hidden_width"
    assert conformance.check_params(Halved()) == ""
    assert conformance.check_params(Sound()) == ""


# Python compiles PyTorch's modules anew for each level, and another test has level 2 too.
@pytest.mark.parametrize("level", ["2", pytest.param("1", marks=pytest.mark.slow)])
def test_checks_find_faults_without_asserts_too(level: str, tmp_path: Path) -> None:
    (tmp_path / "faulty.py").write_text(
        "import torch\nfrom inrbench.activations import Activation\n"
        "class Faulty(Activation):\n"
        '    name, label, version = "faulty", "faulty", 0\n'
        "    def forward(self, z):\n        return torch.sin(z - z.mean(0))\n"
    )
    code = (
        "from faulty import Faulty; from inrbench.activations.core.conformance import check; "
        "print([finding.name for finding in check(Faulty()) if not finding.ok])"
    )
    environment = {**os.environ, "PYTHONOPTIMIZE": level, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "['identity', 'rows']", done.stderr
