"""Ahead-of-time (AOT) compilation of functions of tensors for the CPU, with a cache on disk.

A call of such code costs about two microseconds; through ``torch.compile``, which checks at each call whether its code
still fits, it costs thirty, as much as the arithmetic of a small block takes. Loading it costs a millisecond, and
nothing of the compiler is imported for it. Compiling costs a few seconds a function, once for a machine
(`inrbench.bench.engine.code_cache`).
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import importlib.util
import inspect
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from inrbench.bench.atomic_write import atomic_write
from inrbench.bench.engine import compiler_process
from inrbench.bench.engine.code_cache import code_file
from inrbench.bench.engine.elementary import cosine, sine, tanh
from inrbench.bench.machine.cpu_time import usable_cores

_OPTIONS: dict[str, Any] = {
    # The code around a kernel is too short to be worth optimising, and nobody reads its stack trace.
    "aot_inductor.compile_wrapper_opt_level": "O0",
    "aot_inductor.enable_line_tables": False,
    # A product and a sum in one instruction, with one rounding: half of the arithmetic of a sine.
    "cpp.enable_floating_point_contract_flag": "fast",
}


class CompilationError(RuntimeError):
    """Code could not be compiled or loaded; the message is the cause in one line."""


class Recipe(Protocol):
    """Description of code to be compiled."""

    @property
    def path(self) -> Path:
        """The file of the compiled code. Its name depends on everything that the code depends on."""

    @property
    def command(self) -> list[str]:
        """A module, and the arguments of its function `compile_from`, which compiles it."""


@dataclass(frozen=True)
class Source:
    """A function of tensors, to be compiled by itself.

    Attributes:
        function: of float32 tensors, then of scalar tensors; at the top level of its file.
        tensors: number of tensors, before the scalars.
        columns: for each tensor its number of columns as a multiple of a common number: they are matrices of as many
            rows; None if all are vectors of one length. No size may be below 2.
        threads: number of threads that divide the work of one call.
    """

    function: Callable[..., Tensor]
    tensors: int
    columns: tuple[int, ...] | None
    threads: int

    @property
    def scalars(self) -> int:
        """Number of scalars that the function takes after its tensors."""
        return len(inspect.signature(self.function).parameters) - self.tensors

    @property
    def path(self) -> Path:
        name = self.function.__qualname__
        return code_file(name, [str(self.threads)], [inspect.getfile(self.function), __file__])

    @property
    def command(self) -> list[str]:
        place = [inspect.getfile(self.function), self.function.__qualname__]
        return [__name__, *place, str(self.tensors), json.dumps(self.columns), str(self.threads), str(self.path)]


def compiler() -> str | None:
    """The path of the C++ compiler that PyTorch's compiler finds, ``CXX`` if it is set, else a known name; or None."""
    names = [os.environ["CXX"]] if "CXX" in os.environ else ["g++", "clang++"]
    return next((path for name in names if (path := shutil.which(name))), None)


def has_compiler() -> bool:
    """Whether there is a C++ compiler."""
    return compiler() is not None


_failures: dict[Path, str] = {}
"""Causes of failed compilations of this process: the same code is not compiled again for every job."""


def compile_all(recipes: Sequence[Recipe]) -> None:
    """Compile what is not in the cache, in as many processes at a time as there are processors.

    A process that compiles several imports the compiler once, which takes as long as one of them.

    Raises:
        CompilationError: if something cannot be compiled.
    """
    missing = [recipe for recipe in recipes if not recipe.path.exists()]
    if missing and not has_compiler():
        raise CompilationError("no C++ compiler was found; install one, e.g. g++")
    # In processes of their own: the compiler's 200 MB stay out of this one, and several work at a time.
    wanted = list({recipe.path: recipe for recipe in missing if recipe.path not in _failures}.values())
    count = min(len(wanted), len(usable_cores()))
    shares = [wanted[index::count] for index in range(count)]
    with ExitStack() as stack:
        headers = None
        if count and len(wanted) >= compiler_process.ENOUGH * count:
            with suppress(OSError):  # they only save time
                headers = stack.enter_context(tempfile.TemporaryDirectory(prefix="inrbench-headers-"))
        _finish([(share, _compiler(share, headers, index)) for index, share in enumerate(shares)])
    for recipe in missing:
        if recipe.path in _failures:
            raise CompilationError(_failures[recipe.path])


def _finish(running: Sequence[tuple[Sequence[Recipe], subprocess.Popen[str]]]) -> None:
    """Wait for processes that compile, and keep the causes of what failed."""
    for share, process in running:
        lines = process.communicate()[1].strip().splitlines() or ["the compiler gave no reason"]
        if process.returncode < 0:
            lines.append(
                f"the compiler was ended by {signal.Signals(-process.returncode).name}; is there enough memory?"
            )
        causes = dict(line.split(" ", 1) for line in lines if line.split(" ", 1)[0].isdecimal() and " " in line)
        for index, recipe in enumerate(share):
            if not recipe.path.exists():
                _failures[recipe.path] = causes.get(str(index), lines[-1])


def _compiler(recipes: Sequence[Recipe], headers: str | None, index: int) -> subprocess.Popen[str]:
    """A process that compiles recipes one after another, see `inrbench.bench.engine.compiler_process`."""
    commands = json.dumps([recipe.command for recipe in recipes])
    shared = [] if headers is None else [headers, str(index)]
    # The compiler would try what the processor can do by compiling six small programs, which takes as long as ours.
    environment = {**os.environ, "TORCHINDUCTOR_VEC_ISA_OK": "1"}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", compiler_process.__name__, commands, *shared],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


