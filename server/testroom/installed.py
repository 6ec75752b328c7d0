"""Presence of the libraries of the test room. Imports none of them."""

from __future__ import annotations

from importlib.util import find_spec

MEDIA_LIBRARIES = ("aiortc", "av", "pylibsrtp")
TESTROOM_MISSING = "not installed: install the extra office360[testroom] (docs/install.md)"


def is_testroom_installed() -> bool:
    """Tell whether a process of this environment can run a test room."""
    return all(find_spec(name) is not None for name in MEDIA_LIBRARIES)
