"""The command line as a user meets it; errors and exit codes of a real process."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.bench.command import Inrbench


def without_torch(code: str) -> subprocess.CompletedProcess[str]:
    """Code with the command line in a process of its own, which has not imported PyTorch at its end."""
    end = "\nimport sys\nassert 'torch' not in sys.modules, 'torch was imported'\n"
    code = f"from inrbench.bench.cli import main\n{code}{end}"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done


def test_help_and_the_report_need_no_torch() -> None:
    done = without_torch(
        "import inrbench.report, inrbench.bench.store.store\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass"
    )
    assert "Exit codes" in done.stdout


@pytest.mark.parametrize("what", ["signals", "formats", "suites"])
def test_lists_of_data_and_suites_need_no_torch(what: str) -> None:
    assert len(without_torch(f"main(['list', '{what}'])").stdout.splitlines()) > 10


def test_run_plan_status_report(tiny: Path, inrbench: Inrbench) -> None:
    before = json.loads(inrbench("plan", tiny, "--json").stdout)
    assert (before["jobs"], len(before["todo"]), before["done"], before["seconds_left"]) == (2, 2, 0, None)

    first = inrbench("run", tiny)
    assert first.returncode == 0, first.stderr
    assert "2 of 2 jobs to run" in first.stderr
    assert "[2/2]" in first.stderr
    assert "SIREN" in first.stdout
    page = tiny.parent / "results/tiny/report/index.html"
    assert f"Report: {page.relative_to(tiny.parent)}" in first.stdout
    assert page.is_file()

    second = inrbench("run", tiny)
    assert second.returncode == 0
    assert "0 of 2 jobs to run" in second.stderr
    assert second.stdout == first.stdout
    after = json.loads(inrbench("plan", tiny, "--json").stdout)
    assert (len(after["todo"]), after["done"], after["seconds_left"]) == (0, 2, 0.0)
    assert "2 ok" in inrbench("status", tiny).stdout
    other = inrbench("plan", tiny, "--set", "train.steps=5", "--json")
    assert (len(json.loads(other.stdout)["todo"]), json.loads(other.stdout)["others"]) == (2, 2)

    # A damaged row is said, and its job runs again.
    rows = sorted((tiny.parent / "results/tiny/runs").glob("*.parquet"))
    rows[0].write_bytes(b"")
    third = inrbench("run", tiny)
    assert "quarantine" in third.stderr
    assert "1 of 2 jobs to run" in third.stderr


def test_a_failing_job_is_told_and_ends_with_1(tiny: Path, trouble: Path, inrbench: Inrbench) -> None:
    done = inrbench("run", tiny, "-a", "relu", "-a", "trouble[how=nan,raise]", "--plugin", trouble)
    assert done.returncode == 1
    assert "DIVERGED" in done.stderr
    assert "told to fail" in done.stderr
    assert "ReLU" in done.stdout
    status = inrbench("status", tiny, "-a", "relu", "-a", "trouble[how=nan,raise]", "--plugin", trouble).stdout
    assert "1 diverged" in status
    assert "1 error" in status
    assert ".log" in status


def test_a_report_with_a_name_leaves_the_others(tiny: Path, inrbench: Inrbench) -> None:
    assert inrbench("run", tiny).returncode == 0
    folder = tiny.parent / "results/tiny"
    before = (folder / "report/index.html").read_bytes()
    done = inrbench("report", tiny, "-a", "siren", "--name", "siren-alone")
    assert "Report: results/tiny/report-siren-alone/index.html" in done.stdout
    assert "ReLU" not in done.stdout
    assert inrbench("run", tiny, "-a", "relu", "--name", "two").returncode == 0
    assert (folder / "report-two/index.html").is_file()
    assert (folder / "report/index.html").read_bytes() == before
    assert inrbench("report", tiny, "--name", "../elsewhere").returncode == 2


def test_a_name_that_no_report_can_have_is_refused_before_any_job(tiny: Path, inrbench: Inrbench) -> None:
    done = inrbench("run", tiny, "--name", "a b")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("inrbench: --name a b: write letters")
    assert not (tiny.parent / "results/tiny/runs").exists()


def test_the_claim_of_a_suite_is_what_its_results_begin_with(tiny: Path, inrbench: Inrbench) -> None:
    claim = "claim: {figure: Fig. 1, says: ReLU is best., full: Not run., small: 'Holds: 3 dB.'}\n"
    tiny.write_text(claim + tiny.read_text())
    lines = ["Fig. 1: ReLU is best.", "Full size: Not run.", "Small scale: Holds: 3 dB.", ""]
    for words in (("run", "-a", "relu"), ("report", "-a", "relu", "--markdown")):
        done = inrbench(words[0], tiny, *words[1:])
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[:4] == lines
    tiny.write_text("claim: It is best.\n" + tiny.read_text().partition("\n")[2])
    assert "claim" in inrbench("plan", tiny).stderr


def test_a_new_suite_is_a_copy_that_runs(inrbench: Inrbench, tmp_path: Path) -> None:
    done = inrbench("new", "suite", "mine")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "mine.yaml").read_text()
    assert text.startswith("# A copy of the suite `quick`")
    assert "\nsuite: mine\n" in text
    assert json.loads(inrbench("plan", "mine.yaml", "--json").stdout)["jobs"] > 50

    assert inrbench("new", "suite", "theirs", "--from", "reference").returncode == 0
    assert "\nlock: theirs.lock.yaml\n" in (tmp_path / "theirs.yaml").read_text()
    assert "\nsuite: theirs\n" in (tmp_path / "theirs.lock.yaml").read_text()
    assert inrbench("new", "suite", "paper", "--from", "paper-image").returncode == 0
    copied = (tmp_path / "paper.yaml").read_text()
    assert "\nclaim:" not in copied  # it is about the results of the original
    assert "\nsource: >-" in copied
    for scale, lock in ((), "paper"), (("--scale", "small"), "paper-small"):
        assert f"\nsuite: {lock}\n" in (tmp_path / f"{lock}.lock.yaml").read_text()
        planned = inrbench("plan", "paper.yaml", *scale)
        assert (planned.returncode, "21 jobs: 0 done" in planned.stdout) == (0, True), planned.stderr
    for path in tmp_path.glob("paper*"):
        path.unlink()
    for words in (("mine",), ("quick",), ("Bad Name",), ("other", "--from", "nosuch")):
        assert inrbench("new", "suite", *words).returncode == 2
    theirs = ["theirs-appendix.lock.yaml", "theirs.lock.yaml", "theirs.yaml"]
    assert sorted(path.name for path in tmp_path.glob("*.yaml")) == ["mine.yaml", *theirs]


def test_a_suite_names_plugin_files_beside_it(tiny: Path, trouble: Path, inrbench: Inrbench, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    trouble.rename(folder / "trouble.py")
    suite = folder / "mine.yaml"
    suite.write_text(tiny.read_text() + "  trouble: {how: none}\nplugins: [trouble.py]\n")
    done = inrbench("run", suite)
    assert done.returncode == 0, done.stderr
    assert "Trouble" in done.stdout
    assert inrbench("status", suite).returncode == 0

    missing = inrbench("plan", suite, "--set", "plugins=[other.py]")
    assert missing.returncode == 2
    assert f"mine.yaml: plugins: there is no {folder / 'other.py'}" in missing.stderr
    unknown = inrbench("plan", suite, "--set", "plugins=[]")
    assert "unknown activation 'trouble'" in unknown.stderr
    assert "--plugin FILE, or `plugins:` in the suite" in unknown.stderr


def test_a_picture_of_ones_own(tiny: Path, inrbench: Inrbench) -> None:
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (30, 40, 3), dtype=np.uint8)).save(tiny.parent / "my.png")
    done = inrbench("run", tiny, "--set", "tasks.image.signals=[my.png]", "-a", "relu", "--markdown")
    assert done.returncode == 0, done.stderr
    assert "my@" in done.stdout


def test_a_list_of_suites_and_a_wrong_name_of_one_need_no_torch() -> None:
    done = without_torch("print(main(['list', 'suites']), main(['run', 'quik']))")
    assert done.stdout.endswith("\n0 2\n")
    assert "reference-small" in done.stdout
    assert done.stderr.startswith("inrbench: unknown suite 'quik' — did you mean 'quick'?")


@pytest.mark.parametrize("module", ["inrbench", "inrbench.bench.cli"])
def test_a_process_ends_with_the_code_and_debug_shows_the_traceback(module: str) -> None:
    command = [sys.executable, "-P", "-m", module, "run", "quik"]
    for debug, code in (([], 2), (["--debug"], 1)):
        done = subprocess.run([*command, *debug], capture_output=True, text=True, check=False)
        assert done.returncode == code
        assert ("Traceback" in done.stderr) == bool(debug)


def test_a_full_disk_is_named_and_leaves_the_old_report_whole(tiny: Path, inrbench: Inrbench) -> None:
    assert inrbench("run", tiny).returncode == 0
    report = tiny.parent / "results/tiny/report"
    before = {path: path.read_bytes() for path in report.rglob("*.*")}
    limit = len(before[report / "index.html"]) // 2  # in place of a disk: no file may be larger
    _, most = usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, most))
    try:
        done = inrbench("report", tiny)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "index.html: File too large; free space and give the same command again: what is done is kept" in done.stderr
    assert {path: path.read_bytes() for path in before if path.exists() and path.suffix != ".json"} == {
        path: content for path, content in before.items() if path.suffix != ".json"
    }
    assert not list(report.rglob(".*"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_cannot_be_written_is_one_line() -> None:
    code = "from inrbench.bench.cli import main; raise SystemExit(main(['list', 'suites']))"
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-P", "-c", code], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 2
    assert done.stderr == (
        "inrbench: the output: No space left on device; free space and give the same command again: "
        "what is done is kept\n"
    )


def test_bare_inrbench_prints_help_and_the_version_is_told(inrbench: Inrbench) -> None:
    bare = inrbench()
    assert (bare.returncode, bare.stderr) == (0, "")
    assert "Exit codes" in bare.stdout
    with pytest.raises(SystemExit) as ended:
        inrbench("--version")
    assert ended.value.code == 0


def test_a_wrong_command_is_one_line_with_a_suggestion_only_if_there_is_one_near(inrbench: Inrbench) -> None:
    assert inrbench("runn").stderr == (
        "inrbench: argument COMMAND: 'runn' is not one of its choices — did you mean 'run'?; see inrbench --help\n"
    )
    assert "did you mean" not in inrbench("nosuch").stderr
    assert inrbench("run").stderr == (
        "inrbench: run: the following arguments are required: SUITE; see inrbench run --help\n"
    )


@pytest.mark.parametrize(
    "encoding", ["ascii", *(pytest.param(name, marks=pytest.mark.slow) for name in ("latin-1", "cp1252"))]
)
def test_a_terminal_that_lacks_a_character_shows_a_question_mark(encoding: str) -> None:
    code = "from inrbench.bench.cli import main; raise SystemExit(main(['list', 'activations']))"
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert b"siren" in done.stdout
    assert b"?" in done.stdout  # of BACON's formula, for one


def test_without_docstrings_a_list_says_why_it_has_no_descriptions() -> None:
    environment = {**os.environ, "PYTHONOPTIMIZE": "2"}
    note = "inrbench: note: PYTHONOPTIMIZE=2 removes the descriptions, which are docstrings\n"
    for kind, known, said in (("activations", "siren", note), ("suites", "The default. Six activations", "")):
        command = [sys.executable, "-P", "-m", "inrbench", "list", kind]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        assert (done.returncode, done.stderr) == (0, said)
        assert known in done.stdout
