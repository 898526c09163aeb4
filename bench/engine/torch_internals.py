"""All that this project uses of PyTorch beyond its documented interface, and the versions that it was tested with.

Private names change without notice. With another version nothing here is called: networks are evaluated and
differentiated by autograd, and `untested` says so in one line.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

TESTED = ("2.13",)
"""Versions of PyTorch whose private names are known to be these."""

_OPTIONS: dict[str, Any] = {
    # The code around a kernel is too short to be worth optimising, and nobody reads its stack trace.
    "aot_inductor.compile_wrapper_opt_level": "O0",
    "aot_inductor.enable_line_tables": False,
    # A product and a sum in one instruction, with one rounding: half of the arithmetic of a sine.
    "cpp.enable_floating_point_contract_flag": "fast",
}


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


def make_onednn_known_to_compiler() -> None:
    """Let PyTorch's compiler call oneDNN for matrices that vary: by itself it does for constant ones only."""
    import torch._inductor.mkldnn_lowerings  # its own rule is registered first
    from torch._inductor.ir import FixedLayout, TensorBox
    from torch._inductor.lowering import register_lowering
    from torch._inductor.mkldnn_ir import LinearUnary, _create_output_node

    @register_lowering(torch.ops.mkldnn._linear_pointwise.default)
    def linear(x: Any, matrix: Any, bias: Any, attr: str, scalars: Any, algorithm: str) -> Any:
        # Rows of x must be contiguous; the matrix may be the transposed view of one.
        inputs = [LinearUnary.require_contiguous(LinearUnary.realize_input(x)), LinearUnary.realize_input(matrix)]
        constants: list[Any] = [attr, [-1], algorithm]
        if bias is None:
            constants.insert(0, None)
        else:
            inputs.append(LinearUnary.require_contiguous(LinearUnary.realize_input(bias)))
        size = [inputs[0].get_size()[0], inputs[1].get_size()[0]]
        layout = FixedLayout(device=x.get_device(), dtype=x.get_dtype(), size=size)
        output = _create_output_node(LinearUnary(layout, inputs, constants))  # type: ignore[no-untyped-call]
        return TensorBox.create(output)


# -- compiled code in a file -------------------------------------------------------------------------------------------


class Library:
    """The file of compiled code in this process, through its C interface.

    PyTorch's own binding of such code holds the interpreter's lock (GIL) during a call; ctypes frees it.

    Args:
        path: file of the code.
        callers: number of threads that may run it at once; one more waits.

    Raises:
        OSError: if it cannot be loaded.
    """

    def __init__(self, path: Path, callers: int) -> None:
        handle, count = ctypes.c_void_p(), ctypes.c_size_t()
        library = ctypes.CDLL(str(path))
        try:
            create = library.AOTInductorModelContainerCreateWithDevice
        except AttributeError as error:
            raise OSError(f"{path} holds no compiled code") from error
        create.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_char_p]
        if create(ctypes.byref(handle), callers, b"cpu", None):
            raise OSError(f"{path} cannot be started")
        library.AOTInductorModelContainerGetNumOutputs(handle, ctypes.byref(count))
        self._handle, self._outputs = handle, count.value
        self._run = library.AOTInductorModelContainerRun
        size, pointer = ctypes.c_size_t, ctypes.c_void_p
        self._run.argtypes = [pointer, pointer, size, pointer, size, pointer, pointer]

    def __call__(self, tensors: list[Tensor]) -> list[Tensor]:
        """Contiguous float32 tensors without a gradient to tensors.

        Raises:
            RuntimeError: if it fails, for want of memory for example.
        """
        handles = torch._C._aoti.unsafe_alloc_void_ptrs_from_tensors(tensors)
        inputs = (ctypes.c_void_p * len(handles))(*[_pointer(capsule, None) for capsule in handles])
        outputs = (ctypes.c_void_p * self._outputs)()
        # It takes possession of its inputs, and hands over its outputs.
        if self._run(self._handle, inputs, len(handles), outputs, self._outputs, None, None):
            raise RuntimeError("compiled code failed; its message is in the log of the job")
        results: list[Tensor] = torch._C._aoti.alloc_tensors_by_stealing_from_void_ptrs(
            [_capsule(output, None, None) for output in outputs]
        )
        return results


