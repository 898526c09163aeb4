"""Original files of papers, which are not shipped but read from the user's data folder or downloaded into it.

The data folder is the value of the environment variable ``INRBENCH_DATA``, or ``data`` in the current folder. A file
that is not there is downloaded, unless ``INRBENCH_OFFLINE`` is 1. In both cases it is used only if its sha256 is the
recorded one, so that no other file can replace it unnoticed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.signals.signal import SignalError, SignalSource, reason

TIMEOUT_S = 20
"""Longest time in seconds without an answer of a server before a download fails."""


@dataclass(frozen=True)
class Original:
    """File of a paper, with the address and the hash to fetch and verify it.

    Attributes:
        name: name of the signal.
        file: path relative to the data folder; a file of that name directly in the data folder is found as well.
        sha256: hash of the bytes of the file.
        url: address of the published file at a fixed commit.
    """

    name: str
    file: str
    sha256: str
    url: str


_RAW = "https://raw.githubusercontent.com/"
_STAF = _RAW + "AlirezaMorsali/STAF/46f3da550ea434cfac669a4867c5c5bacba1b58a/data/"
_COIN = _RAW + "EmilienDupont/coin/a21e50746a9f46ac74e165cc77a68ebf5037c48a/kodak-dataset/"
_SWINIR = _RAW + "JingyunLiang/SwinIR/6545850fbf8df298df73d81f3e8cba638787c8bd/testsets/Set5/HR/"
_SIREN = _RAW + "vsitzmann/siren/4df34baee3f0f9c8f351630992c1fe1f69114b5f/data/"
_LIBIGL = _RAW + "libigl/libigl-tutorial-data/c1f9ede366d02e3531ecbaec5e3769312f31cccd/"

_SET5 = "none stated; the Set5 of Bevilacqua et al., BMVC 2012"
_KODAK = "released by Eastman Kodak for unrestricted use"


def folder() -> Path:
    """The user's data folder, which may not exist yet."""
    return Path(os.environ.get("INRBENCH_DATA") or "data").expanduser()


def find(original: Original) -> Path:
    """Path of the verified file of an original, which is downloaded if it is missing.

    Raises:
        SignalError: if the data folder contains another file under this name, or if the file is missing and cannot be
            downloaded. The message has URL, sha256 and folder.
    """
    if path := present(original):
        return path
    if os.environ.get("INRBENCH_OFFLINE") == "1":
        raise _missing(original, "INRBENCH_OFFLINE is 1")
    return _download(original)


def present(original: Original) -> Path | None:
    """Path of the verified file of an original in the data folder; None if it is missing.

    Raises:
        SignalError: if the data folder contains another file under this name.
    """
    base, wrong = folder(), []
    for path in dict.fromkeys((base / original.file, base / Path(original.file).name)):
        if path.is_file():
            digest = _sha256(path)
            if digest == original.sha256:
                return path
            wrong.append((path, digest))
    if wrong:
        path, digest = wrong[0]
        raise SignalError(
            f"signal {original.name!r}: {path} is a different file (sha256 {digest}, expected {original.sha256}) and "
            f"is not used; remove it, or replace it with {original.url}"
        )
    return None


def fetch(names: Iterable[str] | None = None) -> list[Path]:
    """Paths of the verified files of several originals, by default all of them; missing files are downloaded.

    Raises:
        SignalError: if a name is not in `ORIGINALS`; or, after all were tried, if a file is not available (see `find`).
    """
    paths, errors = [], []
    for name in ORIGINALS if names is None else names:
        if name not in ORIGINALS:
            raise SignalError(f"{name!r} is not a signal that is downloaded; choose from {', '.join(ORIGINALS)}")
        try:
            paths.append(find(ORIGINALS[name]))
        except SignalError as error:
            errors.append(str(error))
    if errors:
        rest = f" ({len(errors)} of {len(errors) + len(paths)} files are missing)" if len(errors) > 1 else ""
        raise SignalError(errors[0] + rest)
    return paths


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SignalError(f"{path} cannot be read: {reason(error)}; make it readable") from error


def _missing(original: Original, why: str) -> SignalError:
    return SignalError(
        f"signal {original.name!r} needs a file that is not in the folder {folder().absolute()} ({why}); put "
        f"{original.url} (sha256 {original.sha256}) there as {original.file}, or set INRBENCH_DATA to its folder"
    )


