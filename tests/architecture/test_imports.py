"""Import rules of ARCHITECTURE.md: layers of features, roles in a feature, pure modules."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from office360.notifications.domain.declared_channels import CHOSEN

from ..support.suite.import_graph import ROOT, imported_names
from ..support.suite.source_files import nodes_of_file, parse_file

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
    "figures",
    "staff",
    "management",
    "server",
)
# Folders that each folder may import, besides itself and core.
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
    "figures": {"queue", "rooms", "precheck", "appointments", "offices", "signaling"},
    "staff": {"notifications", "queue", "chatbot", "rooms", "precheck", "appointments", "offices", "signaling"},
    "management": {"staff", "figures", "notifications", "queue", "rooms", "appointments", "offices", "signaling"},
    "server": set(FOLDERS),
}
FEATURES = {
    "queue",
    "chatbot",
    "rooms",
    "precheck",
    "appointments",
    "notifications",
    "staff",
    "offices",
    "figures",
    "management",
}
# Roles of a feature's folders, lowest first: a role imports itself and lower roles.
ROLES = ("domain", "storage", "queries", "notify", "actions", "realtime", "web")
# Folders named by a subject, and the role whose rules apply to them.
SUBJECTS = {
    "chatbot/language": "domain",
    "chatbot/dialogue": "domain",
    "chatbot/rewriting": "domain",
    "queue/simulation": "domain",
    "staff/consoles": "queries",
    **{f"notifications/{channel}": "realtime" for channel in ("email", "push", *CHOSEN)},
}
PURE_CORE = {
    "core.auth",
    "core.contact.channel_offers",
    "core.contact.chosen_channels",
    "core.contact.email_typos",
    "core.contact.emergency_numbers",
    "core.errors",
    "core.formats.charts",
    "core.ids",
    "core.json_types",
    "core.row_mapping",
    "core.tokens",
    "core.i18n.catalogues",
    "core.i18n.languages",
    "core.i18n.error_texts",
    "core.i18n.dates",
    "core.i18n.numbers",
    "core.i18n.text_search",
    "core.web.validation",
}
# Pure functions: formats of a language, public holidays of a region, edit distance of two words, parsed
# pictures, TOML.
PURE_LIBRARIES = {"PIL", "babel", "defusedxml", "holidays", "rapidfuzz", "tomli_w"}
ACTING_LIBRARIES = {"asyncio", "socket", "threading"}
# aiortc echoes the test room's media, aioice checks a relay. No other module may handle media.
MEDIA_FILES = {
    "precheck/realtime/probe.py",
    "precheck/realtime/media_echo.py",
    "precheck/realtime/ice_gathering.py",
    "precheck/realtime/peer_limits.py",
    "precheck/realtime/aiortc_internals.py",
    "signaling/turn_check.py",
}


def _files(folder: str) -> list[Path]:
    return sorted(path for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _own_imports(path: Path) -> Iterator[tuple[str, ...]]:
    return (name[1:] for name in imported_names(path) if name[0] == "office360" and len(name) > 1)


def _role(parts: tuple[str, ...]) -> str | None:
    """Return the role of a module's folder; None at the top of a feature."""
    if len(parts) < 2:
        return None
    if any(part.removesuffix(".py") == "declaration" for part in parts):
        return "domain"  # the texts and needs of a channel are in its own folder
    return SUBJECTS.get("/".join(parts[:2]), parts[1] if parts[1] in ROLES else None)


def _is_pure(path: str) -> bool:
    """Tell whether a module is pure. Pure modules may import those of other features directly."""
    return _role(tuple(path.split("/"))) == "domain"


def _pure_files() -> list[str]:
    inside = [
        _name(path)
        for folder in FEATURES
        for path in _files(folder)
        if _role(path.relative_to(ROOT).parts) == "domain"
    ]
    return sorted(inside)


@pytest.mark.parametrize("folder", FOLDERS)
def test_imports_between_folders_point_down(folder: str) -> None:
    allowed = BELOW[folder] | {folder, "core"}
    breaches = [
        f"{_name(path)} imports {'.'.join(name)}"
        for path in _files(folder)
        for name in _own_imports(path)
        if name[0] in FOLDERS and name[0] not in allowed
    ]
    assert breaches == []


@pytest.mark.parametrize("folder", [name for name in FOLDERS if name != "server"])
def test_other_features_import_service_only(folder: str) -> None:
    breaches = [
        f"{_name(path)} imports {'.'.join(name)}"
        for path in _files(folder)
        for name in _own_imports(path)
        if name[0] in FEATURES and name[0] != folder and name[1:2] != ("service",)
        if not (_is_pure(_name(path)) and _is_pure("/".join(name[:3])))
    ]
    assert breaches == []


@pytest.mark.parametrize("folder", sorted(FEATURES))
def test_feature_modules_do_not_import_their_own_service(folder: str) -> None:
    breaches = [
        f"{_name(path)} imports {'.'.join(name)}"
        for path in _files(folder)
        for name in _own_imports(path)
        if name[:2] == (folder, "service")
    ]
    assert breaches == []


@pytest.mark.parametrize("folder", sorted(FEATURES))
def test_service_exports_only_what_other_folders_use(folder: str) -> None:
    exported = _exported(ROOT / folder / "service.py")
    used = {
        name
        for other in FOLDERS
        if other != folder
        for path in _files(other)
        for feature, name in _used_of_services(path)
        if feature == folder
    }
    assert sorted(exported - used) == []
    assert sorted(used - exported) == []


