"""Any transform of audiomentations as a condition: for people who have their augmentations there already."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Self
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray
from pydantic import ModelWrapValidatorHandler, ValidationError, model_validator

from workbench.audio import Waveform
from workbench.conditions import requirements
from workbench.conditions.condition import Condition, SpeechPool
from workbench.conditions.parameters import text_parameter
from workbench.conditions.shared_generators import seeded
from workbench.errors import ConditionError, choices

_FIELDS = ("id", "severity", "transform", "settings")
_PATHS = ("sounds_path", "ir_path")


class Audiomentations(Condition):
    """A transform of audiomentations with the settings of its own signature, or a ``Compose`` of several.

    ``{ id = "audiomentations", transform = "ClippingDistortion", min_percentile_threshold = 10, max_percentile_threshold = 30 }``;
    of a ``Compose``, ``OneOf`` or ``SomeOf`` ``transforms`` lists tables of the same form, without ``id``. It is applied always
    (``p = 1``) unless ``p`` is given. What it draws, it draws from two generators of the process, whose states are set from the
    condition, the slot and the seed while a lock is held: the same utterance sounds the same in every thread and process.
    Folders of noises or responses are relative to that of the study.
    """

    id: Literal["audiomentations"] = "audiomentations"
    transform: str = text_parameter(what="name of the transform, as audiomentations has it")
    settings: str = text_parameter(
        what="its settings as JSON; as a rule they are written beside transform", default="{}"
    )

    family: ClassVar[str] = "augmentation"
    title: ClassVar[str] = "A transform of audiomentations"
    hears: ClassVar[str] = "What the transform does with these settings."
    source: ClassVar[str] = "audiomentations, https://github.com/iver56/audiomentations"
    leading: ClassVar[str] = ""
    levels: ClassVar[tuple[dict[str, float], ...]] = ()
    keeps_length: ClassVar[bool] = False
    catalogued: ClassVar[bool] = False
    takes_settings: ClassVar[bool] = True

    @model_validator(mode="wrap")
    @classmethod
    def _complete(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(given, Mapping):
            return handler(given)
        reason = requirements.package("audiomentations")
        if reason:
            raise ConditionError(reason, place=cls.name(), remedy="install it")
        fields = {name: value for name, value in given.items() if value is not None and name != "severity"}
        if given.get("severity"):
            raise ConditionError("audiomentations has no severities", place=cls.name(), remedy="give its settings")
        name = str(fields.get("transform", ""))
        written = fields.pop("digest", None)
        settings = {**_read(fields.get("settings", "{}")), **{key: fields[key] for key in fields if key not in _FIELDS}}
        settings = {key: _plain(value) for key, value in settings.items()}
        build(name, settings, Path())
        text = json.dumps(settings, sort_keys=True, separators=(",", ":"))
        if written not in (None, _digest(name, text)):
            raise ConditionError(
                f"digest = {written} is not that of these settings, {_digest(name, text)}",
                place=cls.name(),
                remedy="leave it out, or give the settings that it was made of",
            )
        try:
            return handler({"id": fields.get("id", cls.name()), "transform": name, "settings": text})
        except ValidationError as error:
            sentence = "; ".join(str(problem["msg"]) for problem in error.errors())
            raise ConditionError(sentence, place=cls.name(), remedy=cls._remedy()) from None

    @classmethod
    def unavailable(cls) -> str:
        """Return that audiomentations is missing, if it is."""
        return requirements.package("audiomentations")

    @property
    def values_id(self) -> str:
        """The digest of transform and settings, and all of them, in order."""
        parts = [f"digest={_digest(self.transform, self.settings)}"]
        parts += [f"{key}={_text(value)}" for key, value in sorted(_read(self.settings).items())]
        return f"{self.id}?{'&'.join([*parts, f'transform={self.transform}'])}"

    @property
    def condition_id(self) -> str:
        """The same."""
        return self.values_id

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders of noises and responses that the transforms read."""
        return tuple(dict.fromkeys(_folders(_read(self.settings))))

    def content_id(self, recordings: Mapping[str, str]) -> str:
        """Return the values with what the folders hold behind them."""
        held = [recordings.get(folder, folder) for folder in self.folders]
        return "&".join([self.values_id, *(f"holds={item}" for item in held)])

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        base = {folder: str(pool.recordings(folder).path) for folder in self.folders} if pool is not None else {}
        seed = int(rng.integers(2**32))
        samples = np.array(wave.samples, dtype=np.float32)
        try:
            with seeded(seed):
                changed = build(self.transform, _located(_read(self.settings), base), Path())(samples, wave.sample_rate)
        except ConditionError:
            raise
        except Exception as error:  # whatever a transform raises concerns this utterance
            text = (str(error).splitlines() or [""])[0][:200]
            raise ConditionError(
                f"{self.transform} failed ({type(error).__name__}: {text})", place=self.id, remedy="change its settings"
            ) from None
        result = np.asarray(changed)
        if result.ndim != 1 or not len(result):
            raise ConditionError(
                f"{self.transform} made audio of shape {result.shape}", place=self.id, remedy="use another"
            )
        return result, {}


