"""What a stranger may hand over: suites and stored files of any content end in a result or in one clear refusal."""

from __future__ import annotations

import contextlib
import functools
import io
import shutil
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inrbench import bench
from inrbench.bench.cli import main
from inrbench.bench.config import expand, suite
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.strict_yaml import read_yaml
from inrbench.bench.errors import BadInput
from inrbench.bench.store.schema import RUNS, SCORES, Unreadable, read
from inrbench.bench.store.store import Store

FAST = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
SLOW = settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))

BOTH = pytest.mark.parametrize(
    "effort",
    [FAST, pytest.param(SLOW, marks=[pytest.mark.slow, pytest.mark.timeout(3000)])],
    ids=["300", "10000"],
)


@functools.cache
def plugins() -> Plugins:
    return Plugins()


SHIPPED = [Path(bench.__file__).parent.joinpath("suites", f"{name}.yaml").read_text() for name in suite.shipped()]

WORDS = """suite repeats model train tasks activations scales tuning image ct superres relu siren wire bw-relu signals
size steps lr depth width params per_task label task activation omega0 angles stop holdout description deviations
path range frame unit"""

keys = st.sampled_from(WORDS.split()) | st.text(max_size=6)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from(
        ["camera", "coffee", "ct-small", "s", "../x", "relu", "none.png", "1e-3", {"path": "x.dcm", "range": [0, 1]}]
    )
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)

GOOD: dict[str, Any] = {
    "suite": "s",
    "repeats": 1,
    "model": {"depth": 2, "width": 8},
    "train": {"steps": 2},
    "tasks": {"image": {"size": 16, "signals": ["camera"]}},
    "activations": {"relu": {}},
}


@st.composite
def nearly_suites(draw: st.DrawFn) -> str:
    """A good suite with a few of its parts replaced, added or taken away, at any depth."""
    content = yaml.safe_load(yaml.safe_dump(GOOD))
    for _ in range(draw(st.integers(1, 3))):
        place = content
        while draw(st.booleans()) and (inside := [key for key in place if isinstance(place[key], dict)]):
            place = place[draw(st.sampled_from(sorted(inside)))]
        key = draw(st.sampled_from(sorted(place)) | keys) if place else draw(keys)
        if draw(st.booleans()) or key not in place:
            place[key] = draw(values)
        else:
            del place[key]
    return str(yaml.safe_dump(content, allow_unicode=True))


@st.composite
def damaged_suites(draw: st.DrawFn) -> str:
    """A shipped suite with characters changed, put in or left out."""
    text = draw(st.sampled_from(SHIPPED))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.text(max_size=3)) + text[at + draw(st.integers(0, 20)) :]
    return text


def lay_out(text: str, folder: Path) -> None:
    """What every command does with a suite file first. Whatever it raises but BadInput is a bug."""
    path = folder / "s.yaml"
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    chosen, where = suite.load(str(path))
    assert "/" not in chosen.suite
    if chosen.repeats <= 20:  # a big grid is no fault, but takes its time
        expand.jobs(chosen, plugins(), where)


