"""The command `doctor`: what is missing is told with its remedy, and nothing ends in a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from inrbench.bench.cli import main
from inrbench.bench.machine import devices, nvml
from inrbench.tasks.signals.downloads import ORIGINALS
from tests.bench.machine.fake_nvml import FakeCard, FakeNvml

NAMES = ["inrbench", "torch", "cores", "features", "compiler", "GPUs", "caches", "data", "formats"]
NAMES += ["results", "browser"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder and a cache folder of its own, and no variable that would change what is found."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("CXX", "INRBENCH_COMPILE", "INRBENCH_DATA"):
        monkeypatch.delenv(name, raising=False)


def examined(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, str]:
    """What `doctor` prints, by the name at the beginning of each line."""
    assert main(["doctor", *arguments]) == code
    return dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())


def test_one_line_for_each_finding(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = examined(capsys)
    assert list(found) == NAMES
    assert torch.__version__ in found["torch"]
    assert f"{devices.cpus()} threads" in found["cores"]
    assert "not there yet; the first run fills it" in found["caches"]
    assert f"0 of {len(ORIGINALS)} originals" in found["data"]
    assert "-> inrbench data SUITE" in found["data"]
    assert "writable" in found["results"]
    assert list(tmp_path.iterdir()) == []  # looking leaves nothing behind


def test_without_a_compiler(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "/nonexistent")
    assert "CXX is /nonexistent, which is not there)  -> unset CXX" in examined(capsys)["compiler"]
    monkeypatch.delenv("CXX")
    monkeypatch.setenv("PATH", "")
    assert "-> install one, e.g. apt-get install g++" in examined(capsys)["compiler"]
    monkeypatch.setenv("INRBENCH_COMPILE", "0")
    assert "-> unset it" in examined(capsys)["compiler"]


def test_a_cache(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kernels = tmp_path / "cache" / "inrbench" / "kernels"
    kernels.mkdir(parents=True)
    (kernels / "forward-a.so").write_bytes(bytes(1_500_000))
    assert examined(capsys)["caches"].endswith("inrbench, 1.5 MB, 1 compiled functions")
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert (
        "cannot be written (Not a directory)  -> make it writable or set XDG_CACHE_HOME" in examined(capsys)["caches"]
    )


def test_a_kind_of_file_that_needs_a_package(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inrbench.bench.console.doctor.find_spec", lambda name: None if name == "nibabel" else name)
    (line,) = [text for name, text in examined(capsys).items() if name == "formats"]
    assert line == "13 of 14 kinds of files can be read, without NIfTI  -> pip install nibabel"


def test_results_that_cannot_be_written_make_a_run_impossible(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    found = examined(capsys, "--results", "file/results", code=1)
    assert "cannot be written (Not a directory)  -> make it writable or give --results DIR" in found["results"]


def test_another_file_in_place_of_an_original(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "bunny.off").write_text("not the bunny")
    assert "other files instead of bunny  -> remove" in examined(capsys)["data"]


def test_a_gpu_that_torch_cannot_use(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    cards = nvml.Nvml(FakeNvml([FakeCard("GPU-a", "H100")]))
    monkeypatch.setattr(nvml, "connect", lambda: cards)
    monkeypatch.setattr(devices, "gpus", list)
    monkeypatch.setattr(torch.version, "cuda", None)
    assert "none usable of H100" in (line := examined(capsys)["GPUs"])
    assert "-> this torch is a CPU build" in line
    monkeypatch.setattr(torch.version, "cuda", "12.8")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert "-> CUDA_VISIBLE_DEVICES is ''; unset it" in examined(capsys)["GPUs"]
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert "-> the driver may be too old" in examined(capsys)["GPUs"]


def test_without_torch_no_run_is_possible_and_the_rest_is_still_told() -> None:
    start = "import sys\nsys.modules['torch'] = None\n"
    code = f"{start}from inrbench.bench.cli import main\nraise SystemExit(main(['doctor']))"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == ""
    assert [line.split()[0] for line in done.stdout.splitlines()] == NAMES
    assert "cannot be imported" in done.stdout
    assert "writable" in done.stdout
