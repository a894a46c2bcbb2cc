"""Keys: an engine is told the name of the environment variable that holds one, never the key.

An engine's name stands in study files, in the store, in logs and on cards. So an option whose name ends in ``key``,
``token``, ``secret`` or ``password`` takes the name of a variable, in capitals, and an address may not hold a password;
anything else is refused before it is stored, without repeating it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from urllib.parse import unquote

ENDINGS = ("key", "token", "secret", "password")
HIDDEN = "(not shown)"
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]{0,18}(_[A-Z0-9]{1,18})*")
"""Names as they are usual for variables; keys have lower case, or more capitals in a row."""
_CREDENTIALS = re.compile(r"//[^/?#]*@")


def faults(options: Mapping[str, str]) -> list[str]:
    """Return a fault for each option that holds a secret instead of the name of the variable that holds it."""
    found = []
    for name, value in options.items():
        if _is_secret(name) and not _VARIABLE.fullmatch(value):
            found.append(
                f"{name} takes the name of an environment variable in capitals ({name}=ASR_KEY), not the key itself"
            )
        elif _CREDENTIALS.search(value):
            found.append(f"{name} holds a name or password before its '@': leave it out")
    return found


def hidden(text: str) -> str:
    """Return an engine's name with what may be a secret left out, for messages about that very mistake.

    >>> hidden("openai-api:m?url=https://me:pass@host&key=abc")
    'openai-api:m?url=(not shown)&key=(not shown)'
    """
    head, mark, query = text.partition("?")
    parts = []
    for part in query.split("&") if mark else []:
        name, equals, value = part.partition("=")
        parts.append(f"{name}={HIDDEN}" if equals and faults({name: unquote(value)}) else part)
    return head + mark + "&".join(parts)


def from_environment(variable: str) -> str:
    """Return the secret in an environment variable, without white space at its ends; ``""`` if there is none.

    Raises
    ------
    ValueError : it holds what no header can carry; the message does not repeat it
    """
    found = os.environ.get(variable, "").strip()
    if not all("!" <= character <= "~" for character in found):
        raise ValueError("it holds white space or characters beyond ASCII")
    return found


def _is_secret(name: str) -> bool:
    return name.lower().endswith(ENDINGS)
