"""Keys: an engine is told the name of the environment variable that holds one, never the key.

An engine's name stands in study files, in the store, in logs and on cards. So an option whose name ends in ``key``,
``token``, ``secret`` or ``password`` takes the name of a variable, in capitals, and an address may hold neither a password
nor such a parameter; anything else is refused before it is stored, without repeating it.
"""

from __future__ import annotations

import os
import re
from urllib.parse import unquote

ENDINGS = ("key", "token", "secret", "password")
HIDDEN = "(not shown)"
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]{0,18}(_[A-Z0-9]{1,18})*")
"""Names as they are usual for variables; keys have lower case, or more capitals in a row."""
_CREDENTIALS = re.compile(r"//[^/?#]*@")
_PARAMETER = re.compile(rf"[?&#;]\s*[^=&#;]*({'|'.join(ENDINGS)})\s*=", re.IGNORECASE)


def faults(text: str) -> list[str]:
    """Return a fault for each option of an engine's name that holds a secret, not the name of the variable that holds it."""
    return [fault for part in text.partition("?")[2].split("&") if (fault := _fault(*_option(part)))]


def hidden(text: str) -> str:
    """Return an engine's name with what may be a secret left out, for messages about that very mistake.

    >>> hidden("openai-api:m?url=https://me:pass@host&key=abc")
    'openai-api:m?url=(not shown)&key=(not shown)'
    """
    head, mark, query = text.partition("?")
    parts = query.split("&")
    return head + mark + "&".join(f"{_option(part)[0]}={HIDDEN}" if _fault(*_option(part)) else part for part in parts)


def from_environment(variable: str) -> str:
    """Return the secret in an environment variable, without white space at its ends; ``""`` if there is none.

    Raises
    ------
    ValueError : it holds what no header can carry; the message does not repeat it
    """
    result = os.environ.get(variable, "").strip()
    if not all("!" <= character <= "~" for character in result):
        raise ValueError("it holds white space or characters beyond ASCII")
    return result


def _option(part: str) -> tuple[str, str]:
    """Return name and value of an option as it is written in an engine's name."""
    name, _, value = part.partition("=")
    return name, unquote(value)


def _fault(name: str, value: str) -> str:
    """Return what is wrong with the value of an option, if it may be a secret; ``""`` if nothing is."""
    if value and unquote(name).strip().lower().endswith(ENDINGS) and not _VARIABLE.fullmatch(value):
        return f"{name} takes the name of an environment variable in capitals ({name}=ASR_KEY), not the key itself"
    if _CREDENTIALS.search(value):
        return f"{name} holds a name or password before its '@': leave it out"
    if _PARAMETER.search(value):
        return f"{name} holds a key behind its '?': name the environment variable that holds it with 'key=ASR_KEY'"
    return ""