def _download(original: Original) -> Path:
    """Path of the downloaded, verified file. pooch moves it there atomically, so that two processes may do this."""
    path = folder() / original.file
    absent = [place for place in dict.fromkeys((path.parent, folder())) if not place.exists()]
    try:
        import pooch

        pooch.get_logger().setLevel("ERROR")  # its messages would mix with the progress display on stderr
        pooch.retrieve(
            original.url,
            known_hash=f"sha256:{original.sha256}",
            fname=path.name,
            path=path.parent,
            downloader=pooch.HTTPDownloader(timeout=TIMEOUT_S),
        )
    except (ImportError, OSError, ValueError) as error:  # the errors of requests are OSErrors
        for place in absent:  # remove the empty folders that pooch has made
            with contextlib.suppress(OSError):
                place.rmdir()
        raise _missing(original, f"the download failed: {_brief(error)}") from error
    return path


def _brief(error: BaseException) -> str:
    """Short reason of a failed download, without the address, which the message contains anyway."""
    if "does not match the known hash" in str(error):
        return "the server has another file"
    text = reason(error).partition(" for url")[0]
    return text if len(text) <= 80 else type(error).__name__


# -- decoding ----------------------------------------------------------------------------------------------------------


def _picture(name: str) -> NDArray[Any]:
    """Decoded picture as stored: (H, W) or (H, W, 3), uint8 or uint16."""
    from PIL import Image

    with Image.open(find(ORIGINALS[name])) as image:
        array = np.asarray(image)
    return array.astype("<u2") if array.dtype.itemsize > 1 else array  # Pillow may return 16-bit gray as 32 bits


def _sound(name: str) -> NDArray[Any]:
    from inrbench.tasks.signals.read_sound import decode

    return decode(find(ORIGINALS[name]))[0]


def _triangles(name: str) -> NDArray[Any]:
    from inrbench.tasks.signals.read_mesh import read_triangles

    return read_triangles(find(ORIGINALS[name]))


def _full_scale(raw: NDArray[Any]) -> NDArray[np.float32]:
    return (raw / np.iinfo(raw.dtype).max).astype(np.float32)


def _float32(raw: NDArray[Any]) -> NDArray[np.float32]:
    return raw.astype(np.float32)


def _sampler(raw: NDArray[Any]) -> Any:
    from inrbench.tasks.signals.inside_mesh import Solid

    return Solid(raw)


# -- the table ---------------------------------------------------------------------------------------------------------

# fmt: off
_FILES = (
    Original("chest", "chest.png", "8690d234c3cabdb7758d62457e20b0c7b09cf063e324c27de8c69fd8f0c54072",
             _STAF + "chest.png"),
    Original("cameraman", "cameraman.tif", "bae785b3236037abe32914516e758ea108eac0a2f3430f3f4216574bbae6ea51",
             _STAF + "cameraman.tif"),
    Original("set5-baby", "set5/baby.png", "158417bf319058274bbea8b7d4995a12cb70dc7ff1cdf6351bde7e3d4e22d06a",
             _SWINIR + "baby.png"),
    Original("set5-bird", "set5/bird.png", "1b20dfba6635f99d501144a949e1568363a91cc08231dc92d9537f883c23c9a8",
             _SWINIR + "bird.png"),
    Original("set5-butterfly", "set5/butterfly.png", "58be740fd17ead6029eb8344c46720c392eaf120907dc623475aa768260e6548",
             _SWINIR + "butterfly.png"),
    Original("set5-head", "set5/head.png", "ec18fffd17f8a54ff04a19d03697988e9ba8ad4092ac4c792d19dbf7c967d59d",
             _SWINIR + "head.png"),
    Original("set5-woman", "set5/woman.png", "b15112110e3e7d91b840d6131a00f0f5c22d54f4ac93a81e3ed0f6ab62d08106",
             _SWINIR + "woman.png"),
    Original("kodim03", "kodak/kodim03.png", "e25ca1ff2f0c0cb5fdfd5f9b0a0bb21ac4c3de3c84a67f35b09a85d3306249db",
             _COIN + "kodim03.png"),
    Original("kodim15", "kodak/kodim15.png", "7538cbb80cb9103606c48b806eae57d56c885c7f90b9b3be70a41160f9cbb683",
             _COIN + "kodim15.png"),
    Original("kodim20", "kodak/kodim20.png", "3b46c71e3b92a563820ba32936be8330c586c41f938efd94be938386aae4328a",
             _COIN + "kodim20.png"),
    Original("bach", "gt_bach.wav", "023940a1bcc534349e16ff46f360ffbfffa993842961dbed955c168fd2f38190",
             _SIREN + "gt_bach.wav"),
    Original("bunny", "bunny.off", "dda85ca6dc03ed83a0b754611d5c0b1a3c8ba5234e690479ac4a04063e6a7d4d",
             _LIBIGL + "bunny.off"),
)
# fmt: on

