"""The root folder is the package, and the wheel contains the whole tree."""

from __future__ import annotations

import queue
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import office360
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ..support.suite.import_graph import imported_names

ROOT = Path(__file__).parent.parent.parent
VERSION_FILES = ("constraints.txt", "constraints-dev.txt", "requirements.txt")
# Dependencies that the product uses without importing them.
USED_WITHOUT_IMPORT = {
    "aiosqlite": "SQLAlchemy imports the driver that the URL of the database names",
    "asyncpg": "SQLAlchemy imports the driver that the URL of the database names",
    "av": "aiortc encodes and decodes with it",
    "python-multipart": "Starlette parses forms with it",
    "tzdata": "zoneinfo reads time zones from it where the system has none",
    "uharfbuzz": "fpdf2 joins Arabic letters with it",
    "uvloop": "uvicorn takes it as the event loop",
}
# Imported by modules that no server imports.
ONLY_IN_BUILDS = {"brotli": ["server/bundling/build.py"]}
DATA = (
    "static/**/*",
    "*/templates/**/*",
    "*/locale/*.po",
    "*/fonts/*",
    "chatbot/language/second_opinion/weights.bin",
    "server/bundles/manifest.json",
    "server/bundles/static/**/*",
    "server/demo/*.toml",
    "server/demo/*.json.gz",
    "py.typed",
)
UNPACKAGED_FOLDERS = {"tests", "benchmarks", "deploy", "docs", "static", "build", "dist", "var", "node_modules"}


def _project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def _folders_with_python() -> set[str]:
    found = {"office360"}
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).parent.parts
        if parts and parts[0] not in UNPACKAGED_FOLDERS and not parts[0].startswith("."):
            found.add(".".join(("office360", *parts)))
    return found


def _table(name: str) -> Any:
    return _project()["project"][name]  # type: ignore[index]


def _text(name: str) -> str:
    return (ROOT / name).read_text()


def _runtime_lines() -> list[str]:
    return [*_table("dependencies"), *_table("optional-dependencies")["testroom"]]


def _distribution(line: str) -> str:
    """Return the canonical name of a requirement."""
    return canonicalize_name(Requirement(line).name)


def _declared() -> set[str]:
    return {_distribution(line) for line in _runtime_lines()}


def _product_imports() -> dict[str, list[str]]:
    """Return the files of the product by the distribution that they import."""
    distributions = packages_distributions()
    found: dict[str, list[str]] = {}
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT)
        if name.parts[0] in UNPACKAGED_FOLDERS or name.parts[0].startswith("."):
            continue
        top = {imported[0] for imported in imported_names(path)} - sys.stdlib_module_names - {"office360"}
        for module in top:
            for distribution in distributions.get(module, [module]):
                found.setdefault(canonicalize_name(distribution), []).append(name.as_posix())
    return found


def _pinned(name: str) -> dict[str, list[str]]:
    """Return the versions of each package in a file; some have a version for each Python."""
    found: dict[str, list[str]] = {}
    for line in _text(name).splitlines():
        package, version = line.partition(" ;")[0].split("==")
        found.setdefault(canonicalize_name(package), []).append(version)
    return found


def test_version_heads_the_changelog() -> None:
    version = _project()["project"]["version"]  # type: ignore[index]
    headings = re.findall(r"^## (.+)$", _text("CHANGELOG.md"), flags=re.M)
    released = [heading for heading in headings if heading != "Unreleased"]
    assert re.fullmatch(re.escape(version) + r" — \d{4}-\d\d-\d\d", released[0])
    numbers = [tuple(map(int, heading.partition(" ")[0].split("."))) for heading in released]
    assert numbers == sorted(set(numbers), reverse=True)


def test_installed_version_is_that_of_the_project() -> None:
    assert office360.__version__ == _table("version")


@pytest.mark.parametrize(("name", "appendix"), [("LICENSE", "Appendix"), ("LICENSE.es", "Apéndice")])
def test_licence_text_is_complete(name: str, appendix: str) -> None:
    text = _text(name)
    assert re.findall(r"^(\d+)\. [A-ZÁ]", text, flags=re.M) == [str(number) for number in range(1, 16)]
    compatible = re.findall(r"^ *[-—] \S", re.split(rf"^ *{appendix}$", text, flags=re.M)[1], flags=re.M)
    assert len(compatible) == 10


def test_package_list_equals_folder_tree() -> None:
    project = _project()
    packages = project["tool"]["setuptools"]["packages"]  # type: ignore[index]
    assert set(packages) == _folders_with_python()


