"""The house as ARCHITECTURE.md draws it: who may import whom, and which file may do what."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FOLDERS = (
    "core",
    "signaling",
    "offices",
    "queue",
    "rooms",
    "precheck",
    "appointments",
    "chatbot",
    "notifications",
    "staff",
    "server",
)
# What each folder may import besides itself and core.
BELOW: dict[str, set[str]] = {
    "core": set(),
    "signaling": set(),
    "offices": {"signaling"},
    "appointments": {"offices"},
    "precheck": {"appointments", "offices", "signaling"},
    "queue": {"appointments", "offices", "signaling"},
    "chatbot": {"appointments", "queue", "offices"},
    "rooms": {"precheck", "appointments", "offices", "signaling"},
    "notifications": set(),
    "staff": {"notifications", "queue", "chatbot", "rooms", "precheck", "appointments", "offices", "signaling"},
    "server": set(FOLDERS),
}
FEATURES = {"queue", "chatbot", "rooms", "precheck", "appointments", "staff"}
# Files that run no SQL beside the stores: core's own tables, and the composition root.
SQL_FILES = {
    "store.py",
    "limits_store.py",
    "agenda_store.py",
    "delivery_store.py",
    "offer_store.py",
    "reminding_store.py",
    "ticket_store.py",
    "past_store.py",
    "people_store.py",
    "desk_store.py",
    "tables.py",
}
PURE = {
    "queue": {
        "rules.py",
        "pace.py",
        "day.py",
        "drawing.py",
        "simulated.py",
        "simulation.py",
        "ticket.py",
        "line.py",
        "sequence.py",
        "admission.py",
        "estimate.py",
        "notices.py",
        "passed.py",
        "statistics.py",
    },
    "rooms": {"room.py", "view.py"},
    "precheck": {"mos.py", "verdict.py", "fault.py", "session.py", "codes.py"},
    "appointments": {
        "slots.py",
        "capacity.py",
        "rules.py",
        "reminder.py",
        "appointment.py",
        "offer.py",
        "waiting_entry.py",
    },
    "chatbot": {
        "words.py",
        "reading.py",
        "numbers.py",
        "days.py",
        "dates.py",
        "dates_en.py",
        "dates_es.py",
        "clocks.py",
        "times.py",
        "times_en.py",
        "times_es.py",
        "lexicon.py",
        "lexicon_en.py",
        "lexicon_es.py",
        "intents_en.py",
        "intents_es.py",
        "catalogue.py",
        "services.py",
        "places.py",
        "details.py",
        "locators.py",
        "phrases.py",
        "state.py",
        "turns.py",
        "world.py",
        "texts.py",
        "taking.py",
        "choosing.py",
        "booking.py",
        "visits.py",
        "telling.py",
        "opening.py",
        "pressing.py",
        "answering.py",
        "dialogue.py",
    },
    "offices": {"hours.py", "office.py"},
    "staff": {"account.py"},
}
PURE_MAY = {"core.errors", "core.ids", "core.i18n", "core.texts"}
PURE_FOREIGN = {"rapidfuzz"}  # a pure function: how far two words are from one another


def _files(folder: str) -> list[Path]:
    return sorted(path for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts)


def _imports(path: Path) -> Iterator[tuple[str, ...]]:
    """Every import of a file as a dotted path from the package's root, or the name of a foreign module."""
    here = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield tuple(alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0:
                yield tuple((node.module or "").split("."))
                continue
            base = ("office360", *here[: len(here) - node.level + 1])
            module = tuple((node.module or "").split(".")) if node.module else ()
            if module:
                yield base + module
            else:
                for alias in node.names:
                    yield (*base, alias.name)


def _ours(path: Path) -> Iterator[tuple[str, ...]]:
    return (name[1:] for name in _imports(path) if name[0] == "office360" and len(name) > 1)


@pytest.mark.parametrize("folder", FOLDERS)
def test_imports_point_down_only(folder: str) -> None:
    allowed = BELOW[folder] | {folder, "core"}
    breaches = [
        f"{path.relative_to(ROOT)} imports {'.'.join(name)}"
        for path in _files(folder)
        for name in _ours(path)
        if name[0] in FOLDERS and name[0] not in allowed
    ]
    assert breaches == []


@pytest.mark.parametrize("folder", [name for name in FOLDERS if name != "server"])
def test_a_feature_is_entered_by_its_service_only(folder: str) -> None:
    breaches = [
        f"{path.relative_to(ROOT)} imports {'.'.join(name)}"
        for path in _files(folder)
        for name in _ours(path)
        if name[0] in FEATURES | {"offices"} and name[0] != folder and name[1:2] != ("service",)
    ]
    assert breaches == []


@pytest.mark.parametrize("folder", sorted(PURE))
def test_pure_files_import_nothing_that_acts(folder: str) -> None:
    breaches = []
    for file in sorted(PURE[folder]):
        path = ROOT / folder / file
        siblings = {name.removesuffix(".py") for name in PURE[folder]}
        for name in _imports(path):
            if name[0] == "office360":
                inside = name[1] == folder and name[2:3] and name[2] in siblings
                if not inside and ".".join(name[1:3]) not in PURE_MAY:
                    breaches.append(f"{folder}/{file} imports {'.'.join(name)}")
            elif name[0] not in sys.stdlib_module_names | PURE_FOREIGN or name[0] in {
                "asyncio",
                "socket",
                "threading",
            }:
                breaches.append(f"{folder}/{file} imports {'.'.join(name)}")
    assert breaches == []


def test_pure_files_ask_no_clock() -> None:
    asking = ("datetime.now(", "time.time(", "monotonic(", "utcnow(", "today(")
    breaches = [
        f"{folder}/{file}"
        for folder, files in PURE.items()
        for file in files
        if any(word in (ROOT / folder / file).read_text() for word in asking)
    ]
    assert breaches == []


def test_only_stores_run_sql() -> None:
    breaches = [
        f"{path.relative_to(ROOT)} imports {'.'.join(name)}"
        for folder in FOLDERS
        if folder not in {"core", "server"}
        for path in _files(folder)
        if path.name not in SQL_FILES
        for name in _imports(path)
        if name[0] == "sqlalchemy" and name != ("sqlalchemy", "ext", "asyncio")
    ]
    assert breaches == []


# aiortc echoes the test room's media; aioice proves a relay. Anything else would be media on a web process.
MEDIA_FILES = {
    "precheck/realtime/probe.py",
    "precheck/realtime/media_echo.py",
    "precheck/realtime/ice_gathering.py",
    "signaling/turn_check.py",
}


def test_only_the_probe_and_the_proof_of_a_relay_touch_media() -> None:
    breaches = [
        f"{path.relative_to(ROOT)} imports {name[0]}"
        for folder in FOLDERS
        for path in _files(folder)
        for name in _imports(path)
        if name[0] in {"aiortc", "aioice", "av"} and path.relative_to(ROOT).as_posix() not in MEDIA_FILES
    ]
    assert breaches == []


def test_only_server_reads_the_environment() -> None:
    breaches = [
        str(path.relative_to(ROOT))
        for folder in FOLDERS
        if folder != "server"
        for path in _files(folder)
        if re.search(r"os\.environ|getenv|from os import", path.read_text())
    ]
    assert breaches == []


def test_only_one_file_asks_the_machine_for_the_time_of_day() -> None:
    breaches = [
        str(path.relative_to(ROOT))
        for folder in FOLDERS
        for path in _files(folder)
        if "datetime.now(" in path.read_text() and path != ROOT / "core" / "clock.py"
    ]
    assert breaches == []


def test_every_module_says_what_it_owns() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for folder in FOLDERS
        for path in _files(folder)
        if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []
