"""Machine code of small functions of tensors, made once by PyTorch's own compiler and kept on disk.

A call of such code costs about two microseconds; through ``torch.compile``, which looks at each call anew whether its
code still fits, it costs thirty, as much as the arithmetic of a small block takes. Loading it costs a millisecond, and
nothing of the compiler is imported for it. Making it costs a few seconds a function, once for a machine.

Only for the CPU. What is kept is kept for one processor, number of threads and version of PyTorch.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import importlib.util
import inspect
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

Code = Callable[[list[Tensor]], list[Tensor]]

_OPTIONS: dict[str, Any] = {
    # Headers that are compiled beforehand would fill 300 MB of the temporary folder for a second's gain, and the code
    # around a kernel is too short to be worth optimising.
    "aot_inductor.precompile_headers": False,
    "aot_inductor.compile_wrapper_opt_level": "O0",
}


def cache_folder() -> Path:
    """Where this user's machine-dependent results are kept between runs: ``$XDG_CACHE_HOME/inrbench``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "inrbench"


def halves(x: Tensor) -> tuple[Tensor, Tensor]:
    """The left and the right half of the columns, as ``x.chunk(2, dim=-1)``, which cannot be compiled for any width."""
    half = x.shape[-1] // 2
    return x[..., :half], x[..., half:]


class Recipe(Protocol):
    """What machine code is made of."""

    @property
    def path(self) -> Path:
        """Where its code is kept: the name tells whatever it depends on."""

    @property
    def command(self) -> list[str]:
        """The arguments of a Python process that makes it."""


@dataclass(frozen=True)
class Source:
    """A function of tensors.

    Attributes:
        function: of float32 tensors, then of scalar tensors; at the top level of its file. Whatever it calls of ours
            must stand in the same file or in this one: their content is part of the name under which the code is kept.
        tensors: how many they are, before the scalars.
        columns: for each tensor the multiple of one number of columns that it has: they are matrices of as many rows;
            None if all are vectors of one length. No size may be below 2.

    Raises:
        TypeError: if the function is a lambda or inside another one.
    """

    function: Callable[..., Tensor]
    tensors: int
    columns: tuple[int, ...] | None

    def __post_init__(self) -> None:
        if not self.function.__qualname__.isidentifier():
            raise TypeError(f"{self.function.__qualname__}: define it with def at the top level of its file")

    @property
    def file(self) -> str:
        """The file that the function stands in."""
        return inspect.getfile(self.function)

    @property
    def name(self) -> str:
        return self.function.__qualname__

    @property
    def scalars(self) -> int:
        """How many scalars the function takes after its tensors."""
        return len(inspect.signature(self.function).parameters) - self.tensors

    @property
    def path(self) -> Path:
        return kept_at(self.name, [str(torch.get_num_threads())], [self.file])

    @property
    def command(self) -> list[str]:
        rest = [str(self.tensors), json.dumps(self.columns), str(torch.get_num_threads()), str(self.path)]
        return ["-m", "activations.core.aot", self.file, self.name, *rest]


def kept_at(name: str, facts: Sequence[str], files: Sequence[str]) -> Path:
    """Where code is kept that depends on facts, on the content of files, on this one, PyTorch and the processor."""
    parts = [fact.encode() for fact in (torch.__version__, processor(), name, *facts)]
    parts += [Path(file).read_bytes() for file in (*files, __file__)]
    key = hashlib.sha256(b"\n".join(parts)).hexdigest()[:16]
    return cache_folder() / "kernels" / f"{name.strip('_')}-{key}.so"


_failed: dict[Path, str] = {}
"""What could not be made by this process, and why: it is not tried again."""


def make(*needed: Recipe, soon: Sequence[Recipe] = ()) -> None:
    """Make the code of those that no earlier process has made, all at the same time.

    Args:
        soon: what will be wanted next; made with the others where these have to be made.

    Raises:
        RuntimeError: if one that is needed cannot be made, for want of a compiler for example.
    """
    if all(recipe.path.exists() for recipe in needed):
        return
    if not any(recipe.path in _failed for recipe in needed):
        # By processes of their own: the compiler's 200 MB stay out of this one, and several work at a time.
        makers = [(recipe, _maker(recipe)) for recipe in (*needed, *soon) if not recipe.path.exists()]
        for recipe, maker in makers:
            said = maker.communicate()[1].strip().splitlines() or ["the compiler said nothing"]
            if recipe in needed and not recipe.path.exists():
                _failed[recipe.path] = said[-1]
    for recipe in needed:
        if recipe.path in _failed:
            raise RuntimeError(_failed[recipe.path])


