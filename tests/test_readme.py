"""The README is followed to the letter."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def block(language: str) -> str:
    """The only fenced block of a language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    return str(found)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the code, with its own command in its own `.venv`, so that nothing is added to the real one."""
    for folder in ("inrbench", "activations", "tasks", "bench", "report"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, tmp_path / folder, symlinks=True, ignore=ignore)
    script = tmp_path / ".venv" / "bin" / "inrbench"
    script.parent.mkdir(parents=True)
    script.write_text(f"#!{sys.executable} -P\nfrom inrbench.bench.cli import main\nraise SystemExit(main())\n")
    script.chmod(0o755)
    (script.parent / "activate").write_text(f'export PATH="{script.parent}:$PATH" PYTHONPATH="{tmp_path}"\n')
    return tmp_path


def test_adding_an_activation_takes_one_file_and_nothing_else(checkout: Path) -> None:
    smoke = checkout / "bench/suites/smoke.yaml"  # with one of its tasks, which takes a third of the time
    smoke.write_text(re.sub(r"^  (superres|ct): .*\n", "", smoke.read_text(), flags=re.MULTILINE))
    path = re.search(r"Put this into `(activations/\w+\.py)`", README)
    assert path is not None
    text = block("python")
    assert len(text.splitlines()) <= 20
    (checkout / path.group(1)).write_text(text)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block("bash")],
        cwd=checkout,
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "INRBENCH_COMPILE": "0"},  # compiling takes half of the time
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Morlet" in done.stdout
    assert "SIREN" in done.stdout
    assert (checkout / "results/smoke/report/index.html").is_file()


def test_every_command_line_of_the_readme_can_be_parsed() -> None:
    import shlex

    from inrbench.bench.cli import parser

    lines = [line.strip() for line in README.splitlines() if re.match(r"\s+inrbench |inrbench ", line)]
    assert len(lines) >= 8
    for line in lines:
        parser().parse_args(shlex.split(line, comments=True)[1:])


def test_files_that_the_readme_names_exist() -> None:
    for name in re.findall(r"`((?:activations|bench|tasks|report|docs)/[\w./-]+)`|\((docs/[\w./-]+)\)", README):
        path = name[0] or name[1]
        assert (ROOT / path).exists() or path == "activations/morlet.py", path
