"""All that this project uses of PyTorch beyond its documented interface, and the versions that it was tested with.

Private names change without notice. With another version nothing here is called: networks are evaluated and
differentiated by autograd, and `untested` says so in one line.
"""

from __future__ import annotations

import ctypes
import importlib
import platform
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

TESTED = ("2.13",)
"""Versions of PyTorch whose private names are known to be these."""

_VECTORS = "-mprefer-vector-width=512 -w" if platform.machine() == "x86_64" else "-w"
"""For the compiler: the widest vectors there are, and no warnings about PyTorch's headers."""


def untested() -> str | None:
    """Why compiled code is not used with this version of PyTorch, in one line; None where it may be."""
    version = str(torch.__version__)
    if ".".join(version.split(".")[:2]) in TESTED:
        return None
    return (
        f"PyTorch {version} is not one of those that compiled code was tested with ({', '.join(TESTED)}); "
        f"training runs by autograd and slower: install torch {TESTED[-1]} for the full speed"
    )


# -- products of oneDNN ------------------------------------------------------------------------------------------------


def onednn_linear(x: Tensor, matrix: Tensor, bias: Tensor | None) -> Tensor:
    """x Wᵀ + b by oneDNN, for float32 on a CPU; without a derivative."""
    product: Tensor = torch.ops.mkldnn._linear_pointwise(x, matrix, bias, "none", [], "")
    return product


def product_functions() -> tuple[int, int | None]:
    """The addresses of two functions for products of float32 matrices, which `mlp.cpp` declares.

    ``brgemm`` of PyTorch makes code for the very shapes by oneDNN where the processor has AVX-512, and calls BLAS where
    it has not. The other is `sgemm` of BLAS, None where PyTorch comes without it.

    Raises:
        OSError: if there is no ``brgemm``.
    """
    multiply = _address("_ZN2at6native7cpublas6brgemmEllllllbPKfS3_Pfb")
    if multiply is None:
        raise OSError("PyTorch has no product of small matrices on this system")
    return multiply, _address("sgemm_")


def _address(name: str) -> int | None:
    """The address of a function of PyTorch's libraries by the name that the linker knows; None if there is none."""
    try:
        return ctypes.cast(ctypes.CDLL(torch._C.__file__)[name], ctypes.c_void_p).value
    except AttributeError:
        return None


def parts_of(flat: Tensor, like: Sequence[Tensor]) -> Sequence[Tensor]:
    """Views of consecutive parts of a flat tensor, in the shapes of others; in one call."""
    parts: Sequence[Tensor] = torch._C._nn.unflatten_dense_tensors(flat, [*like])
    return parts


# -- the compiler, in a process of its own -----------------------------------------------------------------------------


ENVIRONMENT = {"TORCHINDUCTOR_VEC_ISA_OK": "1"}
"""Of the compiler's process. It would try what the processor can do by compiling six small programs, which takes as
long as one of ours."""


HEADER = "#include <torch/csrc/inductor/cpp_prefix.h>"
"""What a file with functions of `generate` begins with."""

LARGE = 1000
"""Operations in an intermediate result that the compiler keeps in memory. It would keep smaller ones, too, but compiled
MLPs have no memory for any. Without a limit, code in which results are used again and again would grow too much."""

Replaced = Mapping[Callable[..., Tensor], Callable[..., Tensor]]


