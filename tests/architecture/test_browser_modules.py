"""Rules of browser modules: layers of features, no circle, few scripts in a folder."""

from __future__ import annotations

import re
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path, PurePosixPath

import pytest

from ..support.suite.import_graph import ROOT
from .test_imports import BELOW
from .test_language import MOST_MODULES

STATIC = ROOT / "static"
# Types are imported in comments, so a comment counts as an import for the layers, and not for a circle.
_RELATIVE_NAME = re.compile(r"""["'](\.{1,2}/[^"']+\.js)["']""")
_STATEMENT = re.compile(r"""^(?:import|export)\b[^;]*?["'](\.{1,2}/[^"']+\.js)["'];""", re.MULTILINE)


def module_names() -> list[str]:
    """List all scripts, such as `rooms/lobby/entry.js`."""
    return sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.js"))


def imported_modules(name: str, pattern: re.Pattern[str]) -> set[str]:
    """Return the modules that a script names by this pattern."""
    folder = PurePosixPath(name).parent
    found = pattern.findall((STATIC / name).read_text())
    return {(STATIC / folder / path).resolve().relative_to(STATIC).as_posix() for path in found}


def is_allowed(importer: str, imported: str) -> bool:
    """Return whether a script may import another: of its feature, `core`, or below."""
    (own, *_), (other, *_) = Path(importer).parts, Path(imported).parts
    return other in {own, "core", *BELOW[own]}


@pytest.mark.parametrize(
    ("importer", "imported", "allowed"),
    [
        ("staff/transfers.js", "rooms/lobby/entry.js", True),
        ("rooms/people/people.js", "staff/transfers.js", False),
        ("core/dom.js", "queue/ticket_page.js", False),
        ("queue/ticket_page.js", "core/dom.js", True),
    ],
)
def test_script_layers_are_those_of_python(importer: str, imported: str, allowed: bool) -> None:
    assert is_allowed(importer, imported) is allowed


def test_scripts_import_only_features_below() -> None:
    breaches = [
        f"{name} imports {other}"
        for name in module_names()
        for other in sorted(imported_modules(name, _RELATIVE_NAME))
        if (STATIC / other).is_file() and not is_allowed(name, other)
    ]
    assert not breaches, "\n".join(breaches)


def test_scripts_import_each_other_without_circle() -> None:
    graph = {name: imported_modules(name, _STATEMENT) for name in module_names()}
    assert sum(map(len, graph.values())) > len(graph)  # the pattern still finds imports
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_folder_of_scripts_is_small() -> None:
    counts = Counter(Path(name).parent.as_posix() for name in module_names())
    assert {folder: count for folder, count in counts.items() if count > MOST_MODULES} == {}
