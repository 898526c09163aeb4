"""Kernels: compiled and plain code agree, only the pre-activation is kept, and a missing compiler is no failure."""

from __future__ import annotations

import runpy
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path

import pytest
import torch

from activations import finer, gauss, mfn, siren, wire
from activations.core import aot as native
from activations.core import kernel as kernels
from activations.core import spline_wavelet as wavelet
from activations.core.kernel import Kernel, compiled, compiling
from activations.core.linear import FirstLinear

KERNELS: dict[str, tuple[Kernel, tuple[float, ...], float]] = {
    "sine": (siren.SINE, (30.0,), 1),
    "bell": (gauss.BELL, (-100.0,), 1),
    "chirp": (finer.CHIRP, (30.0,), 1),
    "wavelet": (wavelet.WAVELET, (3.0,), 1),
    "gabor": (wire.GABOR, (10.0, -100.0), 1),
    "gabor-of-real": (wire.GABOR_OF_REAL, (10.0, -100.0), 2),
    "filter": (mfn.GABOR, (), 0.5),
}
"""Kernel, constants, columns out for a column in."""


def inputs(
    name: str, rows: int = 37, columns: int = 22, dtype: torch.dtype = torch.float32
) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(0)
    z = 0.4 * torch.randn(rows, columns, generator=generator, dtype=dtype)
    return torch.randn(rows, int(columns * KERNELS[name][2]), generator=generator, dtype=dtype), z


@pytest.mark.parametrize("name", KERNELS)
def test_the_slope_is_the_derivative_of_the_value(name: str) -> None:
    kernel, constants, _ = KERNELS[name]
    _, z = inputs(name, rows=4, columns=6, dtype=torch.float64)
    if name == "chirp":  # a factor of it counts as a constant; tests/activations/test_pointwise.py has its derivative
        return
    assert torch.autograd.gradcheck(lambda x: kernel(x, *constants), (z.requires_grad_(),), eps=1e-7, atol=1e-5)


