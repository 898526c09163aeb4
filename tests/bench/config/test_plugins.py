"""Discovery of plugins: broken ones, two of one name, their parameters from a job, and the hash of their source."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from inrbench import activations
from inrbench.activations.siren import Siren
from inrbench.bench.config.job import Job, Plugin
from inrbench.bench.config.plugins import Plugins, files_sha256, load_file, source_file, source_sha256
from inrbench.bench.errors import BadInput
from tests.bench.config.layout import PLUGINS, lay_out

MINE = "from inrbench.activations.siren import Siren as S\nclass Mine(S):\n    name = {name!r}\n"


def test_a_broken_plugin_in_the_folder_is_listed_and_fatal_only_when_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "half_done.py").write_text("import no_such_module")
    monkeypatch.setattr(activations, "__path__", [*activations.__path__, str(tmp_path)])
    registry = Plugins().activations
    assert registry.broken == {"half-done": "ModuleNotFoundError: No module named 'no_such_module'"}
    assert "siren" in registry.names()
    with pytest.raises(BadInput, match=r"s\.yaml: activation 'half-done' cannot be imported .*no_such_module"):
        registry.get("half-done", "s.yaml")


SCRIPTS = {
    "exit": "import sys\nsys.exit(0)\n",
    "arguments": (
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--image', required=True)\np.parse_args()\n"
    ),
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_among_the_plugins_ends_nothing(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "train_mine.py"
    path.write_text(SCRIPTS[script])
    with monkeypatch.context() as patch:
        patch.setattr(activations, "__path__", [*activations.__path__, str(tmp_path)])
        registry = Plugins().activations
    assert "siren" in registry.names()
    assert "it ends the process when it is imported" in registry.broken["train-mine"]
    with pytest.raises(BadInput, match=r"'train-mine' cannot be imported .* put its script under `if __name__"):
        registry.get("train-mine")
    with pytest.raises(BadInput, match=r"cannot be imported .*it ends the process when it is imported"):
        Plugins([path])
    assert capfd.readouterr() == ("", "")


def test_what_a_plugin_that_works_writes_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.py"
    path.write_text("import sys\nprint('a note', file=sys.stderr)\n" + MINE.format(name="mine"))
    Plugins([path])
    assert capsys.readouterr().err == "a note\n"


def test_two_plugins_of_one_name_are_an_error_that_names_both_files(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(MINE.format(name="siren"))
    with pytest.raises(BadInput, match="two activations are named 'siren'") as caught:
        Plugins([path])
    assert str(path) in str(caught.value)
    assert source_file(Siren) in str(caught.value)


def test_a_plugin_of_ones_own_is_found_by_its_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(MINE.format(name="mine"))
    registry = Plugins([path]).activations
    assert dict(registry.create(Plugin("mine", 1, {"omega0": 7.0})))["omega0"] == 7.0
    before = source_sha256(registry.get("mine"))
    path.write_text(path.read_text() + "# changed\n")
    assert source_sha256(registry.get("mine")) != before


def test_a_plugin_has_the_parameters_that_its_job_declares() -> None:
    (job,) = lay_out("tasks: {image: {signals: [camera], size: [16, 24]}}\nactivations: {siren: {omega0: 7}}")
    received = Job.from_json(job.to_json())
    assert received.activation is not None
    assert PLUGINS.activations.create(received.activation) == Siren(omega0=7.0)
    assert PLUGINS.tasks.create(received.task).model_dump(include={"size"}) == {"size": (16, 24)}


def test_imports_from_before_the_package_have_the_same_hash_as_those_of_now(tmp_path: Path) -> None:
    now = (
        "from inrbench.activations.core.base import Activation\nfrom inrbench.tasks import Task\n"
        "# see `inrbench.bench.store` and inrbench.report\n"
    )
    (tmp_path / "now.py").write_text(now)
    (tmp_path / "before.py").write_text(now.replace("inrbench.", ""))
    (tmp_path / "other.py").write_text(now.replace("inrbench.tasks", "other.tasks"))
    hashes = [files_sha256([str(tmp_path / f"{name}.py")]) for name in ("now", "before", "other")]
    assert hashes[0] == hashes[1] != hashes[2], "locks and stored results are older than the package"


def test_a_plugin_that_sets_the_default_dtype_is_named_and_it_is_set_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "double.py"
    file.write_text("import torch\ntorch.set_default_dtype(torch.float64)\n")
    load_file(file)
    assert torch.get_default_dtype() == torch.float32
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{file} sets PyTorch's default dtype to torch.float64")