def native(source: Source, *soon: Source) -> Code:
    """Machine code for the present number of threads, made if no earlier process has.

    Raises:
        RuntimeError: as `make`.
    """
    make(source, soon=soon)
    run: Code = torch._C._aoti.AOTIModelContainerRunnerCpu(str(source.path), 1).run
    return run


class Unlocked:
    """Machine code that several threads of Python can run at once: it does not hold the interpreter's lock.

    Args:
        path: where it is kept; its code must be that of one thread.
        threads: how many may run it at once; one more waits.
    """

    def __init__(self, path: Path, threads: int) -> None:
        library = ctypes.CDLL(str(path))
        handle, count = ctypes.c_void_p(), ctypes.c_size_t()
        create = library.AOTInductorModelContainerCreateWithDevice
        create.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_char_p]
        if create(ctypes.byref(handle), threads, b"cpu", None):
            raise RuntimeError(f"{path.name} cannot be loaded")
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
        # It takes what is given into its possession, and gives away what it puts out.
        if self._run(self._handle, inputs, len(given), outputs, self._outputs, None, None):
            raise RuntimeError("compiled code failed; what it said stands in the log")
        found: list[Tensor] = torch._C._aoti.alloc_tensors_by_stealing_from_void_ptrs(
            [_capsule(output, None, None) for output in outputs]
        )
        return found


@functools.lru_cache(maxsize=256)
def unlocked(path: Path, threads: int) -> Unlocked:
    """The one `Unlocked` of these arguments."""
    return Unlocked(path, threads)


_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype, _pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
_capsule = ctypes.pythonapi.PyCapsule_New
_capsule.restype, _capsule.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]


def _maker(recipe: Recipe) -> subprocess.Popen[str]:
    # The compiler would try what the processor can do by compiling six small programs, which takes as long as ours.
    environment = {**os.environ, "TORCHINDUCTOR_VEC_ISA_OK": "1"}
    return subprocess.Popen(
        [sys.executable, "-P", *recipe.command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


@functools.cache
def processor() -> str:
    """The processor's name and what it can do: code made for one may not run on another."""
    found = [platform.machine(), platform.processor(), torch.backends.cpu.get_cpu_capability()]
    try:
        first = Path("/proc/cpuinfo").read_text().partition("\n\n")[0]
        found += [line for line in first.splitlines() if line.startswith(("model name", "flags", "Features"))]
    except OSError:
        pass
    return "\n".join(found)


def compile_to(path: Path, module: nn.Module, inputs: tuple[Any, ...], shapes: Any) -> None:
    """Compile a module's `forward` for the present number of threads.

    Args:
        inputs: examples, which must be large, or the compiler would think that they are not worth several threads.
        shapes: which of their sizes may vary, as `torch.export.export` takes them.
    """
    from torch.export import export

    path.parent.mkdir(parents=True, exist_ok=True)
    with torch.no_grad(), tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}-") as folder:
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = folder
        graph: Any = export(module, inputs, dynamic_shapes=shapes).module(check_guards=False)
        options = {**_OPTIONS, "aot_inductor.output_path": f"{folder}/code.so"}
        made = torch._inductor.aot_compile(graph, inputs, options=options)
        os.replace(str(made), path)  # whole or not at all, whoever else is at it


def loaded(file: str, name: str) -> Any:
    """The function or class of that name of a file, which is run for it."""
    spec = importlib.util.spec_from_file_location(f"source_of_{name}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module  # pydantic looks there for the names in annotations
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


def main() -> None:
    """Make the code of one function: ``python -m activations.core.aot FILE FUNCTION TENSORS COLUMNS THREADS PATH``."""
    file, name, tensors, columns, threads, path = sys.argv[1:]
    torch.set_num_threads(int(threads))
    found = json.loads(columns)
    _compile(Source(loaded(file, name), int(tensors), found and tuple(found)), Path(path))


if __name__ == "__main__":
    main()
