"""Registry of all named signals, and the table of those in installed packages: source, licence, sha256 of the array.

Pictures, slices and recordings in this module come from packages that the benchmark depends on anyway, so that the
default suites need no download. `inrbench.tasks.signals.downloads` has the signals that do.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.signals import downloads, formulas_1d, phantoms, solids
from inrbench.tasks.signals.signal import SignalSource
from inrbench.tasks.signals.volumes import clips, distance_fields, scenes, still_lifes

# -- how raw arrays become values in [0, 1] ----------------------------------------------------------------------------


def _eight_bits(raw: NDArray[Any]) -> NDArray[np.float32]:
    return (raw / 255).astype(np.float32)


def _hounsfield(intercept: int, raw: NDArray[Any]) -> NDArray[np.float32]:
    """Stored values as Hounsfield units (slope 1), with the window [-1000, 2000] (air to dense bone) scaled to [0, 1].

    Values below air are clipped: they are not tissue but the padding outside the scanner's circular field of view.
    """
    return ((np.clip(raw.astype(np.int32) + intercept, -1000, 2000) + 1000) / 3000).astype(np.float32)


def _lead_2(raw: NDArray[Any]) -> NDArray[np.float32]:
    """Lead II of an electrocardiogram, divided by its largest absolute value."""
    lead = raw[:, 1]
    scaled: NDArray[np.float32] = (lead / np.abs(lead).max()).astype(np.float32)
    return scaled


def _resonance(raw: NDArray[Any]) -> NDArray[np.float32]:
    scaled: NDArray[np.float32] = (raw / raw.max()).astype(np.float32)
    return scaled


# -- loaders -----------------------------------------------------------------------------------------------------------


def _skimage(name: str) -> NDArray[Any]:
    import skimage.data

    array: NDArray[Any] = getattr(skimage.data, name)()
    return array


def _dicom(file: str, *, waveform: bool = False) -> NDArray[Any]:
    import pydicom
    from pydicom.data import get_testdata_file

    path = get_testdata_file(file, download=False)
    if path is None:
        raise OSError(f"{file} is missing")
    content = pydicom.dcmread(str(path))
    return content.waveform_array(0) if waveform else content.pixel_array


def _mri_head() -> NDArray[Any]:
    from matplotlib.cbook import get_sample_data

    opened: Any = get_sample_data("s1045.ima.gz")
    with opened as file:
        samples = np.frombuffer(file.read(), ">u2")
    return samples.reshape(256, 256).astype(np.uint8)  # no sample exceeds 215


def white_noise(n: int = 1024) -> NDArray[np.uint8]:
    """Independent bytes, each value as likely: (n, n). Raw bits of PCG64, which NumPy promises never to change."""
    bits = np.random.PCG64(0).random_raw(n * n // 8)
    return bits.astype("<u8").view(np.uint8).reshape(n, n)


def _standing_wave() -> NDArray[Any]:
    return np.array([[1, 1, 1]], dtype="<i4")


def _numbers(raw: NDArray[Any]) -> NDArray[np.float32]:
    return raw.astype(np.float32)


# -- the table ---------------------------------------------------------------------------------------------------------

SKIMAGE, PYDICOM, MATPLOTLIB, OWN = "scikit-image 0.26.0", "pydicom 3.0.2", "matplotlib 3.11.2", "inrbench"


def _picture(
    name: str, shape: tuple[int, ...], licence: str, description: str, sha256: str, *, function: str | None = None
) -> SignalSource:
    """Entry for a picture of `skimage.data`, loaded by the function of the signal's name or by ``function``."""
    kind = "image-gray" if len(shape) == 2 else "image-rgb"
    loader = partial(_skimage, function or name)
    return SignalSource(name, kind, shape, SKIMAGE, licence, description, sha256, loader, _eight_bits)


def _slice(name: str, file: str, side: int, intercept: int, description: str, sha256: str) -> SignalSource:
    """Entry for a CT slice among pydicom's test files; ``intercept`` converts its values to Hounsfield units."""
    loader, scale = partial(_dicom, file), partial(_hounsfield, intercept)
    return SignalSource(name, "ct", (side, side), PYDICOM, "MIT (the package's)", description, sha256, loader, scale)