ORIGINALS: dict[str, Original] = {original.name: original for original in _FILES}
"""All originals by name."""


def _entry(
    name: str, kind: str, shape: tuple[int, ...], repository: str, licence: str, text: str, sha256: str
) -> SignalSource:
    """Entry for a picture; ``sha256`` is the hash of the decoded array, not of the file."""
    return SignalSource(name, kind, shape, repository, licence, text, sha256, partial(_picture, name), _full_scale)


# fmt: off
SOURCES = (
    _entry("chest", "ct", (326, 435), "AlirezaMorsali/STAF", "none stated",
           "a slice through a chest, 16 bits (original of WIRE; its own code reads 8 of them)",
           "2e977c3ccaaeeed832911ee14f3fb4c3cefb749f4e3d2acccf6b169e8da49cad"),
    _entry("cameraman", "image-gray", (256, 256), "AlirezaMorsali/STAF", "carries a MathWorks notice: never ship it",
           "the classic man with a camera",
           "7e12901bff000a7fc1220c9667108353e9ef9a1b7bb406d34256016bfacb71d2"),
    _entry("set5-baby", "image-rgb", (512, 512, 3), "JingyunLiang/SwinIR", _SET5, "a baby, smooth",
           "f14d515486b1a110a8f6a08b23114a7c0ef79e96337692bb48e24dfd8943b3b7"),
    _entry("set5-bird", "image-rgb", (288, 288, 3), "JingyunLiang/SwinIR", _SET5, "a bird before leaves",
           "0f7ca11adc96abc59dd08160fb99dc77a3732ffc7b903db6832eceeb5592dcbf"),
    _entry("set5-butterfly", "image-rgb", (256, 256, 3), "JingyunLiang/SwinIR", _SET5, "a butterfly, sharp edges",
           "200d3ae507119f83763ea74f31f54de31cad6a36ec478cae7a8eab2de2304163"),
    _entry("set5-head", "image-rgb", (280, 280, 3), "JingyunLiang/SwinIR", _SET5, "a face",
           "1aca63a883d2cabd7a143dd452427305ca9fa8ab965d7202d9081fcce5cbd508"),
    _entry("set5-woman", "image-rgb", (344, 228, 3), "JingyunLiang/SwinIR", _SET5, "a woman with a hat",
           "6d9d5a40b83984bde434c44ae6e070484ec37b15741b4561c684b2001deb474f"),
    _entry("kodim03", "image-rgb", (512, 768, 3), "EmilienDupont/coin", _KODAK, "caps before a wooden wall",
           "234e61f585503f2a44400f5561131e8a512ef2c15328cd83d5cdbf10e2616cf2"),
    _entry("kodim15", "image-rgb", (512, 768, 3), "EmilienDupont/coin", _KODAK, "a girl with a painted face",
           "b5353e7511277009922ecbdebfc6418fec53aa1b2a08d44fc957a7540825697b"),
    _entry("kodim20", "image-rgb", (512, 768, 3), "EmilienDupont/coin", _KODAK, "an aeroplane before the sky",
           "666ce8f2db5566a123bb081e70618f6f4c4253df960f3b41bb9dcc3dd134f3cf"),
    SignalSource("bach", "audio", (308207,), "vsitzmann/siren", "none stated",
                 "seven seconds of a cello suite of Bach (original of SIREN)",
                 "d488bfef9014e8263a3e69d9da00f1c7f5cb5de42c6c6c87366ce41e7c3bc546",
                 partial(_sound, "bach"), _float32, rate=44100.0),
    SignalSource("bunny", "shape-3d", (6966, 3, 3), "libigl/libigl-tutorial-data",
                 "Stanford Computer Graphics Laboratory: research use, with acknowledgement",
                 "the Stanford bunny as a watertight mesh",
                 "fb200aa174def9c0502e64f6141a0ad5bed2c6c80237e6d52adf73a8e3a262cf",
                 partial(_triangles, "bunny"), _float32, sampler=_sampler),
)
# fmt: on
