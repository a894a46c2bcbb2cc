"""A study on a machine that lacks one of its engines: the engines that can be loaded here, and why the others cannot."""

from __future__ import annotations

from workbench.corpora import load_corpus
from workbench.engines import load_engine
from workbench.errors import EngineError
from workbench.runner.inputs import EngineLoader
from workbench.study import Study


def without_missing_engines(
    study: Study, *, engine_loader: EngineLoader = load_engine
) -> tuple[Study, tuple[str, ...]]:
    """Return the study with the engines that can be loaded here, and one sentence on each of the others.

    A study that loses an engine is another study, and its name says which one is missing; it is unchanged if all are here.

    Raises
    ------
    EngineError : not one of them can be loaded, with the reason of each
    ManifestError : the corpus cannot be loaded
    """
    language = load_corpus(study.manifests[0], allow_dropped=study.allow_dropped).info.language
    faults: dict[str, EngineError] = {}
    for spec in study.engines:
        try:
            engine_loader(spec, base=study.base, language=language)
        except EngineError as error:
            faults[spec] = error
    if not faults:
        return study, ()
    usable = tuple(spec for spec in study.engines if spec not in faults)
    if not usable:
        raise EngineError("\n".join(str(error) for error in faults.values()))
    fields = {"engines": usable, "name": f"{study.name}, without {', '.join(faults)}"}
    return study.model_copy(update=fields), tuple(f"{spec} is left out: {error}" for spec, error in faults.items())