@pytest.mark.parametrize("name", ["bell", "gabor", "gabor-of-real"])
def test_the_slope_by_the_value_is_the_slope(name: str) -> None:
    kernel, constants, _ = KERNELS[name]
    grad, z = inputs(name, dtype=torch.float64)
    value, slope, by_value = (source.function for source in kernel.sources)
    torch.testing.assert_close(
        by_value(grad, z, value(z, *constants), *constants), slope(grad, z, *constants), rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("name", KERNELS)
def test_only_the_pre_activation_is_kept_and_nothing_is_overwritten(name: str) -> None:
    kernel, constants, _ = KERNELS[name]
    kept: list[int] = []
    grad, z = inputs(name)
    before, upstream = z.clone(), grad.clone()
    with torch.autograd.graph.saved_tensors_hooks(lambda t: (kept.append(t.data_ptr()), t)[1], lambda t: t):
        out = kernel(z.requires_grad_(), *constants)
    out.backward(grad)
    assert kept == [z.data_ptr()]
    assert torch.equal(z.detach(), before)
    assert torch.equal(grad, upstream)


def agree(name: str, rows: int, columns: int) -> None:
    kernel, constants, _ = KERNELS[name]
    grad, z = inputs(name, rows, columns)
    with compiling(False):
        value, slope = kernel.value(z, *constants), kernel.slope(grad, z, *constants)
    with compiling(True):
        fast_value, fast_slope = kernel.value(z, *constants), kernel.slope(grad, z, *constants)
        assert compiled()
    torch.testing.assert_close(fast_value, value, rtol=0, atol=2e-6)
    torch.testing.assert_close(fast_slope, slope, rtol=0, atol=1e-5 * float(slope.abs().max()))


@pytest.mark.needs_compiler
def test_compiled_code_agrees_with_plain_code() -> None:
    for rows in (37, 1, 64):  # one function for all shapes
        agree("sine", rows, 22)


@pytest.mark.needs_compiler
def test_compiled_code_is_made_once_for_all_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    agree("sine", 37, 22)  # made now, if it never was
    monkeypatch.setattr(native, "_maker", None)
    with compiling(True):
        Kernel(siren._sine, siren._slope).value(torch.ones(3), 2.0)
        assert compiled()


def test_code_is_kept_for_its_source_its_threads_and_its_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def path(text: str = "def value(z, w):\n    return z * w\n") -> Path:
        (tmp_path / "plugin.py").write_text(text)
        return native.Source(runpy.run_path(str(tmp_path / "plugin.py"))["value"], 1, None).path

    paths = [path(), path("def value(z, w):\n    return z / w\n")]
    threads = torch.get_num_threads()
    torch.set_num_threads(threads + 1)
    try:
        paths.append(path())
    finally:
        torch.set_num_threads(threads)
    monkeypatch.setattr(native, "processor", lambda: "another")
    paths.append(path())
    assert len(set(paths)) == len(paths)
    monkeypatch.undo()
    assert path() == paths[0]


def test_a_function_without_a_name_of_its_own_is_refused() -> None:
    with pytest.raises(TypeError, match="top level"):
        Kernel(lambda z: z, siren._slope)


@pytest.mark.slow
def test_a_plugin_file_of_the_user_is_compiled_and_what_cannot_be_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setitem(kernels._state, "broken", False)
    (tmp_path / "plugin.py").write_text(
        "import torch\n"
        "def value(z, w):\n    return torch.tanh(z * w)\n"
        "def slope(g, z, w):\n    return (1 - torch.tanh(z * w) ** 2) * w * g\n"
        "def odd(z, w):\n    return z * float(z.sum())\n"
    )
    plugin = runpy.run_path(str(tmp_path / "plugin.py"))
    z = torch.linspace(-1, 1, 11)
    with compiling(True):
        torch.testing.assert_close(Kernel(plugin["value"], plugin["slope"]).value(z, 2.0), torch.tanh(2 * z))
        assert len(list((tmp_path / "inrbench" / "kernels").iterdir())) == 2  # and nothing else is left behind
        with pytest.warns(RuntimeWarning, match="not compiled"):
            Kernel(plugin["odd"], plugin["slope"]).value(z, 2.0)


@pytest.mark.slow
@pytest.mark.parametrize("name", KERNELS)
def test_every_kernel_compiles_and_agrees(name: str) -> None:
    for rows, columns in ((37, 22), (64, 6), (1, 2), (500, 300)):
        agree(name, rows, columns)


def test_without_a_compiler_it_is_said_once_and_the_result_is_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("no compiler\n" + "with a long story " * 100)

    monkeypatch.setitem(kernels._state, "broken", False)
    monkeypatch.setattr(kernels, "native", fails)
    kernel = Kernel(siren._sine, siren._slope)
    z = torch.linspace(-1, 1, 11)
    with compiling(True):
        with pytest.warns(RuntimeWarning, match="not compiled") as said:
            value = kernel.value(z, 3.0)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            kernel.slope(z, z, 3.0)
        assert not compiled()
    assert len(said) == 1
    assert len(str(said[0].message)) < 300
    assert "\n" not in str(said[0].message)
    torch.testing.assert_close(value, torch.sin(3 * z))


def test_the_variable_overrules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INRBENCH_COMPILE", "0")
    with compiling(True):
        assert not compiled()


def test_nothing_is_compiled_unless_asked() -> None:
    code = """
        import sys, torch
        from activations.siren import Siren
        Siren().forward(torch.zeros(3, requires_grad=True)).sum().backward()
        assert "torch._inductor.compile_fx" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, timeout=60)


def test_the_first_layer_is_a_linear_layer() -> None:
    ours = FirstLinear(3, 7)
    theirs = torch.nn.Linear(3, 7)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(11, 3, requires_grad=True)
    y = x.detach().clone().requires_grad_()
    torch.testing.assert_close(ours(x), theirs(y))
    ours(x).square().sum().backward()
    theirs(y).square().sum().backward()
    for a, b in zip([x, ours.weight, ours.bias], [y, theirs.weight, theirs.bias], strict=True):
        torch.testing.assert_close(a.grad, b.grad)