def test_queue_does_not_shadow_the_standard_library() -> None:
    assert not (ROOT / "queue" / "__init__.py").exists()
    assert hasattr(queue, "SimpleQueue")
    seen_from_the_root = subprocess.run(
        [sys.executable, "-c", "import queue, asyncio, office360.queue.domain.line; print(queue.__file__)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(ROOT) not in seen_from_the_root.stdout


def test_root_has_no_loose_module() -> None:
    assert [path.name for path in ROOT.glob("*.py")] == ["__init__.py"]


@pytest.mark.parametrize("name", VERSION_FILES)
def test_version_files_name_no_host_or_folder(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()
    assert [line for line in lines if re.search(r"[/@#]|^ *--(?!hash=sha256:)", line)] == []


def test_every_third_party_import_is_declared() -> None:
    undeclared = {name: files for name, files in _product_imports().items() if name not in _declared()}
    assert undeclared == ONLY_IN_BUILDS


def test_every_declared_dependency_is_used() -> None:
    assert _declared() - set(_product_imports()) == set(USED_WITHOUT_IMPORT)


def test_only_the_test_room_imports_its_libraries() -> None:
    extra = {_distribution(line) for line in _table("optional-dependencies")["testroom"]}
    assert extra == {"aiortc", "av", "pylibsrtp"}
    files = {file for name, found in _product_imports().items() if name in extra for file in found}
    modules = ("aiortc_internals", "media_echo", "peer_limits", "probe")
    assert files == {f"precheck/realtime/{name}.py" for name in modules}


def test_requirements_have_the_versions_of_constraints() -> None:
    block = r"^(\S.*) \\\n((?: {4}--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)"
    blocks = re.findall(block, _text("requirements.txt"), flags=re.M)
    assert [version for version, _ in blocks] == _text("constraints.txt").splitlines()
    assert "".join(f"{version} \\\n{hashes}" for version, hashes in blocks) == _text("requirements.txt")


def test_constraints_fit_the_declared_dependencies() -> None:
    """Keep versions of the runtime and of tools in two separate files."""
    runtime, tools = _pinned("constraints.txt"), _pinned("constraints-dev.txt")
    assert set(runtime) & set(tools) == set()
    groups: dict[str, list[str]] = _project()["dependency-groups"]  # type: ignore[assignment]
    declared = [(line, runtime) for line in _runtime_lines()]
    declared += [(line, {**runtime, **tools}) for group in groups.values() for line in group]
    wrong = []
    for line, pinned in declared:
        requirement = Requirement(line)
        versions = pinned.get(canonicalize_name(requirement.name), [])
        if not versions or not all(version in requirement.specifier for version in versions):
            wrong.append(f"{line}: {versions}")
    assert wrong == []


# Files that setuptools made when an earlier version was installed from this folder.
LEFT_BY_AN_EARLIER_VERSION = {
    "build/lib/office360/old_module.py": "",
    "build/lib/office360/server/migrations/versions/0000_old.py": "",
    "office360.egg-info/SOURCES.txt": "old_module.py\nbuild/lib/office360/old_module.py\n",
    "office360.egg-info/top_level.txt": "old_module\n",
}


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Build a wheel in a folder that was upgraded, and return the names of its files."""
    tree, wheels = tmp_path_factory.mktemp("upgraded") / "tree", tmp_path_factory.mktemp("wheels")
    left_out = shutil.ignore_patterns(
        ".*", "__pycache__", "build", "*.egg-info", "var", "node_modules", "tests", "benchmarks", "docs"
    )
    shutil.copytree(ROOT, tree, ignore=left_out)
    for name, text in LEFT_BY_AN_EARLIER_VERSION.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(wheels), str(tree)],
        check=True,
        capture_output=True,
    )
    (wheel,) = wheels.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def test_wheel_contains_all_data_files(wheel_names: set[str]) -> None:
    missing = [
        f"office360/{path.relative_to(ROOT)}"
        for pattern in (*DATA, "server/migrations/**/*.py")
        for path in ROOT.glob(pattern)
        if path.is_file() and "__pycache__" not in path.parts and not path.parts[len(ROOT.parts)].startswith(".")
    ]
    assert [name for name in missing if name not in wheel_names] == []


def test_wheel_contains_no_module_of_an_earlier_version(wheel_names: set[str]) -> None:
    modules = {name for name in wheel_names if name.endswith(".py")}
    assert len(modules) > 100
    assert {name for name in modules if not (ROOT / name.removeprefix("office360/")).exists()} == set()


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_wheel_contains_the_native_call_and_its_types(wheel_names: set[str]) -> None:
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    native = "office360/signaling/native_fanout"
    assert {name for name in wheel_names if name.startswith(native)} == {f"{native}{suffix}", f"{native}.pyi"}


def test_wheel_contains_both_licence_texts(wheel_names: set[str]) -> None:
    inside = {name.rpartition("/")[2] for name in wheel_names if ".dist-info/licenses/" in name}
    assert inside == {"LICENSE", "LICENSE.es"}