class CompiledCode:
    """Compiled code that several threads of Python can run at once: it does not hold the interpreter's lock (GIL).

    PyTorch's own binding of such code holds the lock; hence its C interface through ctypes.

    Args:
        path: file of the code.
        callers: number of threads that may run it at once; one more waits.

    Raises:
        CompilationError: if the file cannot be loaded.
    """

    def __init__(self, path: Path, callers: int) -> None:
        handle, count = ctypes.c_void_p(), ctypes.c_size_t()
        try:
            library = ctypes.CDLL(str(path))
            create = library.AOTInductorModelContainerCreateWithDevice
        except (OSError, AttributeError) as error:
            raise CompilationError(f"{path} cannot be loaded; remove it") from error
        create.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_char_p]
        if create(ctypes.byref(handle), callers, b"cpu", None):
            raise CompilationError(f"{path} cannot be loaded; remove it")
        library.AOTInductorModelContainerGetNumOutputs(handle, ctypes.byref(count))
        self._handle, self._outputs = handle, count.value
        self._run = library.AOTInductorModelContainerRun  # ctypes frees the lock during the call
        size, pointer = ctypes.c_size_t, ctypes.c_void_p
        self._run.argtypes = [pointer, pointer, size, pointer, size, pointer, pointer]

    def __call__(self, tensors: list[Tensor]) -> list[Tensor]:
        """Contiguous float32 tensors without a gradient to tensors.

        Raises:
            RuntimeError: if it fails, for want of memory for example.
        """
        given = torch._C._aoti.unsafe_alloc_void_ptrs_from_tensors(tensors)
        inputs = (ctypes.c_void_p * len(given))(*[_pointer(capsule, None) for capsule in given])
        outputs = (ctypes.c_void_p * self._outputs)()
        # It takes possession of its inputs, and hands over its outputs.
        if self._run(self._handle, inputs, len(given), outputs, self._outputs, None, None):
            raise RuntimeError("compiled code failed; its message is in the log of the job")
        found: list[Tensor] = torch._C._aoti.alloc_tensors_by_stealing_from_void_ptrs(
            [_capsule(output, None, None) for output in outputs]
        )
        return found


@functools.lru_cache(maxsize=256)
def load(path: Path, callers: int) -> CompiledCode:
    """The one `CompiledCode` of these arguments in this process."""
    return CompiledCode(path, callers)


_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype, _pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
_capsule = ctypes.pythonapi.PyCapsule_New
_capsule.restype, _capsule.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]


@functools.lru_cache(maxsize=256)
def scalar(value: float) -> Tensor:
    """A number as a tensor: as a number it would be compiled in, and each of its values would need code of its own."""
    return torch.tensor(value, dtype=torch.float32)


# -- in the compiler's process -----------------------------------------------------------------------------------------


def compile_to(path: Path, module: nn.Module, inputs: tuple[Any, ...], shapes: Any) -> None:
    """Compile a module's `forward` for the present number of threads.

    Args:
        inputs: examples, which must be large, or the compiler would consider them not worth several threads.
        shapes: which of their sizes may vary, as `torch.export.export` takes them.
    """
    from torch._inductor.decomposition import decompositions
    from torch.export import export

    # There, because a pass of its own over the graph takes a second.
    aten = torch.ops.aten
    decompositions.update({aten.sin.default: sine, aten.cos.default: cosine, aten.tanh.default: tanh})
    path.parent.mkdir(parents=True, exist_ok=True)
    with torch.no_grad(), tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}-") as folder:
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = folder
        graph: Any = export(module, inputs, dynamic_shapes=shapes).module(check_guards=False)
        options = {**_OPTIONS, "aot_inductor.output_path": f"{folder}/code.so"}
        made = torch._inductor.aot_compile(graph, inputs, options=options)
        atomic_write(path, Path(str(made)).read_bytes())  # though another process may compile the same


def import_from(file: str, name: str) -> Any:
    """A function or class by its name and the file that defines it, which is executed."""
    spec = importlib.util.spec_from_file_location(f"source_of_{name}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module  # pydantic resolves the names in annotations there
    spec.loader.exec_module(module)
    return getattr(module, name)


def _compile(source: Source, path: Path) -> None:
    from torch.export import Dim

    class Module(nn.Module):
        def forward(self, *inputs: Tensor) -> Tensor:
            return source.function(*inputs)

    rows, units = Dim("rows", min=2), Dim("units", min=2)
    if source.columns is None:
        tensors, sizes = [torch.rand(1 << 20) for _ in range(source.tensors)], [{0: rows}] * source.tensors
    else:
        tensors = [torch.rand(1 << 12, 256 * multiple) for multiple in source.columns]
        sizes = [{0: rows, 1: multiple * units} for multiple in source.columns]
    inputs = (*tensors, *(torch.rand(()) for _ in range(source.scalars)))
    compile_to(path, Module(), inputs, {"inputs": (*sizes, *[None] * source.scalars)})


def compile_from(arguments: Sequence[str]) -> None:
    """Compile one function by ``FILE FUNCTION TENSORS COLUMNS THREADS PATH``."""
    file, name, tensors, columns, threads, path = arguments
    found = json.loads(columns)
    torch.set_num_threads(int(threads))
    _compile(Source(import_from(file, name), int(tensors), found and tuple(found), int(threads)), Path(path))
