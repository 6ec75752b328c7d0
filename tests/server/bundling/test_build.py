"""Bundles of the product and of a small package: complete and reproducible."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from posixpath import dirname, normpath

import pytest
from office360.server.app import ROOT
from office360.server.bundling.build import INPUTS_NAME, SHARED_SCRIPT, build_if_stale, find_tools
from office360.server.bundling.manifest import BUILT_FOLDER, current_manifest, read_manifest
from office360.server.bundling.template_modules import page_modules
from office360.server.web.static_files import StaticFolder

from ...conftest import NODE_MODULES

BUILT = ROOT / BUILT_FOLDER
STATIC = ROOT / "static"
INPUTS: dict[str, dict[str, list[str]]] = json.loads((BUILT / INPUTS_NAME).read_text())
# A variable, a collection that is filled later, or a call when the module is loaded.
STATE = re.compile(
    r"^(?:export )?(?:let |var |const \w+ = new (?:Map|Set|WeakMap|WeakSet|AbortController)\(\)"
    r"|const \w+ = \[\];|(?:document|window|worker|addEventListener|set\w+)\b.*[({]$)",
    re.M,
)
# Modules whose state may exist more than once on a page.
HARMLESS_STATE = {
    "core/i18n.js": "caches the texts that stand in the page",
}
SMALL_PACKAGE = {
    "server/templates/base.html": "{{ stylesheets('core/a.css', 'core/b.css') }}{% block main %}{% endblock %}",
    "queue/templates/queue/ticket.html": '{% extends "base.html" %}'
    '{% block main %}<p data-module="queue/ticket">{% endblock %}',
    "static/core/a.css": "a { color: red }",
    "static/core/b.css": "b { color: red }" * 50,
    "static/core/module_loader.js": "export const all = 1;",
    "static/core/text.js": "export const text = (/** @type {string} */ name) => document.getElementById(name);",
    "static/queue/ticket.js": 'import { text } from "../core/text.js";\n'
    'export default async () => (await import("./map.js")).draw(text("a"));',
    "static/queue/map.js": 'import { text } from "../core/text.js";\nexport const draw = () => text("b");',
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return _write_package(tmp_path / "package")


def _write_package(root: Path) -> Path:
    for name, text in SMALL_PACKAGE.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    build_if_stale(root, find_tools(NODE_MODULES))
    return root


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_page_bundle_has_all_modules_of_its_templates() -> None:
    manifest = read_manifest(BUILT)
    assert manifest is not None
    pages = {template: modules for template, modules in page_modules(ROOT).items() if modules}
    assert set(pages) == set(manifest.pages)
    for template, modules in pages.items():
        assert {f"{module}.js" for module in modules} <= set(INPUTS[manifest.pages[template]]["modules"])


def test_bundle_imports_only_loader_and_lazy_parts() -> None:
    manifest = read_manifest(BUILT)
    assert manifest is not None
    imported = {name for about in INPUTS.values() for name in about["imports"]}
    assert imported == {SHARED_SCRIPT, *manifest.lazy}


def _scripts_of_pages() -> Iterator[tuple[str, set[str]]]:
    """Yield each page's bundle with all that it loads, now or later."""
    for page in (name for name in INPUTS if name.startswith("pages/") and name.endswith(".js")):
        loaded, found = {page, SHARED_SCRIPT}, set(INPUTS[page]["imports"])
        while found - loaded:
            loaded |= found
            found = {name for script in loaded for name in INPUTS[script]["imports"]}
        yield page, loaded


def test_module_with_state_is_in_one_script_of_a_page() -> None:
    repeated = set()
    for page, scripts in _scripts_of_pages():
        modules = [module for script in scripts for module in INPUTS[script]["modules"]]
        for module in {module for module in modules if modules.count(module) > 1}:
            if STATE.search((STATIC / module).read_text()) and module not in HARMLESS_STATE:
                repeated.add((page, module))
    assert repeated == set()


def test_every_exception_from_single_state_is_needed() -> None:
    assert {module for module in HARMLESS_STATE if not STATE.search((STATIC / module).read_text())} == set()


def test_source_map_leads_to_served_modules() -> None:
    manifest = read_manifest(BUILT)
    assert manifest is not None
    for name in INPUTS:
        map_name = f"{name}.map"
        assert f"sourceMappingURL={Path(map_name).name}" in (BUILT / "static" / name).read_text()
        sources = json.loads((BUILT / "static" / map_name).read_text())["sources"]
        assert {normpath(f"{dirname(name)}/{source}") for source in sources} <= set(manifest.files)
        assert map_name in manifest.files


def test_build_does_not_depend_on_its_folder(package: Path, tmp_path: Path) -> None:
    other = _write_package(tmp_path / "elsewhere" / "other")
    assert _content(package / BUILT_FOLDER) == _content(other / BUILT_FOLDER)


def test_bundle_replaces_single_files(package: Path) -> None:
    static = StaticFolder(package / "static")
    assert static.page_script_url("queue/ticket.html") == static.url("pages/queue_ticket.js")
    assert static.stylesheet_urls(("core/a.css", "core/b.css")) == [static.url("pages/base.css")]
    script = (static.served_path / "pages/queue_ticket.js").read_text()
    assert 'as"queue/ticket"' in script
    assert 'import("../queue/map.js")' in script
    assert "import" not in (static.served_path / "queue/map.js").read_text()


@pytest.mark.parametrize("name", ["queue/templates/queue/ticket.html", "static/core/text.js"])
def test_changed_source_makes_build_stale(package: Path, name: str) -> None:
    tools = find_tools(NODE_MODULES)
    assert not build_if_stale(package, tools)
    (package / name).write_text((package / name).read_text() + "\n")
    assert current_manifest(package) is None
    static = StaticFolder(package / "static")
    assert static.page_script_url("queue/ticket.html") is None
    assert static.stylesheet_urls(("core/a.css", "core/b.css")) == [
        static.url("core/a.css"),
        static.url("core/b.css"),
    ]
    assert static.served_path == package / "static"
    assert build_if_stale(package, tools)
    assert current_manifest(package) is not None