def generate(
    name: str, function: Callable[..., Tensor | tuple[Tensor, ...]], inputs: Sequence[Tensor], replaced: Replaced
) -> tuple[str, list[Tensor | int], list[Tensor]]:
    """A function of tensors as one C++ function, for the present number of threads.

    Args:
        inputs: examples. All of their sizes may vary.
        replaced: functions of PyTorch such as ``torch.sin``, each with one of tensors that stands in for it.

    Returns:
        The source; the arguments of its call for these inputs, tensors and sizes; and the tensors that it would fill.

    Raises:
        NotImplementedError: if the compiler makes several functions of it, or none.
    """
    from torch._inductor import config, ir
    from torch._inductor.async_compile import AsyncCompile
    from torch._inductor.decomposition import decompositions
    from torch.fx.experimental.proxy_tensor import make_fx

    limits = dict.fromkeys(("realize_acc_reads_threshold", "realize_opcount_threshold"), LARGE)
    calls: list[tuple[str, tuple[Any, ...]]] = []

    def recorded(self: Any, types: Any, source: str, *args: Any, **kwargs: Any) -> Callable[..., None]:
        return lambda *arguments: calls.append((source, arguments))

    def kept(result: Any, users: int, **_: Any) -> bool:
        return users > 1 and isinstance(result.data, ir.Loops) and result.data.has_large_inner_fn()

    decompositions.update({getattr(torch.ops.aten, f.__name__).default: other for f, other in replaced.items()})
    with (
        torch.no_grad(),
        config.patch({"fx_graph_cache": False, "cpp.enable_floating_point_contract_flag": "fast", **limits}),
        _set(AsyncCompile, "cpp_pybinding", recorded),
        _set(ir.StorageBox, "should_realize_on_reuse", kept),
    ):
        torch._dynamo.reset()
        graph = make_fx(function, tracing_mode="symbolic")(*inputs)
        _add_instead_of_stacking(graph)
        out = torch.compile(graph, dynamic=True, fullgraph=True)(*inputs)
    if len(calls) != 1:
        raise NotImplementedError(f"PyTorch's compiler makes {len(calls)} functions of {name}")
    source, arguments = calls[0]
    declared = re.sub(r'extern "C"\s+void\s+kernel\(', f"static void {name}(", source.replace(HEADER, ""))
    return declared, list(arguments), [out] if isinstance(out, Tensor) else [*out]


@contextmanager
def _set(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Another value of an attribute for a while."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


def _add_instead_of_stacking(graph: Any) -> None:
    """Turn ``stack(tensors).sum(0)`` into a sum of the tensors: the code of a stack needs memory for all of them."""
    aten = torch.ops.aten
    for node in graph.graph.find_nodes(op="call_function", target=aten.sum.dim_IntList):
        stack, *how = node.args
        if stack.target is aten.stack.default and len(stack.args) == 1 and how == [[0]] and not node.kwargs:
            total, *terms = stack.args[0]
            with graph.graph.inserting_before(node):
                for term in terms:
                    total = graph.graph.call_function(aten.add.Tensor, (total, term))
            node.replace_all_uses_with(total)
    graph.graph.eliminate_dead_code()
    graph.recompile()


def build(source: str, folder: Path) -> bytes:
    """The content of the library of a C++ source, for this processor.

    Args:
        folder: for files on the way; it must have a plain path, which the compiler does not quote.

    Raises:
        RuntimeError: if the compiler fails, with its first error.
    """
    from torch._inductor import config
    from torch._inductor.cpp_builder import CppBuilder, CppTorchOptions
    from torch._inductor.cpu_vec_isa import pick_vec_isa

    _quote_library_folders()
    file = folder / "code.cpp"
    file.write_text(source)
    # A product and a sum in one instruction, with one rounding: half of the arithmetic of a sine.
    with config.patch({"cpp.enable_floating_point_contract_flag": "fast"}):
        options = CppTorchOptions(vec_isa=pick_vec_isa(), aot_mode=True)
        builder = CppBuilder(name="code", sources=[str(file)], BuildOption=options, output_dir=str(folder))
    # PyTorch's compiler has vectorised its own loops.
    command = builder.get_command_line().replace("-fno-tree-loop-vectorize", _VECTORS)
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise RuntimeError(next((line for line in lines if "error" in line), lines[-1] if lines else "no reason given"))
    return (folder / "code.so").read_bytes()


def _quote_library_folders() -> None:
    """Let the folders of libraries have spaces in their paths, as those of headers may by themselves."""
    options: Any = importlib.import_module("torch._inductor.cpp_builder").BuildOptionsBase
    options.get_libraries_dirs = lambda self: [shlex.quote(folder) for folder in self._libraries_dirs]
