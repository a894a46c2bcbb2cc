"""Engines of other packages, found by their entry point in the group ``workbench.engines``; see docs/engines.md.

The entry point's name is the engine's, its value the module that is the adapter. What is broken in one of them costs that
engine and nothing else: it is listed with its error.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from workbench.engines.contract import description_faults
from workbench.engines.protocol import Engine, Readiness
from workbench.engines.spec import Spec
from workbench.errors import EngineError, WorkbenchError

GROUP = "workbench.engines"
_ATTRIBUTES = ("engine", "model_id", "version", "digest", "options", "conditions", "needs_audio", "transcribe")


@dataclass(frozen=True, slots=True)
class Plugin:
    """An engine of another package: its name, who brings it, and why its name cannot be used, if it cannot."""

    name: str
    package: str
    point: EntryPoint
    taken: str = ""

    @property
    def example(self) -> str:
        """How it is named in a study, as its adapter writes it; its bare name if that cannot be had."""
        return self._text("SPEC_EXAMPLE") or self.name

    @property
    def description(self) -> str:
        """What it is in a sentence, and who brings it."""
        text = self._text("DESCRIPTION")
        return f"{text} (from the package {self.package})" if text else f"From the package {self.package}."

    def readiness(self) -> Readiness:
        """Tell whether it can be used; whatever goes wrong on the way is the reason why not."""
        remedy = f"update or remove the package {self.package}"
        if self.taken:
            return Readiness(False, f"its name is taken by {self.taken}", remedy)
        try:
            state = self._adapter().readiness()
            if isinstance(state, Readiness):
                return state
            return Readiness(False, f"its readiness() returns {type(state).__name__}, not Readiness", remedy)
        except WorkbenchError as error:
            return Readiness(False, error.what, error.remedy or remedy)
        except (Exception, SystemExit) as error:  # the package is somebody else's: anything may be wrong with it
            return Readiness(False, f"it is broken: {_said(error)}", remedy)

    def load(self, spec: Spec) -> Engine:
        """Return the engine, ready to transcribe.

        Raises
        ------
        EngineError : it is broken, in the words of what it raised; the adapter's own errors as they are
        """
        try:
            engine = self._adapter().load(spec)
        except WorkbenchError:
            raise
        except MemoryError:
            raise
        except (Exception, SystemExit) as error:  # see above
            raise self._broken(spec, f"cannot be loaded: {_said(error)}") from error
        try:
            missing = [name for name in _ATTRIBUTES if not hasattr(engine, name)]
            faults = [f"it has no {', '.join(missing)}"] if missing else list(description_faults(engine))
        except Exception as error:  # a property of it
            faults = [_said(error)]
        if faults:
            raise self._broken(spec, f"is no engine: {'; '.join(faults)}")
        loaded: Engine = engine
        return loaded

    def _broken(self, spec: Spec, what: str) -> EngineError:
        return spec.error(what, remedy=f"report it to whoever makes the package {self.package}")

    def _adapter(self) -> Any:
        adapter = self.point.load()
        missing = [name for name in ("load", "readiness") if not callable(getattr(adapter, name, None))]
        if missing:
            problem = f"{self.point.value} has no function {' and no '.join(missing)}"
            raise EngineError(
                problem, remedy=f"update or remove the package {self.package}; docs/engines.md says what an adapter has"
            )
        return adapter

    def _text(self, name: str) -> str:
        try:
            return str(getattr(self.point.load(), name, ""))
        except (Exception, SystemExit):  # readiness() says what is wrong
            return ""


def found(own: Collection[str]) -> list[Plugin]:
    """Return the engines of other packages in the order of their names; ``own`` are the names of the workbench's own."""
    points = sorted(entry_points(group=GROUP), key=lambda point: (point.name, _package(point)))
    plugins: list[Plugin] = []
    owners = dict.fromkeys(own, "an engine of the workbench")
    for point in points:
        plugins.append(Plugin(point.name, _package(point), point, owners.get(point.name, "")))
        owners.setdefault(point.name, f"the package {_package(point)}")
    return plugins


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.value.partition(":")[0]


def _said(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__
