"""Claims: one owner at a time, among threads and among processes, and freed by the system when the owner is gone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.store import job_locks as module
from bench.store.job_locks import Claims, claims_in

HOLD = """
import sys
from pathlib import Path
from bench.store.job_locks import claims_in
print(claims_in(Path(sys.argv[1])).take(sys.argv[2]), flush=True)
sys.stdin.read()
"""


def holder(folder: Path, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-c", HOLD, str(folder), name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_one_owner_at_a_time(tmp_path: Path) -> None:
    claims = claims_in(tmp_path)
    assert claims_in(tmp_path / "x" / "..") is claims
    assert claims.take("a")
    assert not claims.take("a")
    assert claims.take("b")
    claims.release("a")
    with claims.claimed("a") as taken:
        assert taken
        with claims.claimed("a") as again:
            assert not again
    assert claims.take("a")


def test_a_claim_of_another_process_ends_with_it(tmp_path: Path) -> None:
    claims = claims_in(tmp_path)
    with holder(tmp_path, "a") as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        assert not claims.take("a")
        assert claims.take("b")
        claims.release("b")
        other.kill()
        other.wait()
        assert claims.take("a")
    with holder(tmp_path, "a") as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "False\n"
        other.kill()
    claims.release("a")


def test_results_that_are_deleted_meanwhile_do_not_confuse(tmp_path: Path) -> None:
    claims = claims_in(tmp_path)
    assert claims.take("a")
    (tmp_path / "claims").unlink()
    assert claims.take("b")
    assert (tmp_path / "claims").exists()
    claims.release("a")
    assert claims.take("a")


def test_without_locks_it_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(module.fcntl, "lockf", none)
    claims, said = Claims(tmp_path / "claims"), list[str]()
    assert claims.take("a", said.append)
    assert claims.take("b", said.append)
    assert not claims.take("a", said.append)
    assert len(said) == 1
    assert "one inrbench at a time" in said[0]
