"""A checkout that was copied or moved notices that its environment is another's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from inrbench.bench import checkout
from inrbench.bench.checkout import other_checkout, refuse_the_environment_of_another
from inrbench.bench.errors import BadInput

ROOT = Path(__file__).parents[2]


def environment(folder: Path) -> Path:
    """An environment that says it was made in that folder, with both stamps of the Makefile."""
    made = folder / ".venv"
    (made / "bin").mkdir(parents=True)
    (made / "pyvenv.cfg").write_text(f"home = /usr/bin\ncommand = /usr/bin/python3 -m venv {made}\n")
    for stamp in (".installed", ".installed-dev"):
        (made / stamp).touch()
    return made


def test_a_command_of_a_copied_environment_is_refused(tmp_path: Path) -> None:
    original, copy = environment(tmp_path / "original"), environment(tmp_path / "copy")
    refuse_the_environment_of_another(original / "bin" / "inrbench", original)
    refuse_the_environment_of_another(Path("/usr/bin/inrbench"), original)  # no environment
    with pytest.raises(BadInput, match=r"copy/\.venv is a copy of the environment .*original.* rm -rf \.venv && make"):
        refuse_the_environment_of_another(copy / "bin" / "inrbench", original)


def test_a_command_in_another_checkout_says_whose_code_it_runs(tmp_path: Path) -> None:
    here = Path(checkout.__file__)
    assert other_checkout(tmp_path, here) is None
    assert other_checkout(ROOT, here) is None
    copied = tmp_path / "inrbench" / "bench" / "checkout.py"
    copied.parent.mkdir(parents=True)
    shutil.copy(here, copied)
    note = other_checkout(tmp_path, here)
    assert note is not None
    assert f"this runs the code in {here.resolve().parents[1]}, not that in {tmp_path};" in note


def test_the_command_itself(tmp_path: Path) -> None:
    copy = environment(tmp_path / "my copy")
    script = copy / "bin" / "inrbench"
    script.write_text(f"#!{sys.executable}\nfrom inrbench.bench.cli import main\nraise SystemExit(main())\n")
    script.chmod(0o755)
    there = dict(os.environ, PYTHONPATH=str(ROOT))
    done = subprocess.run([str(script), "list", "suites"], capture_output=True, text=True, env=there, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "is a copy of the environment" in done.stderr


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
@pytest.mark.parametrize("folder", ["copy", "my copy"])
def test_make_makes_the_environment_of_another_folder_anew(tmp_path: Path, folder: str) -> None:
    original, copy = tmp_path / "original", tmp_path / folder
    original.mkdir()
    for file in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / file, original)
    environment(original)

    def planned(place: Path) -> str:
        return subprocess.run(["make", "-n", "bench"], cwd=place, capture_output=True, text=True, check=True).stdout

    assert "venv .venv" not in planned(original)
    shutil.copytree(original, copy)
    commands = planned(copy)
    assert commands.index("rm -rf .venv") < commands.index("-m venv .venv")
    original.rename(tmp_path / "moved")
    assert "rm -rf .venv" in planned(tmp_path / "moved")


SOURCES = ("Makefile", "pyproject.toml", "constraints.txt", "README.md", "LICENSE", "NOTICE", "inrbench", "activations",
           "bench", "report", "tasks")  # fmt: skip
PYTHON = """#!/bin/sh
# A Python whose environments have the packages of this one, before their own: nothing is fetched.
"{python}" "$@" || exit 1
if [ "$1 $2" = "-m venv" ]; then
    for folder in "$3"/lib/python*/site-packages; do
        echo 'import sys; sys.path[-1:-1] = {packages}' > "$folder/others.pth"
    done
fi
"""


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_what_is_edited_in_a_copy_is_what_make_runs_there(tmp_path: Path) -> None:
    original = tmp_path / "original"
    for name in SOURCES:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(ROOT / name, original / name, symlinks=True, ignore=ignored)
        else:
            original.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, original)
    python = tmp_path / "python"
    packages = json.dumps([path for path in sys.path if Path(path).name in {"site-packages", "dist-packages"}])
    python.write_text(PYTHON.format(python=sys.executable, packages=packages))
    python.chmod(0o755)
    offline = {"PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0"}  # 0 is none: a quirk of pip
    environment = dict(os.environ, **offline)
    for name in ("VIRTUAL_ENV", "MAKEFLAGS", "PYTHONPATH"):
        environment.pop(name, None)

    def bench(folder: Path) -> str:
        arguments = "-t image -a siren --set train.steps=4"
        command = ["make", "bench", f"PYTHON={python}", "SUITE=smoke", f"ARGS={arguments}"]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "SIREN" in bench(original)
    assert "made anew" not in bench(original)
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-r", original, copy], check=True)
    shutil.rmtree(copy / "results")
    plugin = copy / "activations/siren.py"
    plugin.write_text(plugin.read_text().replace('"siren", "SIREN", ', '"siren", "EDITED", '))
    shown = bench(copy)
    assert "is the environment of another folder; it is made anew" in shown
    assert "EDITED" in shown
    assert "SIREN" in bench(original)
    shutil.rmtree(original)
    copy.rename(tmp_path / "moved")
    shown = bench(tmp_path / "moved")
    assert "it is made anew" in shown
    assert "EDITED" in shown