_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype, _pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
_capsule = ctypes.pythonapi.PyCapsule_New
_capsule.restype, _capsule.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]


def add_in_place(sums: list[Tensor], others: list[Tensor]) -> None:
    """Add tensors to others, one by one, in one call."""
    torch._foreach_add_(sums, others)


# -- the compiler, in a process of its own -----------------------------------------------------------------------------


ENVIRONMENT = {"TORCHINDUCTOR_VEC_ISA_OK": "1"}
"""Of the compiler's process. It would try what the processor can do by compiling six small programs, which takes as
long as one of ours."""


def compile_library(
    module: nn.Module,
    inputs: tuple[Any, ...],
    shapes: Any,
    folder: Path,
    replaced: Mapping[Callable[..., Tensor], Callable[..., Tensor]],
) -> bytes:
    """The content of the file of a module's compiled `forward`, for the present number of threads.

    Args:
        inputs: examples, which must be large, or the compiler would consider them not worth several threads.
        shapes: which of their sizes may vary, as `torch.export.export` takes them.
        folder: for files on the way; it must have a plain path, which the compiler does not quote.
        replaced: functions of PyTorch such as ``torch.sin``, each with one of tensors that stands in for it.
    """
    from torch._inductor.decomposition import decompositions
    from torch.export import export

    # There, because a pass of its own over the graph takes a second.
    operators = torch.ops.aten
    _quote_library_folders()
    decompositions.update({getattr(operators, f.__name__).default: replacement for f, replacement in replaced.items()})
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(folder)
    with torch.no_grad():
        graph: Any = export(module, inputs, dynamic_shapes=shapes).module(check_guards=False)
        options = {**_OPTIONS, "aot_inductor.output_path": f"{folder}/code.so"}
        made = torch._inductor.aot_compile(graph, inputs, options=options)
    return Path(str(made)).read_bytes()


def _quote_library_folders() -> None:
    """Let the folders of libraries have spaces in their paths, as those of headers may by themselves."""
    options: Any = importlib.import_module("torch._inductor.cpp_builder").BuildOptionsBase
    options.get_libraries_dirs = lambda self: [shlex.quote(folder) for folder in self._libraries_dirs]


def precompile_headers(on: bool) -> None:
    """Whether the compiler makes a precompiled header of its own for each code."""
    importlib.import_module("torch._inductor.config").aot_inductor.precompile_headers = on


def share_headers(folder: Path, index: int) -> None:
    """Let PyTorch's compiler in this process make and use the precompiled headers in a folder.

    By itself PyTorch reads all headers again for each code, to see whether they have changed, and processes wait for
    each other. A header that cannot be made, for want of space for example, is read as text.

    Args:
        folder: one for all processes, which takes about 300 MB; the caller removes it.
        index: number of this process: every other one begins with the other header.
    """
    codecache: Any = importlib.import_module("torch._inductor.codecache")
    original = codecache._precompile_header
    made: dict[str, str | None] = {}

    def precompile(header: str, command: str, **options: Any) -> str | None:
        if header not in made:
            # The header of kernels, which has no option `min_optimize`, comes second to PyTorch.
            if index % 2 and "min_optimize" in options and (kernels := codecache._get_cpp_prefix_header("cpu")):
                precompile(kernels, command, **{name: options[name] for name in options if name != "min_optimize"})
            try:
                made[header] = original(header, command, **options)
            except Exception:
                made[header] = None
        return made[header]

    codecache._HEADER_DIR, codecache._HEADER_LOCK_DIR = str(folder), str(folder / "locks")
    codecache._precompile_header = precompile
    precompile_headers(True)
