"""Kernels: the slope is the derivative, and only the pre-activation is kept for it."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest
import torch

from inrbench.activations import finer, siren
from inrbench.activations.core.kernel import PLAIN, Kernel, Number, PlainCode, using
from tests.bench.engine.kernels import KERNELS, inputs

WITHOUT_FACTOR = {name: case for name, case in KERNELS.items() if case[0] is not finer.CHIRP}
"""CHIRP's slope takes a factor of it as a constant, as FINER's paper does; tests/activations/test_finer.py has it."""


@pytest.mark.parametrize("name", WITHOUT_FACTOR)
def test_the_slope_is_the_derivative_of_the_value(name: str) -> None:
    kernel, constants, _ = KERNELS[name]
    _, z = inputs(name, rows=4, columns=6, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: kernel(x, *constants), (z.requires_grad_(),), eps=1e-7, atol=1e-5)


@pytest.mark.parametrize("name", KERNELS)
def test_the_functions_for_the_compiler_are_those_that_run_without_one(name: str) -> None:
    kernel, constants, _ = KERNELS[name]
    grad, z = inputs(name, dtype=torch.float64)
    value = kernel.value(z, *constants)
    slope = kernel.slope(grad, z, *constants)
    torch.testing.assert_close(PLAIN.value(kernel, z, constants), value, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(PLAIN.slope(kernel, grad, z, constants), slope, rtol=1e-12, atol=1e-12)
    if kernel.slope_by_value is not None:
        by_value = kernel.slope_by_value(grad, z, value, *constants)
        torch.testing.assert_close(by_value, slope, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", KERNELS)
def test_only_the_pre_activation_is_kept_and_nothing_is_overwritten(name: str) -> None:
    kernel, constants, _ = KERNELS[name]
    kept: list[int] = []
    grad, z = inputs(name)
    before, upstream = z.clone(), grad.clone()

    def keep(t: torch.Tensor) -> torch.Tensor:
        kept.append(t.data_ptr())
        return t

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda t: t):
        out = kernel(z.requires_grad_(), *constants)
    out.backward(grad)
    assert kept == [z.data_ptr()]
    assert torch.equal(z.detach(), before)
    assert torch.equal(grad, upstream)


class Doubled(PlainCode):
    """Another implementation, to be told from the plain one."""

    def value(self, kernel: Kernel, z: torch.Tensor, constants: tuple[Number, ...]) -> torch.Tensor:
        return 2 * super().value(kernel, z, constants)

    def slope(self, kernel: Kernel, grad: torch.Tensor, z: torch.Tensor, constants: tuple[Number, ...]) -> torch.Tensor:
        return 2 * super().slope(kernel, grad, z, constants)


def test_an_implementation_holds_for_the_forward_pass_and_its_backward_pass() -> None:
    z = torch.linspace(-1, 1, 11, requires_grad=True)
    with using(Doubled()):
        out = siren.SINE(z, 3.0)
    (slope,) = torch.autograd.grad(out.sum(), z)
    torch.testing.assert_close(out, 2 * torch.sin(3 * z))
    torch.testing.assert_close(slope, 6 * torch.cos(3 * z.detach()))
    torch.testing.assert_close(siren.SINE(z, 3.0), torch.sin(3 * z))


def test_a_function_that_has_no_name_in_its_file_is_refused() -> None:
    with pytest.raises(TypeError, match="top level"):
        Kernel(lambda z: z, siren.SINE.slope)


def test_kernels_load_no_compiler() -> None:
    code = """
        import sys, torch
        from inrbench.activations.siren import Siren
        Siren().forward(torch.zeros(3, requires_grad=True)).sum().backward()
        assert "torch._inductor.compile_fx" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, timeout=60)
