"""Manifest of the built static files: what was built, and from which sources."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

BUILT_FOLDER = Path("server/bundles")  # below the root of the package
STATIC_FOLDER = "static"  # in the built folder
MANIFEST_NAME = "manifest.json"
HASH_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of a built folder. Names are relative to its static folder, with `/`."""

    sources: str  # hash of the static files and templates that it was built from
    tools: str  # hash of the programs that built it
    build: str  # hash of the built files, part of their addresses
    files: Mapping[str, Sequence[str]]  # name → suffixes of the compressed files beside it
    pages: Mapping[str, str]  # template → name of its script
    styles: Mapping[str, str]  # names of style sheets, separated by a space → name of their bundle
    lazy: tuple[str, ...]  # modules that pages load later, each a bundle at its own name


def read_manifest(folder: Path) -> Manifest | None:
    """Read the manifest of a built folder, or return None if there is none of this version."""
    try:
        content = json.loads((folder / MANIFEST_NAME).read_text())
        return Manifest(**{**content, "lazy": tuple(content["lazy"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest into a built folder."""
    text = json.dumps(asdict(manifest), indent=0, sort_keys=True)
    (folder / MANIFEST_NAME).write_text(text + "\n")


def current_manifest(root: Path) -> Manifest | None:
    """Return the manifest of the built files, or None if they are missing or stale."""
    manifest = read_manifest(root / BUILT_FOLDER)
    return manifest if manifest is not None and manifest.sources == hash_sources(root) else None


def hash_sources(root: Path) -> str:
    """Hash the static files and the templates, from which the bundles are made."""
    return hash_files(root, chain(files_below(root / STATIC_FOLDER), template_files(root)))


def hash_files(root: Path, paths: Iterable[Path | str]) -> str:
    """Hash the names below a folder and the contents of files, in any order."""
    digest = hashlib.sha256()
    for path in sorted(str(path) for path in paths):
        with open(path, "rb", buffering=0) as file:
            digest.update(os.path.relpath(path, root).encode() + b"\0" + file.read())
    return digest.hexdigest()[:HASH_DIGITS]


def files_below(folder: Path | str) -> Iterator[str]:
    """Yield the paths of all files below a folder, faster than `Path.rglob`: at each start."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from files_below(entry.path)
            else:
                yield entry.path


def template_files(root: Path) -> Iterator[str]:
    """Yield the paths of the templates: of the folder `templates` of each feature."""
    for folder in root.glob("[a-z]*/templates"):
        yield from (path for path in files_below(folder) if path.endswith(".html"))