def build(name: str, settings: Mapping[str, Any], base: Path) -> Any:
    """Return the transform of audiomentations with these settings; it is always applied unless ``p`` says otherwise.

    Raises
    ------
    ConditionError : no such transform, a setting that its signature does not have or needs, or a value that it does not take
    """
    import audiomentations

    classes = transforms()
    if name not in classes:
        raise ConditionError(
            f"there is no transform {name!r} in audiomentations", place="audiomentations", remedy=choices(name, classes)
        )
    kind = getattr(audiomentations, name)
    signature = inspect.signature(kind.__init__).parameters
    takes = [key for key in signature if key not in ("self", "args", "kwargs")]
    wrong = [f"{name} has no setting {key!r}; {choices(key, takes)}" for key in settings if key not in takes]
    lacks = [key for key in takes if signature[key].default is inspect.Parameter.empty and key not in settings]
    wrong += [f"{name} needs {', '.join(lacks)}"] if lacks else []
    if wrong:
        raise ConditionError("; ".join(wrong), place="audiomentations", remedy=f"{name} takes {', '.join(takes)}")
    values = {key: _made(value, base) for key, value in settings.items()}
    if "p" in takes:
        values.setdefault("p", 1.0)
    try:
        return kind(**values)
    except ConditionError:
        raise
    except Exception as error:  # the checks of its own constructor: assertions, ValueError, TypeError and others
        text = (str(error).splitlines() or [""])[0][:200] or type(error).__name__
        raise ConditionError(
            f"{name} does not take these settings ({text})", place="audiomentations", remedy="change them"
        ) from None


def transforms() -> list[str]:
    """Return the names of the transforms that the installed audiomentations has for one channel of audio, sorted."""
    import audiomentations
    from audiomentations.core.composition import BaseCompose
    from audiomentations.core.transforms_interface import BaseWaveformTransform

    kinds = (BaseWaveformTransform, BaseCompose)
    named = vars(audiomentations).items()
    return sorted(
        name
        for name, kind in named
        if inspect.isclass(kind) and issubclass(kind, kinds) and not name.startswith(("Base", "Spec"))
    )


def setting_of(text: str) -> Any:
    """Return the value of a setting as it stands in an id: a number, true, false, JSON, or a text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _made(value: Any, base: Path) -> Any:
    """Return a setting with the transforms in it made."""
    if isinstance(value, Mapping) and "transform" in value:
        return build(str(value["transform"]), {key: item for key, item in value.items() if key != "transform"}, base)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_made(item, base) for item in value]
    return value


def _folders(settings: Any) -> Iterator[str]:
    if isinstance(settings, Mapping):
        for key, value in settings.items():
            if key in _PATHS and isinstance(value, str):
                yield value
            else:
                yield from _folders(value)
    elif isinstance(settings, list):
        for setting in settings:
            yield from _folders(setting)


def _located(settings: Any, base: Mapping[str, str]) -> Any:
    """Return the settings with folders where they lie."""
    if isinstance(settings, Mapping):
        return {
            key: base.get(value, value) if key in _PATHS and isinstance(value, str) else _located(value, base)
            for key, value in settings.items()
        }
    return [_located(setting, base) for setting in settings] if isinstance(settings, list) else settings


def _read(text: Any) -> dict[str, Any]:
    try:
        settings = json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        settings = None
    if not isinstance(settings, Mapping):
        raise ConditionError(
            f"settings = {text!r} is no JSON object", place="audiomentations", remedy='write {"name": value}'
        )
    return dict(settings)


def _plain(value: Any) -> Any:
    """Return a setting as JSON has it; a whole number without a point, as signatures ask for it."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise ConditionError(
        f"{value!r} is no setting", place="audiomentations", remedy="use numbers, texts, lists and tables"
    )


def _digest(name: str, settings: str) -> str:
    return "x" + hashlib.blake2b(f"{name}\t{settings}".encode(), digest_size=4).hexdigest()


def _text(value: Any) -> str:
    return quote(
        value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":")),
        safe="-_.,:/()[]{}",
    )
