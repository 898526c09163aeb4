"""Compiled kernels agree with plain ones, for every shape."""

from __future__ import annotations

import pytest
import torch

from inrbench.activations.core.kernel import PLAIN, Kernel
from inrbench.activations.core.spline_wavelet import WAVELET
from inrbench.activations.siren import SINE
from inrbench.bench.engine.kernel_code import AotKernels, Recorder
from tests.bench.engine.kernels import KERNELS, inputs


@pytest.mark.needs_compiler
@pytest.mark.parametrize(
    "name", [name if name == "wavelet" else pytest.param(name, marks=pytest.mark.slow) for name in KERNELS]
)
def test_compiled_kernels_agree_with_plain_ones_for_every_shape(name: str) -> None:
    kernel, constants, _ = KERNELS[name]
    code = AotKernels([kernel], threads=1, callers=1)
    for rows, columns in ((37, 22), (64, 6), (1, 2), (500, 300)):
        grad, z = inputs(name, rows, columns)
        value, slope = PLAIN.value(kernel, z, constants), PLAIN.slope(kernel, grad, z, constants)
        torch.testing.assert_close(code.value(kernel, z, constants), value, rtol=0, atol=2e-6)
        bound = 1e-5 * float(slope.abs().max())
        torch.testing.assert_close(code.slope(kernel, grad, z, constants), slope, rtol=0, atol=bound)


@pytest.mark.needs_compiler
def test_other_dtypes_other_kernels_and_trained_constants_are_computed_too() -> None:
    code = AotKernels([WAVELET], threads=1, callers=1)
    z = torch.linspace(-1, 1, 6, dtype=torch.float64).reshape(2, 3)
    for given, constant in ((z, 3.0), (z.float(), torch.tensor(3.0))):
        assert torch.equal(code.value(WAVELET, given, (constant,)), PLAIN.value(WAVELET, given, (constant,)))
    other = KERNELS["bell"][0]
    assert torch.equal(code.value(other, z, (-1.0,)), PLAIN.value(other, z, (-1.0,)))


def test_a_recorder_lists_the_calls_in_order() -> None:
    recorder = Recorder()
    z = torch.ones(2, 2)
    first: Kernel = KERNELS["bell"][0]
    recorder.value(first, z, (-1.0,))
    out = recorder.value(SINE, z, (3.0,))
    assert [(call.kernel, call.constants) for call in recorder.calls] == [(first, (-1.0,)), (SINE, (3.0,))]
    assert recorder.calls[1].out is out
