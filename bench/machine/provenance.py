"""Where a result comes from: versions, device, commit. Stored beside every result; never part of a job's identity."""

from __future__ import annotations

import functools
import hashlib
import json
import platform
import socket
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from inrbench.bench.machine.cpu_info import cpu_info

PACKAGES = ("inrbench", "numpy", "scipy", "scikit-image", "pyarrow", "pydantic", "pydicom", "pillow")


@dataclass(frozen=True)
class Provenance:
    """Provenance that all jobs of one worker process share; the columns of ``runs`` of the same names."""

    device: str
    device_name: str
    driver: str | None
    threads: int
    host: str
    python: str
    torch: str
    packages: str
    git_sha: str | None
    git_dirty: bool | None


def of_process(device: Any, threads: int) -> Provenance:
    """The provenance of this process. ``device`` is a torch.device."""
    import torch

    name, driver = cpu_name(), None
    if device.type == "cuda":
        from inrbench.bench.machine import nvml

        name, driver = torch.cuda.get_device_name(device), nvml.connect().driver_version()
    sha, dirty = git_state()
    return Provenance(
        device=device.type,
        device_name=name,
        driver=driver,
        threads=threads,
        host=hashlib.sha256(socket.gethostname().encode()).hexdigest()[:12],
        python=platform.python_version(),
        torch=str(torch.__version__),
        packages=json.dumps(_packages(), sort_keys=True),
        git_sha=sha,
        git_dirty=dirty,
    )


def cpu_name() -> str:
    """The processor's name as the system gives it, with its number of cores."""
    import os

    name = cpu_info().get("model name") or platform.processor() or platform.machine()
    return f"{name} × {os.cpu_count()}"


def _packages() -> dict[str, str]:
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


@functools.cache
def git_state() -> tuple[str | None, bool | None]:
    """The commit of the checkout that holds this file, and whether it has changes; (None, None) outside a checkout."""
    folder = Path(__file__).resolve().parent
    try:
        ask = functools.partial(subprocess.run, cwd=folder, capture_output=True, text=True, timeout=10, check=True)
        tracked = ask(["git", "ls-files", "--error-unmatch", Path(__file__).name]).stdout
        sha = ask(["git", "rev-parse", "HEAD"]).stdout.strip()
        dirty = bool(ask(["git", "status", "--porcelain", "--untracked-files=no"]).stdout.strip())
    except (OSError, subprocess.SubprocessError):
        return None, None
    return (sha, dirty) if tracked else (None, None)
