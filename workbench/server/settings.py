"""How a server is set up, by its environment: which names it answers to, who its users are, and who says so."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

HOSTS, USERS, HEADER = "WORKBENCH_HOSTS", "WORKBENCH_USERS", "WORKBENCH_USER_HEADER"


@dataclass(frozen=True)
class Settings:
    """Settings of a server.

    ``hosts``: names under which it may be asked for, besides localhost and addresses in numbers, as ``app.example.org`` or
    ``*.example.org``. ``users``: the file of accounts (:mod:`workbench.server.accounts`); None: no login. ``header``: the header
    in which a proxy says who it let in; empty: none.
    """

    hosts: tuple[str, ...] = ()
    users: Path | None = None
    header: str = ""

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Return the settings that an environment holds."""
        hosts = tuple(name.strip().lower() for name in environment.get(HOSTS, "").split(",") if name.strip())
        users = environment.get(USERS, "")
        return cls(hosts, Path(users).expanduser() if users else None, environment.get(HEADER, "").strip().lower())

    def answers_to(self, host: str) -> bool:
        """Return whether a Host header names this server.

        A page of somebody else whose name was made to lead here (DNS rebinding) sends that name. It cannot send an address in
        numbers, nor localhost.

        >>> server = Settings(hosts=("*.example.org",))
        >>> [server.answers_to(host) for host in ("localhost:8501", "[::1]:8501", "app.example.org", "evil.example")]
        [True, True, True, False]
        """
        try:
            parts = urlsplit(f"//{host}")
            name = (parts.hostname or "").rstrip(".")
            _ = parts.port
        except ValueError:
            return False
        if parts.username is not None or parts.path or parts.query or parts.fragment or not name:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            pass
        else:
            return True
        return name == "localhost" or any(
            name.endswith(known[1:]) if known.startswith("*.") else name == known for known in self.hosts
        )
