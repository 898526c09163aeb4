"""A wheel, installed as a user installs it, next to a stranger's modules of the names that our folders have."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(900)  # it installs, and starts many processes

ROOT = Path(__file__).parents[1]
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "NOTICE", "inrbench", "activations", "bench", "report", "tasks")
STORED = ("reference-small", "reference")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of this checkout, made from a copy: setuptools would leave a folder here, and put old files of it into
    the next wheel."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy)
    for suite in STORED:
        for kind in ("runs", "scores"):
            shutil.copytree(ROOT / "docs/results" / suite / kind, copy / "docs/results" / suite / kind)
    out = tmp_path_factory.mktemp("dist")
    call(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--wheel-dir", out, copy)
    (path,) = out.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel; everything else comes from the packages of this one."""
    folder = tmp_path_factory.mktemp("environment")
    call(sys.executable, "-m", "venv", "--without-pip", folder)
    (packages,) = folder.glob("lib/python*/site-packages")
    installed = [path for path in sys.path if Path(path).name in {"site-packages", "dist-packages"}]
    (packages / "others.pth").write_text("\n".join(installed))
    install(folder, wheel)
    return folder


def install(environment: Path, package: Path) -> None:
    """Install without a network. What is installed for this checkout is not that environment's to remove."""
    options = ["-q", "--no-deps", "--no-index", "--ignore-installed", "--no-build-isolation"]
    call(sys.executable, "-m", "pip", "--python", environment / "bin/python", "install", *options, package)


def call(*words: object) -> None:
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def stranger(environment: Path, tmp_path: Path) -> Run:
    """Commands of the environment, in a folder with a stranger's modules, which are on the path as well."""
    for name in ("report", "tasks", "bench", "results", "stored"):
        (tmp_path / f"{name}.py").write_text(f"raise RuntimeError('{name}.py of a stranger')")
    for name in ("activations", "tasks"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"raise RuntimeError('{name}/ of a stranger')")

    def run(*words: str, path: str = ".") -> subprocess.CompletedProcess[str]:
        settings = {"PYTHONPATH": path, "PATH": f"{environment / 'bin'}:{os.environ['PATH']}", "COLUMNS": "120"}
        return subprocess.run(
            words, cwd=tmp_path, env=os.environ | settings, capture_output=True, text=True, check=False
        )

    return run


SMOKE = ("-t", "image", "-a", "relu", "--set", "train.steps=4", "--set", "model.width=8")


def test_the_wheel_holds_one_package_with_its_data_and_licences(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"inrbench"}
    info = next(name for name in names if name.endswith("METADATA")).rpartition("/")[0]
    for name in ("LICENSE", "NOTICE"):
        assert f"{info}/licenses/{name}" in names
    for name in (
        "py.typed",
        "report/page/plotly-basic.min.js",
        "report/page/page.css",
        "bench/suites/quick.yaml",
        "bench/engine/mlp.cpp",
    ):
        assert f"inrbench/{name}" in names
    for suite in STORED:
        stored = [name for name in names if name.startswith(f"inrbench/stored/{suite}/")]
        assert {name.split("/")[3] for name in stored} == {"runs", "scores"}
    assert not [name for name in names if name.endswith(".npz") or "/tests/" in name]
    assert wheel.stat().st_size < 5e6


@pytest.mark.slow
def test_every_command_works_next_to_a_strangers_modules(stranger: Run, tmp_path: Path) -> None:
    for words in (
        ("inrbench", "run", "smoke", *SMOKE),
        ("inrbench", "report", "smoke", *SMOKE),
        ("inrbench", "compare", "results/smoke", "results/smoke"),
        ("python", "-m", "inrbench", "--version"),
        ("python", "-c", "from inrbench import results; print(len(results.runs('results/smoke')))"),
    ):
        done = stranger(*words)
        assert done.returncode == 0, (words, done.stderr)
        assert "stranger" not in done.stderr
    assert (tmp_path / "results/smoke/report/index.html").is_file()


@pytest.mark.slow
def test_the_stored_results_and_the_lists_are_there_outside_a_checkout(stranger: Run, tmp_path: Path) -> None:
    done = stranger("inrbench", "report", "reference-small", "-t", "function", "-a", "siren", "-a", "relu")
    assert done.returncode == 0, done.stderr
    assert "those that came with inrbench" in done.stderr
    assert "SIREN" in done.stdout
    assert (tmp_path / "results/reference-small/report/index.html").is_file()
    assert "paper-ct" in stranger("inrbench", "list", "suites").stdout
    assert "inrbench" in stranger("inrbench", "doctor").stdout


@pytest.mark.slow
def test_a_new_package_is_installed_tested_and_found(stranger: Run, environment: Path, tmp_path: Path) -> None:
    assert stranger("inrbench", "new", "package", "soft-bump").returncode == 0
    assert "exists already" in stranger("inrbench", "new", "package", "soft-bump").stderr
    install(environment, tmp_path / "soft-bump")
    tested = stranger("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "soft-bump")
    assert tested.returncode == 0, tested.stdout
    chosen = ("-t", "soft-bump-task", "-a", "soft-bump", "--set", "tasks.soft-bump-task={}", "--set", "train.steps=4")
    done = stranger("inrbench", "run", "smoke", *chosen)
    assert done.returncode == 0, done.stderr
    assert "Soft Bump" in done.stdout


@pytest.mark.slow
def test_an_activation_is_ranked_among_the_stored_results_in_an_empty_folder(stranger: Run, tmp_path: Path) -> None:
    assert stranger("inrbench", "new", "activation", "own-bump").returncode == 0
    (file,) = tmp_path.glob("**/own_bump.py")
    chosen = ("-t", "image", "-t", "denoise", "--trials", "2")
    done = stranger("inrbench", "rank", str(file), *chosen)
    assert done.returncode == 0, done.stderr
    assert "by mean rank" in done.stdout
    assert "SIREN" in done.stdout
    assert "A quick look: searched with 2 of the 40 trials that its rivals had" in done.stdout
    assert (tmp_path / "results/rank-own-bump/report/index.html").is_file()


TYPED = """
import inrbench
reveal_type(inrbench.Activation)
reveal_type(inrbench.Activation.weight_std)
inrbench.LogUniform("1", 10)
"""


@pytest.mark.slow
def test_mypy_sees_the_types_of_an_installed_wheel(environment: Path, tmp_path: Path) -> None:
    (tmp_path / "user.py").write_text(TYPED)
    (tmp_path / "mypy.ini").write_text(
        "[mypy]\n" + "".join(f"[mypy-{name}.*]\nfollow_imports = skip\n" for name in ("torch", "numpy", "pandas"))
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--python-executable", environment / "bin/python", "user.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert 'Revealed type is "def () -> inrbench.activations.core.base.Activation"' in done.stdout
    assert "def (self: inrbench.activations.core.base.Activation, fan_in: int, *, first: bool) -> float" in done.stdout
    assert 'Argument 1 to "LogUniform" has incompatible type "str"' in done.stdout
    assert "Found 1 error" in done.stdout
