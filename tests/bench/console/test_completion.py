"""Shell completion in a real shell: the script is sourced and its function is called as TAB calls it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from inrbench.bench.config import suite
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.console.completion import plugin_names
from inrbench.bench.suites import shipped

TAB = r"""
eval "$(inrbench completion bash)"
words=(%(words)s)
COMP_WORDS=("${words[@]}") COMP_CWORD=$((${#words[@]} - 1)) COMP_TYPE=9
COMP_LINE=%(line)s COMP_POINT=${#COMP_LINE}
$(complete -p inrbench | sed 's/.* -F \([^ ]*\).*/\1/') "$PROGRAM"
printf '%%s\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with `inrbench` in `bin`, which fails as soon as it imports torch, pydantic or pyarrow."""
    script = tmp_path / "bin" / "inrbench"
    script.parent.mkdir()
    forbidden = "import sys\nfor name in ('torch', 'pydantic', 'pyarrow'):\n    sys.modules[name] = None\n"
    script.write_text(
        f"#!{sys.executable} -P\n{forbidden}from inrbench.bench.cli import main\nraise SystemExit(main())\n"
    )
    script.chmod(0o755)
    return tmp_path


def tab(folder: Path, line: str, program: str = "inrbench") -> list[str]:
    """The words that bash offers at the end of a command line."""
    line = f"{program} {line}"
    words = " ".join(map(shlex.quote, [*line.split(" ")]))
    done = subprocess.run(
        ["bash", "-c", TAB % {"words": words, "line": shlex.quote(line)}],
        cwd=folder,
        env={**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "PROGRAM": program},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [word.strip() for word in done.stdout.splitlines() if word]


def test_commands_and_options(folder: Path) -> None:
    assert tab(folder, "pl") == ["plan"]
    assert set(tab(folder, "com")) == {"compact", "compare", "completion"}
    assert tab(folder, "run quick --sched") == ["--scheduler"]
    assert set(tab(folder, "list s")) == {"signals", "suites"}
    assert tab(folder, "pl", program="bin/inrbench") == ["plan"]


def test_suites_by_name_and_by_file(folder: Path) -> None:
    (folder / "quotas.yaml").touch()
    assert tab(folder, "run qui") == ["quick"]
    assert set(tab(folder, "plan qu")) == {"quick", "quotas.yaml"}
    assert set(shipped()) <= set(tab(folder, "status "))
    assert set(tab(folder, "run paper-ct --scale ")) == set(suite.load("paper-ct")[0].scales)


def test_activations_and_tasks(folder: Path) -> None:
    plugin = folder / "soft_sine.py"
    plugin.write_text('class SoftSine(Activation):\n    name, label, version = "soft-sine", "Soft Sine", 1\n')
    assert set(tab(folder, "run quick -a s")) == {name for name in plugin_names("activations") if name[0] == "s"}
    assert tab(folder, "run quick --plugin soft_sine.py -a soft-") == ["soft-sine"]
    assert tab(folder, "check sire") == ["siren"]
    assert set(tab(folder, "run quick -t ")) == {"image", "superres", "ct"}  # those of the suite


def test_names_are_those_of_the_registry() -> None:
    plugins = Plugins()
    assert plugin_names("activations") == plugins.activations.names()
    assert plugin_names("tasks") == plugins.tasks.names()


def test_the_script_is_valid_for_its_shells(folder: Path) -> None:
    for shell in ("bash", "zsh"):
        script = subprocess.run([folder / "bin/inrbench", "completion", shell], capture_output=True, check=True).stdout
        assert b"inrbench" in script
        assert subprocess.run(["bash", "-n"], input=script, check=False).returncode == 0
