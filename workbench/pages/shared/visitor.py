"""The app on a server: what stands in front of it, who its visitor is, and the login of Streamlit's own where it is set up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st
from starlette.middleware import Middleware

from workbench.errors import ManifestError
from workbench.processes.contained import contained
from workbench.server.guard import USER_HEADER, Guard
from workbench.server.settings import Settings

UNNAMED = (
    "Your login tells no e-mail address and no subject: nothing can be kept for you. Ask whoever runs this server."
)


Result = TypeVar("Result")


def read_contained(function: Callable[..., Result], *arguments: Any, called: str) -> Result:
    """Return what a reader of other people's files returns; a server lets it read in a process with limits, and stays if that dies."""
    if not st.runtime.exists():  # a test of a page
        return function(*arguments)
    return contained(function, *arguments, called=called, fails=ManifestError)


def guards() -> list[Middleware]:
    """Return what stands before everything that the app serves."""
    return [Middleware(Guard)]


def user() -> str | None:
    """Return who the visitor is; None where there is no login, and everybody sees everything."""
    name = st.context.headers.get(USER_HEADER)
    if name:
        return str(name)
    return _of_login() if _login_is_set_up() else None


def require_login() -> None:
    """Show the button of Streamlit's own login (OpenID Connect) to whoever has not logged in, and nothing else."""
    if not _login_is_set_up() or st.context.headers.get(USER_HEADER):
        return
    if not st.user.to_dict().get("is_logged_in"):
        st.title("Speech fairness workbench", anchor=False)
        st.button("Log in", type="primary", on_click=st.login, key="log_in")
        st.stop()
    if not _of_login():
        st.error(UNNAMED)
        st.stop()
    with st.sidebar:
        st.button("Log out", on_click=st.logout, key="log_out", type="tertiary")


def show_user() -> None:
    """Say in the sidebar who has logged in with a password, and how to leave."""
    name = st.context.headers.get(USER_HEADER)
    if name and Settings.of().users is not None:
        with st.sidebar:
            st.link_button("Log out", "/_workbench/logout", type="tertiary", icon=":material/logout:")


def _login_is_set_up() -> bool:
    """Return whether ``secrets.toml`` has an ``[auth]`` section."""
    return bool(st.secrets.load_if_toml_exists() and st.secrets.get("auth"))


def _of_login() -> str:
    """Return a name for who logged in: the address that the provider vouches for, else its subject."""
    told = st.user.to_dict()
    if not told.get("is_logged_in"):
        return ""
    email = told.get("email") if told.get("email_verified", True) else None
    return str(email or told.get("sub") or "")[:64]
