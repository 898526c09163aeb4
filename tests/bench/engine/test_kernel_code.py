"""Other code for nonlinearities: recorded calls, and ``torch.compile``, here on the CPU."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from inrbench.activations.core.base import Pointwise
from inrbench.activations.core.kernel import PLAIN, using
from inrbench.activations.core.spline_wavelet import WAVELET
from inrbench.activations.finer import Finer
from inrbench.bench.engine import kernel_code
from inrbench.bench.engine.kernel_code import Recorder, TorchCompiled
from tests.bench.engine.kernels import KERNELS, inputs


@pytest.mark.slow
@pytest.mark.needs_compiler
@pytest.mark.parametrize("name", ["wavelet", "sine", "filter", "finer"])
def test_what_torch_compiles_agrees_with_plain_code(name: str) -> None:
    def value(z: Tensor) -> Tensor:
        if name == "finer":
            out: Tensor = Pointwise(Finer())(z)
            return out
        kernel, constants = KERNELS[name]
        return kernel(z, *constants)

    grad, z = inputs("wavelet" if name == "finer" else name)
    expected = value(z.requires_grad_())
    code = TorchCompiled()
    with using(code):
        found = value(z)
    torch.testing.assert_close(found, expected, rtol=0, atol=2e-6)
    one, other = (torch.autograd.grad(each, z, grad)[0] for each in (found, expected))
    torch.testing.assert_close(one, other, rtol=0, atol=1e-5 * float(other.abs().max()))


def test_what_torch_cannot_compile_is_plain_from_then_on_with_one_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(function: object) -> object:
        raise RuntimeError("no device")

    monkeypatch.setattr(kernel_code, "_compiled", fails)
    code, z = TorchCompiled(), torch.linspace(-1, 1, 6).reshape(2, 3)
    with pytest.warns(RuntimeWarning, match="run slower .*no device"):
        first = code.value(WAVELET, z, (3.0,))
    assert torch.equal(first, PLAIN.value(WAVELET, z, (3.0,)))
    assert torch.equal(code.pointwise(torch.sin, z), torch.sin(z))  # no second warning, which would be an error


def test_a_recorder_lists_the_calls_in_order() -> None:
    recorder = Recorder()
    z = torch.ones(2, 2)
    sine, gabor = KERNELS["sine"][0], KERNELS["gabor"][0]
    recorder.value(sine, z, ())
    out = recorder.value(gabor, z, (3.0, -1.0))
    assert [(call.kernel, call.constants) for call in recorder.calls] == [(sine, ()), (gabor, (3.0, -1.0))]
    assert recorder.calls[1].out is out
