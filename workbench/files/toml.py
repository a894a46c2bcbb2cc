"""TOML of others: whatever is wrong with it is one kind of error."""

from __future__ import annotations

import tomllib
from typing import Any


def toml_fields(data: bytes) -> dict[str, Any]:
    """Return the fields of a TOML file.

    Raises
    ------
    TOMLDecodeError : no TOML; nested too deeply; a number of more digits than Python reads
    UnicodeDecodeError : not UTF-8

    >>> toml_fields(b"seed = 1")
    {'seed': 1}
    """
    text = data.decode("utf-8-sig")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError:
        raise tomllib.TOMLDecodeError("its values are nested too deeply") from None
    except (ValueError, OverflowError) as error:  # a number of more than 4300 digits, a date that is none
        raise tomllib.TOMLDecodeError(str(error)) from None
