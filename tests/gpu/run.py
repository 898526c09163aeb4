"""All that has to be run on a GPU, by one command: ``make gpu``, or ``python -m tests.gpu.run [PIECE ...]``.

The pieces, in order: the tests marked ``gpu``; the times of steps (`tests.perf.test_gpu_step`); the suite ``quick``;
the paper suites at their scale ``gpu``. Each can be asked for alone. What the time limit cuts off is continued by the
next call: finished pieces are remembered in the working folder, and suites resume as ever.

The output folder has at most eight files of at most 16 MB:

- ``device.txt``: device, driver, clocks, versions, and what was run, with its seconds;
- ``tests.txt``: the output of the tests;
- ``steps.csv``: the times of steps;
- ``runs.parquet``, ``scores.parquet``: the stored results of all suites;
- ``tables.md``: their tables;
- ``pages.zip``: their pages.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import platform
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[2]

NEEDED = (
    *("torch", "numpy", "scipy", "pandas", "pyarrow", "skimage", "matplotlib", "seaborn", "joblib", "yaml", "pydantic"),
    *("pydicom", "PIL", "rich", "trimesh", "pooch", "jinja2", "psutil", "pynvml", "pytest", "pytest_benchmark"),
    *("pytest_timeout", "hypothesis"),
)
"""Modules that are imported; docs/how-to/gpu.md says which packages they come in."""

PAPERS = (
    "paper-image",
    "paper-superres",
    "paper-ct",
    "paper-audio",
    "paper-norm",
    "paper-spectral",
    "paper-univariate",
)

LARGEST = 16 << 20
"""Bytes of the largest file of the output."""

INRBENCH = [sys.executable, "-c", "from inrbench.bench.cli import main; raise SystemExit(main())"]


class NoTimeLeft(Exception):
    """The time limit has been reached; the same command continues."""


class Session:
    """One call: its time limit, its output folder, and the working folder with the state of all calls.

    Args:
        out: for the files that are kept.
        work: for results and state; the next call continues from it.
        seconds: the time limit of this call.
    """

    def __init__(self, out: Path, work: Path, seconds: float) -> None:
        self.out, self.work = out, work
        self._end = time.monotonic() + seconds
        self._state = work / "done.json"
        for folder in (out, work):
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def done(self) -> dict[str, float]:
        """Finished pieces with the seconds that they took."""
        return json.loads(self._state.read_text()) if self._state.exists() else {}

    def finish(self, piece: str, seconds: float) -> None:
        """Remember that a piece is finished; its seconds are added to those of earlier calls."""
        done = self.done
        self._state.write_text(json.dumps(done | {piece: round(done.get(piece, 0.0) + seconds, 1)}))

    def run(self, command: Sequence[str], log: Path | None = None, **environment: str) -> int:
        """The exit code of a command, run in the checkout with its output on the terminal or in a file.

        Raises:
            NoTimeLeft: if it has not ended within the time limit.
        """
        left = self._end - time.monotonic()
        if left < 1:
            raise NoTimeLeft
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        with open(log, "wb") if log else contextlib.nullcontext() as target:
            try:
                return subprocess.run(
                    command,
                    cwd=ROOT,
                    env={**os.environ, "PYTHONPATH": path, **environment},
                    stdout=target,
                    stderr=subprocess.STDOUT if target else None,
                    timeout=left,
                    check=False,
                ).returncode
            except subprocess.TimeoutExpired as error:
                raise NoTimeLeft from error


def tests(session: Session) -> int:
    pytest = [sys.executable, "-m", "pytest", "-q", "-o", "addopts=--import-mode=importlib --benchmark-skip"]
    return session.run([*pytest, "-m", "gpu", "-rfE", "tests"], session.out / "tests.txt")


def perf(session: Session) -> int:
    pytest = [sys.executable, "-m", "pytest", "-q", "-o", "addopts=--import-mode=importlib", "-o", "timeout=900"]
    folder = session.work / "perf"
    code = session.run(
        [*pytest, "--benchmark-only", "--benchmark-columns=min,rounds", "tests/perf/test_gpu_step.py"],
        INRBENCH_PERF=str(folder),
    )
    if (folder / "gpu_steps.csv").exists():
        (session.out / "steps.csv").write_bytes((folder / "gpu_steps.csv").read_bytes())
    return code


def suite(name: str, *options: str) -> Callable[[Session], int]:
    """The piece that runs a suite on the GPU."""

    def run(session: Session) -> int:
        results = ["--results", str(session.work / "results")]
        return session.run([*INRBENCH, "run", name, *options, *results, "--devices", "cuda:0"])

    return run


PIECES: dict[str, Callable[[Session], int]] = {
    "tests": tests,
    "perf": perf,
    "quick": suite("quick"),
    **{name: suite(name, "--scale", "gpu") for name in PAPERS},
}


def collect(session: Session) -> Iterator[str]:
    """Write the files of the results that there are; yields a line for each thing left out."""
    import pandas as pd

    from inrbench.bench import results

    folders = sorted(path.parent for path in (session.work / "results").glob("*/runs"))
    frames = {
        "runs": [results.runs(folder) for folder in folders],
        "scores": [results.scores(folder).assign(suite=folder.name) for folder in folders],
    }
    for kind, parts in frames.items():
        if parts:
            pd.concat(parts, ignore_index=True).to_parquet(session.out / f"{kind}.parquet", compression="zstd")
    tables = sorted((session.work / "results").glob("*/report/**/*.md"))
    (session.out / "tables.md").write_text("\n\n".join(path.read_text() for path in tables))
    content, left = io.BytesIO(), LARGEST
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for page in sorted(
            (session.work / "results").glob("*/report/index.html"), key=lambda path: path.stat().st_size
        ):
            if page.stat().st_size > left:
                yield f"the page of {page.parts[-3]} is left out of pages.zip: {page.stat().st_size >> 20} MB"
                continue
            left -= page.stat().st_size
            archive.write(page, f"{page.parts[-3]}.html")
    (session.out / "pages.zip").write_bytes(content.getvalue())


def describe(session: Session, stopped_in: str | None, left_out: Sequence[str]) -> str:
    """The text of ``device.txt``."""
    import torch

    from inrbench.bench.machine import nvml, provenance

    commit, changed = provenance.git_state()
    memory = torch.cuda.get_device_properties(0).total_memory >> 20
    lines = [
        f"device: {torch.cuda.get_device_name(0)}, {memory} MiB",
        f"driver: {nvml.connect().driver_version()}, CUDA {torch.version.cuda}",
        f"clocks (MHz, throttled): {[nvml.connect().clocks(name) for name in nvml.here()]}",
        f"torch {torch.__version__}, Python {platform.python_version()}",
        f"commit: {commit}{' with changes' if changed else ''}",
        *(f"finished: {piece}, {seconds} s" for piece, seconds in session.done.items()),
        *([f"stopped by the time limit in: {stopped_in}; the same command continues"] if stopped_in else []),
        *left_out,
    ]
    return "\n".join(lines) + "\n"


def obstacle() -> str | None:
    """Why nothing can be run here, in one line; None if all is there."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        return f"not installed: {', '.join(missing)}; see docs/how-to/gpu.md for the packages to bring"
    import torch

    if not torch.cuda.is_available():
        return f"torch {torch.__version__} finds no GPU with CUDA on this machine"
    return None


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 if all pieces are finished and passed, 1 if not, 2 if they cannot be run here."""
    parser = argparse.ArgumentParser(prog="python -m tests.gpu.run", description="Run what needs a GPU, in pieces.")
    parser.add_argument("pieces", nargs="*", metavar="PIECE", help=f"default: all of {', '.join(PIECES)}")
    parser.add_argument("--minutes", type=float, default=8.0, help="time limit of this call (default: 8)")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "gpu", help="folder of the files that are kept")
    parser.add_argument("--work", type=Path, default=ROOT / "results" / "gpu-work", help="results and state")
    options = parser.parse_args(arguments)
    if unknown := set(options.pieces) - PIECES.keys():
        parser.error(f"no piece {', '.join(sorted(unknown))}; there are {', '.join(PIECES)}")
    if cause := obstacle():
        print(f"make gpu: {cause}", file=sys.stderr)
        return 2
    session = Session(options.out, options.work, 60 * options.minutes)
    codes, stopped_in = run_pieces(session, options.pieces or list(PIECES))
    left_out = list(collect(session))
    (session.out / "device.txt").write_text(describe(session, stopped_in, left_out))
    print((session.out / "device.txt").read_text() + f"files: {session.out}")
    return 1 if stopped_in or any(codes.values()) else 0


def run_pieces(session: Session, pieces: Sequence[str]) -> tuple[dict[str, int], str | None]:
    """Run the pieces that are not finished: the exit code of each, and the one in which the time limit was reached."""
    codes: dict[str, int] = {}
    for piece in pieces:
        if piece in session.done:
            continue
        start = time.monotonic()
        try:
            codes[piece] = PIECES[piece](session)
        except NoTimeLeft:
            return codes, piece
        if codes[piece] == 0:
            session.finish(piece, time.monotonic() - start)
        else:
            print(f"{piece}: exit code {codes[piece]}; the other pieces go on", file=sys.stderr)
    return codes, None


if __name__ == "__main__":
    raise SystemExit(main())
