"""The command ``workbench``: it starts the package of that name, unless another distribution's package is in the way."""

from __future__ import annotations

import sys
from importlib.metadata import packages_distributions
from pathlib import Path

DISTRIBUTION = "speech-fairness-workbench"


def obstacle() -> str:
    """Return why the package ``workbench`` that Python finds is not this distribution's, and what to do; "" if it is."""
    try:
        import workbench
    except Exception as error:  # a package of that name that cannot even be imported
        return _said(f"it cannot be imported ({type(error).__name__}: {error})")
    try:
        from workbench import version
    except Exception:  # a package without that module
        version = None
    # An editable installation finds our submodules below any package of that name: they must lie in the same folder.
    beside = version is not None and Path(version.__file__).parent == Path(workbench.__file__ or "").parent
    if not beside or version.DISTRIBUTION != DISTRIBUTION:
        return _said(f"Python finds {getattr(workbench, '__file__', None) or 'a folder without code'}")
    return ""


def others() -> list[str]:
    """Return the other installed distributions that bring a package ``workbench`` too."""
    return sorted({name for name in packages_distributions().get("workbench", []) if name.lower() != DISTRIBUTION})


def _said(found: str) -> str:
    named = " ".join(others())
    remedy = f"pip uninstall {named}, then pip install --force-reinstall --no-deps {DISTRIBUTION}" if named else ""
    return (
        f"error: another package named workbench is in the way of {DISTRIBUTION}: {found}; "
        f"{remedy or 'start the command in another folder'}, or use an environment of its own: python -m venv .venv"
    )


def main() -> None:
    """Run the command line, or say what is in its way."""
    if reason := obstacle():
        sys.stderr.write(reason + "\n")
        raise SystemExit(2)
    from workbench.__main__ import main as run

    run()
