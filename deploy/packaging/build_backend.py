"""Build backend: setuptools, with a fresh folder for the files of each wheel.

setuptools copies the modules into `build/lib` and packs all that lies there. In a folder that was upgraded, this
is also each module that the version before had: an old migration would return, and `office360 migrate` fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from tempfile import TemporaryDirectory
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import (
    build_editable,
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]


def build_wheel(
    wheel_directory: str,
    config_settings: Mapping[str, Any] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """Build a wheel of the files that the tree has now (PEP 517), and return its name."""
    with TemporaryDirectory() as folder:
        settings = dict(config_settings or {})
        given = settings.get("--global-option", [])
        options = [given] if isinstance(given, str) else list(given)
        settings["--global-option"] = [*options, "build", "--build-base", folder]
        return build_meta.build_wheel(wheel_directory, settings, metadata_directory)
