"""The command `doctor`: what this machine offers to runs, and what to do about what is missing."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from inrbench.bench import arguments
from inrbench.bench.machine import cpu_time
from inrbench.bench.machine.cache import cache_folder

LEAST_FREE_GB = 1.0
"""Free disk space in GB below which the advice is to make room."""


@dataclass(frozen=True)
class Finding:
    """One line of the output.

    Attributes:
        state: what there is.
        advice: what to do about what is missing; empty if nothing is.
        fatal: whether no run is possible.
    """

    state: str
    advice: str = ""
    fatal: bool = False

    def line(self, name: str) -> str:
        return f"{name:<9} {self.state}" + (f"  -> {self.advice}" if self.advice else "")


def doctor(options: arguments.DoctorArgs) -> int:
    """Print a line for each finding; returns 1 if one of them makes a run impossible, else 0."""
    before = cpu_time.read()  # others are watched while all else is looked at, which takes a second or two
    torch, problem = _import_torch()
    checks: list[tuple[str, Callable[[], Finding]]] = [
        ("inrbench", _inrbench),
        ("torch", lambda: problem or _torch(torch)),
        ("cores", lambda: _cores(before)),
        ("features", lambda: _features(torch)),
        ("compiler", _compiler),
        ("GPUs", lambda: _gpus(torch)),
        ("caches", _caches),
        ("data", _data),
        ("formats", _formats),
        ("results", lambda: _results(options.results)),
        ("browser", _browser),
    ]
    findings = []
    for name, check in checks:
        try:
            finding = check()
        except Exception as error:  # a check that fails is a finding too; the others go on
            finding = Finding(f"unknown ({_reason(error)})")
        findings.append(finding)
        print(finding.line(name), flush=True)
    return int(any(finding.fatal for finding in findings))


def _import_torch() -> tuple[Any, Finding | None]:
    try:
        import torch
    except Exception as error:  # an ImportError, or whatever a broken library raises
        advice = "install it again: pip install --force-reinstall -c constraints.txt torch"
        return None, Finding(f"cannot be imported ({_reason(error)})", advice, fatal=True)
    return torch, None


def _inrbench() -> Finding:
    from inrbench.bench.machine.provenance import git_state

    try:
        number = version("inrbench")
    except PackageNotFoundError:
        number = "not installed, used from its folder"
    sha, dirty = git_state()
    commit = f" (commit {sha[:9]}{', with changes' if dirty else ''})" if sha else ""
    return Finding(f"{number}{commit}, Python {platform.python_version()}")


def _torch(torch: Any) -> Finding:
    build = f"CUDA {torch.version.cuda}" if torch.version.cuda else "ROCm" if torch.version.hip else "CPU"
    return Finding(f"{torch.__version__}, {build} build")


def _cores(before: cpu_time.CpuTimes) -> Finding:
    usable, total = len(cpu_time.usable_cores()), os.cpu_count() or 1
    state = f"{usable} of {total} usable, {usable} threads for a job on the CPU"
    shared, share = cpu_time.foreign(before, cpu_time.read())
    if not shared:
        return Finding(state)
    percent = f"about {100 * share:.0f} %" if share is not None else "some"
    return Finding(
        f"{state}; others use {percent} now", "end other work, or the times of jobs on the CPU do not count as valid"
    )


def _features(torch: Any) -> Finding:
    from inrbench.bench.machine.provenance import cpu_name

    if torch is None:
        return Finding(cpu_name())
    best = torch.backends.cpu.get_cpu_capability()
    state = f"{cpu_name()}, {'no vector instructions beyond the default' if best == 'DEFAULT' else best}"
    if best != "DEFAULT" or platform.machine().lower() not in ("x86_64", "amd64"):
        return Finding(state)
    return Finding(state, "training is slow without AVX2; prefer another machine, or unset ATEN_CPU_CAPABILITY")


def _compiler() -> Finding:
    from inrbench.bench.engine.aot import compiler

    if os.environ.get("INRBENCH_COMPILE") == "0":
        return Finding("not used, as INRBENCH_COMPILE is 0", "unset it; a step of a long job takes up to twice as long")
    if path := compiler():
        return Finding(path)
    where = f"CXX is {os.environ['CXX']}, which is not there" if "CXX" in os.environ else "neither g++ nor clang++"
    remedy = "unset CXX or name a compiler" if "CXX" in os.environ else "install one, e.g. apt-get install g++"
    return Finding(f"none ({where})", f"{remedy}; without, a step of a long job on the CPU takes up to twice as long")


def _gpus(torch: Any) -> Finding:
    from inrbench.bench.machine import devices, nvml

    cards, driver = nvml.connect().cards(), nvml.connect().driver_version()
    usable = devices.gpus() if torch is not None else []
    if usable:
        named = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
        return Finding(f"{len(usable)} usable: {', '.join(named)}" + (f"; driver {driver}" if driver else ""))
    if not cards:
        return Finding("none; jobs run on the CPU", "paper suites at full size want one; elsewhere give --scale small")
    state = f"none usable of {', '.join(card.name for card in cards)}; driver {driver}"
    if torch is None:
        return Finding(state)
    if not torch.version.cuda:
        return Finding(state, "this torch is a CPU build; install one for CUDA, see pytorch.org/get-started")
    if os.environ.get("CUDA_VISIBLE_DEVICES") is not None:
        return Finding(state, f"CUDA_VISIBLE_DEVICES is {os.environ['CUDA_VISIBLE_DEVICES']!r}; unset it")
    return Finding(state, f"the driver may be too old for CUDA {torch.version.cuda}; update it")


def _caches() -> Finding:
    folder = cache_folder()
    files = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
    size = sum(path.stat().st_size for path in files)
    functions = sum(path.suffix == ".so" for path in files)
    state = f"{size / 1e6:.1f} MB, {functions} compiled functions" if folder.is_dir() else "not there yet"
    if problem := _not_writable(folder):
        advice = "make it writable or set XDG_CACHE_HOME; without, every job compiles and measures again"
        return Finding(f"{folder}, {state}, cannot be written ({problem})", advice)
    return Finding(f"{folder}, {state}" + ("" if files else "; the first run fills it"))


def _data() -> Finding:
    from inrbench.tasks.signals import downloads
    from inrbench.tasks.signals.signal import SignalError

    originals = downloads.ORIGINALS.values()
    count, wrong = 0, []
    for original in originals:
        try:
            count += downloads.present(original) is not None
        except SignalError:
            wrong.append(original.name)
    state = f"{downloads.folder()}, {count} of {len(originals)} originals of papers"
    if wrong:
        return Finding(f"{state}; other files instead of {', '.join(wrong)}", "remove these, then: inrbench data SUITE")
    if count == len(originals):
        return Finding(state)
    return Finding(state, "inrbench data SUITE fetches what a suite needs, e.g. inrbench data paper-ct")


def _formats() -> Finding:
    from inrbench.tasks.signals.formats import FORMATS

    lacking = [kind for kind in FORMATS if kind.needs and find_spec(kind.needs) is None]
    state = f"{len(FORMATS) - len(lacking)} of {len(FORMATS)} kinds of files can be read"
    if not lacking:
        return Finding(state)
    packages = " ".join(sorted({kind.needs for kind in lacking}))
    return Finding(f"{state}, without {'; '.join(kind.name for kind in lacking)}", f"pip install {packages}")


def _results(folder: Path) -> Finding:
    if problem := _not_writable(folder):
        return Finding(f"{folder} cannot be written ({problem})", "make it writable or give --results DIR", fatal=True)
    free = shutil.disk_usage(_nearest(folder)).free / 1e9
    state = f"{folder}, writable, {free:.1f} GB free" + ("" if folder.exists() else "; the first run makes it")
    return Finding(state, "make room; a run ends when it cannot write" if free < LEAST_FREE_GB else "")


def _browser() -> Finding:
    return Finding("any, for the report, which is one file; Chromium is not needed (only tests of the page use it)")


def _not_writable(folder: Path) -> str:
    """Why no file can be made in a folder, or in the nearest one above it that exists; empty if one can."""
    try:
        with tempfile.TemporaryFile(dir=_nearest(folder)):
            return ""
    except OSError as error:
        return _reason(error)


def _nearest(folder: Path) -> Path:
    path = folder.absolute()
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def _reason(error: BaseException) -> str:
    """A cause in one line."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split())[:120] or type(error).__name__
