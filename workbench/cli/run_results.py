"""The results of the run that a command is about; what it prints from then on has the display names of that run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.results import Results


def load(run_id: str, **given: Any) -> Results:
    """Return the results of a run (``results.load``) and print under its display names from now on."""
    from workbench.display_names import use
    from workbench.results import load as load_results

    results = load_results(run_id, **given)
    if results.labels:  # of two runs that are compared, one may have none
        use(results.labels)
    return results