def _exported(path: Path) -> set[str]:
    for node in parse_file(path).body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id == "__all__"
        ):
            return set(ast.literal_eval(node.value))
    return set()


@cache
def _used_of_services(path: Path) -> set[tuple[str, str]]:
    """Return what a file uses of services: the feature and the name."""
    names = {(name[0], name[2]) for name in _own_imports(path) if name[1:2] == ("service",) and len(name) > 2}
    aliases = {
        ((node.module or "").split(".")[-1], alias.asname or alias.name)
        for node in nodes_of_file(path)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name == "service"
    }
    read = {
        (node.value.id, node.attr)
        for node in nodes_of_file(path)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    return names | {(feature, name) for feature, alias in aliases for owner, name in read if owner == alias}


@pytest.mark.parametrize("folder", sorted(FEATURES))
def test_roles_inside_a_feature_import_lower_roles_only(folder: str) -> None:
    breaches = []
    for path in _files(folder):
        role = _role(path.relative_to(ROOT).parts)
        for name in _own_imports(path):
            below = _role(name)
            if role and below and name[0] == folder and ROLES.index(below) > ROLES.index(role):
                breaches.append(f"{_name(path)} imports {'.'.join(name)}")
    assert breaches == []


@pytest.mark.parametrize("folder", sorted(FEATURES))
def test_folders_of_a_feature_have_a_known_role(folder: str) -> None:
    known = {f"{folder}/{role}" for role in ROLES} | set(SUBJECTS)
    found = {"/".join(path.relative_to(ROOT).parts[:2]) for path in _files(folder) if path.parent != ROOT / folder}
    assert sorted(found - known) == []


def test_chatbot_grammars_do_not_import_the_dialogue() -> None:
    breaches = [
        f"{_name(path)} imports {'.'.join(name)}"
        for path in _files("chatbot/language")
        for name in _own_imports(path)
        if name[:2] == ("chatbot", "dialogue")
    ]
    assert breaches == []


def test_domain_modules_import_nothing_that_acts() -> None:
    pure = {name.removesuffix(".py").replace("/", ".") for name in _pure_files()}
    breaches = []
    for file in _pure_files():
        for name in imported_names(ROOT / file):
            dotted = [".".join(name[1 : end + 1]) for end in range(1, len(name))]
            if name[0] == "office360":
                if not any(module in pure | PURE_CORE for module in dotted):
                    breaches.append(f"{file} imports {'.'.join(name)}")
            elif name[0] not in sys.stdlib_module_names | PURE_LIBRARIES or name[0] in ACTING_LIBRARIES:
                breaches.append(f"{file} imports {'.'.join(name)}")
    assert breaches == []


def test_domain_modules_read_no_clock() -> None:
    asking = ("datetime.now(", "time.time(", "monotonic(", "utcnow(", "today(")
    breaches = [file for file in _pure_files() if any(word in (ROOT / file).read_text() for word in asking)]
    assert breaches == []


def test_only_storage_modules_import_sqlalchemy() -> None:
    breaches = [
        f"{_name(path)} imports {'.'.join(name)}"
        for folder in FOLDERS
        if folder not in {"core", "server"}
        for path in _files(folder)
        if _role(path.relative_to(ROOT).parts) != "storage" and path.name not in {"store.py", "tables.py"}
        for name in imported_names(path)
        if name[0] == "sqlalchemy" and name[:3] != ("sqlalchemy", "ext", "asyncio")
    ]
    assert breaches == []


def test_only_the_probe_and_the_relay_check_touch_media() -> None:
    breaches = [
        f"{_name(path)} imports {name[0]}"
        for folder in FOLDERS
        for path in _files(folder)
        for name in imported_names(path)
        if name[0] in {"aiortc", "aioice", "av"} and _name(path) not in MEDIA_FILES
    ]
    assert breaches == []


def test_environment_is_read_in_server_only() -> None:
    breaches = [
        _name(path)
        for folder in FOLDERS
        if folder != "server"
        for path in _files(folder)
        if re.search(r"os\.environ|getenv|from os import", path.read_text())
    ]
    assert breaches == []


def test_only_the_clock_module_reads_the_time_of_day() -> None:
    breaches = [
        _name(path)
        for folder in FOLDERS
        for path in _files(folder)
        if "datetime.now(" in path.read_text() and path != ROOT / "core" / "clock.py"
    ]
    assert breaches == []


def test_only_the_http_client_of_tests_opens_sessions() -> None:
    """A connection that a session leaves open fails a later test."""
    breaches = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if re.search(r"\bClientSession\(", path.read_text())
    ]
    assert breaches == ["tests/support/http_client.py"]


def test_every_module_has_a_docstring() -> None:
    silent = [
        _name(path) for folder in FOLDERS for path in _files(folder) if not ast.get_docstring(parse_file(path))
    ]
    assert silent == []


def test_no_import_cycle_between_modules() -> None:
    modules = {_name(path).removesuffix(".py").replace("/", "."): path for f in FOLDERS for path in _files(f)}
    below = {
        module: {target for name in _own_imports(path) for target in _targets(name, modules)} - {module}
        for module, path in modules.items()
    }
    # Drop modules that import none of the rest, and modules that none of the rest imports; cycles remain.
    while free := {
        module
        for module, targets in below.items()
        if not targets & below.keys() or not any(module in others for others in below.values())
    }:
        for module in free:
            del below[module]
    assert sorted(below) == []


def _targets(name: tuple[str, ...], modules: dict[str, Path]) -> set[str]:
    candidates = {".".join(name), ".".join(name[:-1])}
    return candidates & modules.keys()
