"""What a condition needs of this machine, and what to do where it is not there."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec

from workbench.extras import install_command

_INSTALL = install_command("audio")


@lru_cache(maxsize=64)
def package(name: str) -> str:
    """Return why the Python package ``name`` cannot be used and what to do about it; "" if it can."""
    return "" if find_spec(name) else f"the package {name} is not installed: {_INSTALL}"


@lru_cache(maxsize=64)
def codec(encoder: str, decoder: str) -> str:
    """Return which of FFmpeg's coders the installed av package lacks and what to do about it; "" if it has both."""
    if package("av"):
        return package("av")
    import av

    for name, mode, role in ((encoder, "w", "encoder"), (decoder, "r", "decoder")):
        try:
            av.codec.Codec(name, mode)
        except (ValueError, LookupError):
            return f"the FFmpeg in the installed av package has no {role} {name}: {_INSTALL}, whose wheel of av has it"
    return ""
