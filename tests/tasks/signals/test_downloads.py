import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inrbench.tasks.signals import downloads as originals
from inrbench.tasks.signals.downloads import ORIGINALS, Original, fetch
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.packaged import SOURCES
from inrbench.tasks.signals.signal import SignalError, sha256_of

PIXELS = (np.arange(20 * 30).reshape(20, 30) * 109).astype(np.uint16)


@pytest.fixture
def picture(tmp_path: Path) -> bytes:
    """A 16-bit picture that stands for an original called chest, its only one: the bytes of its file."""
    path = tmp_path / "made.png"
    Image.fromarray(PIXELS).save(path)
    return path.read_bytes()


@pytest.fixture
def server(picture: bytes) -> Iterator[str]:
    """An address that serves the picture, another file and nothing: /set/chest.png, /wrong and all else."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = {"/set/chest.png": picture, "/wrong": b"something else"}.get(self.path)
            self.send_response(404 if content is None else 200)
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: object) -> None:
            pass

    httpd = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=partial(httpd.serve_forever, poll_interval=0.01))
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, picture: bytes) -> Path:
    """A data folder that does not exist yet, and a table of the one original, which nothing serves."""
    sha256 = hashlib.sha256(picture).hexdigest()
    nowhere = Original("chest", "set/chest.png", sha256, "http://127.0.0.1:9/set/chest.png")
    monkeypatch.setattr(originals, "ORIGINALS", {"chest": nowhere})
    monkeypatch.setitem(SOURCES, "chest", replace(SOURCES["chest"], shape=(20, 30), sha256=sha256_of(PIXELS)))
    monkeypatch.setenv("INRBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("INRBENCH_OFFLINE", raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "data"


def at(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr(originals, "ORIGINALS", {"chest": replace(originals.ORIGINALS["chest"], url=url)})


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.mark.parametrize("place", ["set/chest.png", "chest.png"])
def test_a_file_in_the_data_folder_is_used_with_all_its_bits(folder: Path, picture: bytes, place: str) -> None:
    put(folder / place, picture)
    signal = load("chest")
    np.testing.assert_array_equal(signal.array[..., 0], (PIXELS / 65535).astype(np.float32))
    assert (signal.name, signal.kind, signal.sha256) == ("chest", "ct", sha256_of(PIXELS))
    assert fetch() == [folder / place]


def test_without_the_variable_the_folder_is_data_here(
    folder: Path, picture: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder / "chest.png", picture)
    monkeypatch.delenv("INRBENCH_DATA")
    monkeypatch.chdir(folder.parent)
    assert fetch(["chest"]) == [Path("data/chest.png")]


def test_whether_an_original_is_present_is_told_without_a_download(
    folder: Path, picture: bytes, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, server)
    assert originals.present(originals.ORIGINALS["chest"]) is None
    assert not folder.exists()
    put(folder / "chest.png", picture)
    assert originals.present(originals.ORIGINALS["chest"]) == folder / "chest.png"


def test_another_file_in_its_place_is_an_error_and_not_used(folder: Path, picture: bytes) -> None:
    put(folder / "chest.png", b"another")
    for call in (lambda: load("chest"), fetch):
        with pytest.raises(SignalError, match=r"png is a different file \(sha256 .* is not used; remove it") as caught:
            call()
        assert "\n" not in str(caught.value)
    put(folder / "set" / "chest.png", picture)  # the right one beside it is found
    assert fetch() == [folder / "set" / "chest.png"]


def test_a_download_is_verified_and_kept(
    folder: Path, server: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], picture: bytes
) -> None:
    at(monkeypatch, f"{server}/set/chest.png")
    assert load("chest").sha256 == sha256_of(PIXELS)
    assert (folder / "set" / "chest.png").read_bytes() == picture
    assert [path.name for path in (folder / "set").iterdir()] == ["chest.png"]
    assert capfd.readouterr() == ("", "")
    monkeypatch.setenv("INRBENCH_OFFLINE", "1")
    assert load("chest").array.shape == (20, 30, 1)


@pytest.mark.parametrize(("page", "why"), [("wrong", "another file"), ("missing", "404")])
def test_a_wrong_download_is_thrown_away(
    folder: Path, server: str, monkeypatch: pytest.MonkeyPatch, page: str, why: str
) -> None:
    at(monkeypatch, f"{server}/{page}")
    with pytest.raises(SignalError, match=why):
        load("chest")
    assert not folder.exists()


def test_what_cannot_be_had_is_said_in_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = originals.ORIGINALS["chest"]
    for why in ("the download failed: ConnectionError", "INRBENCH_OFFLINE is 1"):
        with pytest.raises(SignalError) as caught:
            load("chest")
        message = str(caught.value)
        assert "\n" not in message
        assert all(part in message for part in (why, str(folder), original.url, original.sha256, "set/chest.png"))
        monkeypatch.setenv("INRBENCH_OFFLINE", "1")
    assert not folder.exists()


def test_a_folder_that_cannot_be_made(folder: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, f"{server}/set/chest.png")
    folder.write_text("a file")
    with pytest.raises(SignalError, match="the download failed: ") as caught:
        load("chest")
    assert "\n" not in str(caught.value)


def test_a_file_that_decodes_to_other_pixels_is_refused(
    folder: Path, picture: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder / "chest.png", picture)
    monkeypatch.setitem(SOURCES, "chest", replace(SOURCES["chest"], sha256="0" * 64))
    with pytest.raises(SignalError, match="is not the recorded array"):
        load("chest")


def test_fetch_tries_all_before_it_fails(folder: Path, picture: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    chest = originals.ORIGINALS["chest"]
    table = {name: replace(chest, name=name, file=f"{name}.png") for name in ("a", "chest", "b")}
    monkeypatch.setattr(originals, "ORIGINALS", table)
    monkeypatch.setenv("INRBENCH_OFFLINE", "1")
    put(folder / "chest.png", picture)
    with pytest.raises(SignalError, match=r"^signal 'a' .* \(2 of 3 files are missing\)$"):
        fetch()
    assert fetch(["chest"]) == [folder / "chest.png"]
    with pytest.raises(SignalError, match="'cat' is not a signal that is downloaded; choose from a, chest, b"):
        fetch(["cat"])


def test_every_original_is_registered_and_named_without_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INRBENCH_OFFLINE", "1")
    assert set(ORIGINALS) == {source.name for source in originals.SOURCES} <= set(SOURCES)
    for name, original in ORIGINALS.items():
        assert name == original.name
        assert original.url.startswith("https://")
        assert original.url.endswith(Path(original.file).name)
        assert len(bytes.fromhex(original.sha256)) == len(bytes.fromhex(SOURCES[name].sha256)) == 32
    assert len({original.sha256 for original in ORIGINALS.values()}) == len(ORIGINALS)
    assert "never ship" in SOURCES["cameraman"].licence