@BOTH
def test_no_suite_ends_in_a_traceback(effort: settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    @effort
    @given(nearly_suites() | damaged_suites() | st.text(max_size=60))
    def check(text: str) -> None:
        with contextlib.suppress(BadInput):
            lay_out(text, tmp_path)
        assert {path.name for path in tmp_path.iterdir()} == {"s.yaml"}  # nor does reading one write anything

    check()


def stored(kind: str) -> bytes:
    if kind == "runs":
        table = pa.Table.from_pylist(
            [{"job_id": "a" * 16, "suite": "s", "status": "ok", "repeat": 0, "error": "x" * 50, "wall_s": 1.0}], RUNS
        )
    else:
        score = {"job_id": "a" * 16, "train_s": 0.1, "metric": "psnr", "value": 1.0, "direction": 1}
        table = pa.Table.from_pylist([{**score, "step": step} for step in range(20)], SCORES)
    return Store.parquet(table)


@st.composite
def damaged_files(draw: st.DrawFn) -> tuple[str, bytes]:
    """A stored file with bytes changed, put in or cut off; or bytes that never were one."""
    kind = draw(st.sampled_from(["runs", "scores"]))
    content = bytearray(CONTENT[kind])
    if draw(st.integers(0, 9)) == 0:
        return kind, b"PAR1" + draw(st.binary(max_size=200)) + b"PAR1"
    tail = draw(st.booleans())  # the footer says what the rest is: damage there goes deepest
    for _ in range(draw(st.integers(1, 6))):
        if not content:
            break
        at = draw(st.integers(max(0, len(content) - 3000) if tail else 0, len(content) - 1))
        match draw(st.sampled_from(["change", "change", "change", "cut", "insert"])):
            case "change":
                content[at] = draw(st.integers(0, 255))
            case "insert":
                content[at:at] = draw(st.binary(max_size=4))
            case "cut":
                del content[at : at + draw(st.integers(1, 30))]
    return kind, bytes(content)


CONTENT = {kind: stored(kind) for kind in ("runs", "scores")}


@BOTH
def test_no_file_ends_in_a_traceback(effort: settings, tmp_path: Path) -> None:
    path = tmp_path / f"{'a' * 16}.parquet"
    compact = tmp_path / "_compact-0123456789abcdef.parquet"

    @effort
    @given(damaged_files())
    def check(case: tuple[str, bytes]) -> None:
        kind, content = case
        for file in (path, compact):
            file.write_bytes(content)
            with contextlib.suppress(Unreadable):
                table = read(file, kind)
                assert len(table.to_pandas()) == table.num_rows  # what was believed can be used

    check()


def packed(**members: bytes) -> bytes:
    """An npz whose members have any content, and checksums that fit."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def array_file(array: np.ndarray[Any, Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


@st.composite
def damaged_artifacts(draw: st.DrawFn) -> bytes:
    """An artifact with bytes changed in the archive, or within an array and then packed well; or cut; or never one."""
    member, other = array_file(np.zeros(9)), array_file(np.arange(3))
    content = bytearray(packed(truth=member, angles=other))
    inside = draw(st.booleans())
    damaged = bytearray(member) if inside else content
    match draw(st.sampled_from(["change", "change", "change", "cut", "other"])):
        case "change":
            for _ in range(draw(st.integers(1, 6))):
                damaged[draw(st.integers(0, len(damaged) - 1))] = draw(st.integers(0, 255))
        case "cut":
            del damaged[draw(st.integers(0, len(damaged) - 1)) :]
        case "other":
            damaged[:] = draw(st.binary(max_size=300))
    return packed(truth=bytes(damaged), angles=other) if inside else bytes(damaged)


@BOTH
def test_no_artifact_ends_in_a_traceback(effort: settings, tmp_path: Path) -> None:
    store = Store(tmp_path, "s", say=lambda _: None)
    path = store.artifact_file("a")
    path.parent.mkdir(parents=True)

    @effort
    @given(damaged_artifacts())
    def check(content: bytes) -> None:
        path.write_bytes(content)
        found = store.arrays("a")
        if found is None:
            assert not path.exists()  # it stands in quarantine, and its job runs again
            shutil.rmtree(store.root / "quarantine")
        else:
            assert all(isinstance(array, np.ndarray) for array in found.values())

    check()


def test_a_small_file_that_promises_too_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "_compact-0.parquet"
    nulls = pa.table([pa.nulls(1_500_000, field.type) for field in RUNS], schema=RUNS)
    pq.write_table(nulls, path)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(Unreadable, match="promises 1500000 rows"):
        read(path, "runs")


def picture_bomb(side: int) -> bytes:
    """A PNG of a few hundred kilobytes at most that unfolds to side² pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))

    packed = zlib.compressobj(9)
    rows = b"".join(packed.compress(bytes(side + 1)) for _ in range(side)) + packed.flush()
    head = struct.pack("!IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("case", ["picture", "aliases", "depth", "size", "outside"])
def test_bombs_are_refused_in_one_line(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text, words = yaml.safe_dump(GOOD), ""
    if case == "picture":
        Path("bomb.png").write_bytes(picture_bomb(8000))
        text, words = text.replace("camera", "bomb.png"), "more than 50 megapixels"
    elif case == "aliases":
        bomb = "\n".join([f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)])
        text, words = f"a0: &a0 [x]\n{bomb}\n{text}", "aliases are not allowed"
    elif case == "depth":
        text, words = "[" * 100_000, "not valid YAML"
    elif case == "size":
        text, words = text + "#" * 2_000_000, "larger than 1 MB"
    elif case == "outside":
        text, words = text.replace("suite: s", "suite: ../../x"), "../../x"
    Path("s.yaml").write_text(text)
    before = sorted(path.name for path in tmp_path.parent.rglob("*"))
    assert main(["plan", "./s.yaml"]) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert words in err
    assert sorted(path.name for path in tmp_path.parent.rglob("*")) == before


def test_yaml_that_would_make_objects_makes_none() -> None:
    for text in ("!!python/object/apply:os.system ['true']", "!!python/name:os.system", "a: !ruby/object:x {}"):
        with pytest.raises(BadInput, match="not valid YAML"):
            read_yaml(text, "s")