# fmt: off
_TABLE = (
    _picture("astronaut", (512, 512, 3), "public domain (NASA)", "portrait of Eileen Collins in a space suit",
             "a8c429c18afa7b0fd5673e598d73a21225d94c864a71bbb3885126fdecb41071"),
    _picture("brick", (512, 512), "CC0 (CC0Textures)", "brick wall, regular texture",
             "664a145c5253f0d66db1a12776785f0ea35a44cc7447ffc933f6d6118dc58643"),
    _picture("camera", (512, 512), "CC0 (Lav Varshney)", "man with a camera; not the older picture of the same name",
             "5cb24482a53416f99052258be2b1ee38cd31c559a70c8a8b321cba231b332e21"),
    _picture("cell", (660, 550), "CC0", "a cell in quantitative phase contrast, smooth",
             "dc464a59c68346fbe7a36fb75421d02a5e29780874b92efd3c920a319bfcb3b0"),
    _picture("checkerboard", (200, 200), "BSD-3 (scikit-image's own)", "black and white squares, hard edges",
             "60c868d760df4979a61102c3711c656dcc9380194e1df978e7fdc8a3355d3d45"),
    _picture("chelsea", (300, 451, 3), "CC0", "a cat, fine fur",
             "416b729128bfb2c3d1eb69bf9b1734a796293abc17939267b2dc94f8a5784031"),
    _picture("clock", (300, 400), "public domain", "a clock, blurred by motion",
             "ad313afa739ea86c00ce55d190f1fa284c1982e9bc70eb4c9b21ac29c5c7a85c"),
    _picture("coffee", (400, 600, 3), "CC0", "a cup of coffee, sharp edges and smooth areas",
             "0ce2b51640b9c95f19617f03eabf40c3f0368589cc1ee1190b70966165ac184f"),
    _picture("coins", (303, 384), "no known restrictions (Brooklyn Museum)", "Greek coins on an uneven background",
             "e080cc03805f1fa70516c3cb84883d4633bda2a1b51841da7c22f3d14c072451"),
    _picture("colorwheel", (370, 371, 3), "none stated", "a colour wheel, smooth gradients",
             "4ce89baa8b291cfec33e2e67908a588b16eee46478ad4b664a93c7a17ea4b277"),
    _picture("grass", (512, 512), "CC0 (CC0Textures)", "grass, fine irregular texture",
             "b18dae4c68bf850a7a7b28a29d1846c76be890665117b57fd125fe29c4d4ede6"),
    _picture("gravel", (512, 512), "CC0 (CC0Textures)", "gravel, coarse irregular texture",
             "3d51ad45f789cd8b98534b7af6bce774e499ead45421135afd757358c7230009"),
    _picture("hubble", (872, 1000, 3), "public domain (NASA)", "the Hubble deep field, point-like detail",
             "9a3ea9548188f81e63435188456e74de45a981ebeb791e265abe79a26d3b528b",
             function="hubble_deep_field"),
    _picture("immunohistochemistry", (512, 512, 3), "no known restrictions", "stained tissue under the microscope",
             "c5b3ef509a92f16d4c29be8cf0300fe75d53e13a3ce650159db932caea8dcc1b"),
    _picture("microaneurysms", (102, 102), "CC0", "detail of a retina, small and of low contrast",
             "78db349f8ec2c55042ac896f290f733590d2cf12b63e1a965200ae164a4eae09"),
    _picture("moon", (512, 512), "none stated", "surface of the moon, low contrast",
             "a20362266d5b01021f6f0f54bd603c3137f921b741770420deeb5ea0141716c0"),
    _picture("page", (191, 384), "none stated", "a scanned page, unevenly lit",
             "667bfd85aab58052ae90251fae1a265cf8be6d1097b1e61dcfc183b65887a1fe"),
    _picture("retina", (1411, 1411, 3), "CC0", "a retina with its vessels, large",
             "3670e389d0dae9f755cc1bb7e4da4c3d2cdf10eba2dc3060836d8d4b8024d860"),
    _picture("rocket", (427, 640, 3), "public domain (SpaceX)", "a rocket on its launch pad",
             "3d4435cc745752b7f9724df88c6e18817de3ce7e3d2d71c55f85f7831e68f197"),
    _picture("text", (172, 448), "public domain", "handwritten text, blurred",
             "6705caed21e6281799a52591c27498da5526cace39f2b6af3141b2ff11e2e517"),
    _slice("ct-small", "CT_small.dcm", 128, -1024, "a slice through the trunk, downsized, with little detail",
           "7a481f6ffff833aef4d8bd54819bd8f472aaa7232090208e056c90eacf079926"),
    _slice("ct-head", "J2K_pixelrep_mismatch.dcm", 512, 0, "a slice through a head, sinuses and air cells",
           "1296350a0006ef6908ce4aa11717e3e8a236b63478a097bbfb45ac7a5fca6359"),
    SignalSource("mri-head", "image-gray", (256, 256), MATPLOTLIB, "none stated",
                 "a sagittal magnetic resonance slice through a head",
                 "7190f2fcafc79f71782107dc0d04d6f825acab5fb6e7047c252cb9ff0eec2484", _mri_head, _resonance),
    SignalSource("mri-abdomen", "image-gray", (300, 484), PYDICOM, "MIT (the package's)",
                 "an axial magnetic resonance slice through the abdomen",
                 "679f753ac52bc11388e4edc51337634ac67aabd814d789036e376ea490198ab7",
                 partial(_dicom, "examples_overlay.dcm"), _resonance),
    SignalSource("white-noise", "image-gray", (1024, 1024), OWN, "none needed (a formula)",
                 "independent bytes, to be filtered",
                 "695684bcedb2df4c1e1bb5ba3e2d74ee96438b6b49d601ffd70c30200184e0e1", white_noise, _eight_bits),
    SignalSource("standing-wave", "waves", (1, 3), OWN, "none needed (a formula)",
                 "a standing wave on a square: multiples of the periods along both sides, and the amplitude",
                 "11047585fe102fbb5cadb42446612a578d88c6ef5ed076bb7ac360c4f9e4373d",
                 _standing_wave, _numbers),
    SignalSource("ecg", "audio", (10000, 12), PYDICOM, "MIT (the package's)",
                 "ten seconds of an electrocardiogram, lead II of twelve, of a real heart",
                 "58971f7d612eba6ac4738a1e9ebb5eecffff4e63e346438b2879bbe4668f7fc7",
                 partial(_dicom, "waveform_ecg.dcm", waveform=True), _lead_2, rate=1000.0),
)
# fmt: on

_VOLUMES = (*distance_fields.SOURCES, *clips.SOURCES, *scenes.SOURCES, *still_lifes.SOURCES)

SOURCES: dict[str, SignalSource] = {
    source.name: source
    for source in (
        *_TABLE,
        *phantoms.SOURCES,
        *_VOLUMES,
        *solids.SOURCES,
        *formulas_1d.SOURCES,
        *downloads.SOURCES,
    )
}
"""All registered signals by name."""
