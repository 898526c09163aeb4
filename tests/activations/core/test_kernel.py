"""Kernels: a given VJP is that of autograd, and what it needs is in memory anyway."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest
import torch
from torch import Tensor

from inrbench.activations.core.kernel import DIFFERENTIABLE, Kernel, KernelCode, Number, constant, using
from inrbench.activations.core.spline_wavelet import WAVELET
from tests.bench.engine.kernels import KERNELS, inputs

GIVEN = [name for name, (kernel, _) in KERNELS.items() if kernel.vjp is not None]


@pytest.mark.parametrize("name", KERNELS)
def test_the_gradient_is_the_derivative_of_the_value(name: str) -> None:
    kernel, constants = KERNELS[name]
    _, z = inputs(name, rows=4, units=3, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: kernel(x, *constants), (z.requires_grad_(),), eps=1e-7, atol=1e-5)


@pytest.mark.parametrize("name", GIVEN)
def test_a_given_vjp_is_that_of_autograd(name: str) -> None:
    kernel, constants = KERNELS[name]
    grad, z = inputs(name, dtype=torch.float64)
    given = torch.autograd.grad(kernel(z.requires_grad_(), *constants), z, grad)[0]
    with using(DIFFERENTIABLE):
        (traced,) = torch.autograd.grad(kernel(z, *constants), z, grad)
    torch.testing.assert_close(given, traced, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", GIVEN)
def test_only_the_pre_activation_and_the_value_are_kept_and_nothing_is_overwritten(name: str) -> None:
    kernel, constants = KERNELS[name]
    kept: list[int] = []
    grad, z = inputs(name)
    before, upstream = z.clone(), grad.clone()

    def keep(t: Tensor) -> Tensor:
        kept.append(t.data_ptr())
        return t

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda t: t):
        out = kernel(z.requires_grad_(), *constants)
    out.backward(grad)
    assert kept == [z.data_ptr(), out.data_ptr()]
    assert torch.equal(z.detach(), before)
    assert torch.equal(grad, upstream)


class Doubled(KernelCode):
    """Another implementation, to be told from the plain one."""

    def value(self, kernel: Kernel, z: Tensor, constants: tuple[Number, ...]) -> Tensor:
        return 2 * super().value(kernel, z, constants)

    def vjp(self, kernel: Kernel, grad: Tensor, z: Tensor, value: Tensor, constants: tuple[Number, ...]) -> Tensor:
        return 2 * super().vjp(kernel, grad, z, value, constants)


def test_an_implementation_holds_for_the_forward_pass_and_its_backward_pass() -> None:
    z = torch.linspace(0.01, 0.4, 11, requires_grad=True)  # where the wavelet is z / 6
    with using(Doubled()):
        out = WAVELET(z, 1.0)
    (gradient,) = torch.autograd.grad(out.sum(), z)
    torch.testing.assert_close(out, z / 3)
    torch.testing.assert_close(gradient, torch.full_like(z, 1 / 3))
    torch.testing.assert_close(WAVELET(z, 1.0), z / 6)


def test_a_constant_has_a_gradient_only_where_derivatives_are_exact() -> None:
    z = torch.tensor(2.0, requires_grad=True)
    assert torch.autograd.grad(constant(z) * z, z)[0] == 2
    with using(DIFFERENTIABLE):
        assert torch.autograd.grad(constant(z) * z, z)[0] == 4


def test_a_function_that_has_no_name_in_its_file_is_refused() -> None:
    with pytest.raises(TypeError, match="top level"):
        Kernel(lambda z: z, WAVELET.vjp)
    with pytest.raises(TypeError, match="needs its VJP"):
        Kernel(WAVELET.value, columns=(2, 1))


def test_kernels_load_no_compiler() -> None:
    code = """
        import sys, torch
        from inrbench.activations.bw_relu import BwRelu
        BwRelu().forward(torch.zeros(3, requires_grad=True)).sum().backward()
        assert "torch._inductor.compile_fx" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, timeout=60)
