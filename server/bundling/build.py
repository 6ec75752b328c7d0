"""Builder of the bundles: runs esbuild, compresses the files. Servers do not import it."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from posixpath import normpath
from typing import Any

from .manifest import (
    BUILT_FOLDER,
    STATIC_FOLDER,
    Manifest,
    files_below,
    hash_files,
    hash_sources,
    read_manifest,
    write_manifest,
)
from .template_modules import page_modules, stylesheet_calls

SHARED_SCRIPT = "core/module_loader.js"  # of all pages, and imported by modules of a bundle
# flat, so that `new URL("../…", import.meta.url)` means the same as in a module
PAGES_FOLDER = "pages"
STYLES_FOLDER = "styles"  # of style sheets that a template names alone
SCRIPT_OPTIONS = (
    "--bundle",
    "--format=esm",
    "--target=es2022",  # that of tsconfig.json: what the browsers of docs/requirements.md run
    "--minify",
    "--charset=utf8",
    "--legal-comments=none",
    "--sourcemap",
    # developers' tools load the modules, which stay beside the bundles: 9 MB less
    "--sources-content=false",
    "--tsconfig-raw={}",  # not that of a folder above, which is missing in a wheel's build
    "--log-level=warning",
    "--allow-overwrite",
)
STYLE_OPTIONS = tuple(option for option in SCRIPT_OPTIONS if not option.startswith(("--format", "--target")))
# compressed as bundles are; the single modules are for developers only
IMAGE_TYPES = (".svg", ".ico")
MIN_COMPRESSED_BYTES = 500  # a smaller file fits into one packet with its headers
INPUTS_NAME = "inputs.json"  # what is in each bundle, and what it imports: for tests


@dataclass(frozen=True, slots=True)
class Tools:
    """The programs that build."""

    esbuild: Path
    compress: Callable[[bytes], bytes]  # with brotli, which is in no standard library

    def identity(self) -> str:
        """Hash the inputs that decide how sources are built."""
        version = _run([self.esbuild, "--version"])
        here = Path(__file__).parent
        return hash_files(here, here.glob("*.py")) + "-" + version.strip()


def find_tools(node_modules: Path) -> Tools:
    """Find esbuild in a folder of npm, and brotli. Raises BuildFailed if either is missing."""
    esbuild = next(node_modules.glob("@esbuild/*/bin/esbuild"), None)
    try:
        import brotli
    except ImportError:
        raise BuildFailed("the Python package brotli is not installed") from None
    if esbuild is None:
        raise BuildFailed(f"{node_modules} has no esbuild")
    return Tools(esbuild.resolve(), brotli.compress)


def build_if_stale(root: Path, tools: Tools) -> bool:
    """Build the bundles unless they are current, and tell whether they were built."""
    manifest = read_manifest(root / BUILT_FOLDER)
    if manifest and (manifest.sources, manifest.tools) == (hash_sources(root), tools.identity()):
        return False
    build_bundles(root, root / BUILT_FOLDER, tools)
    return True


def build_bundles(root: Path, target: Path, tools: Tools) -> Manifest:
    """Build the static files of a package into a folder, which is replaced."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".bundles-") as scratch:
        folder = Path(scratch) / "built"
        shutil.copytree(root / STATIC_FOLDER, folder / STATIC_FOLDER)
        manifest = _Builder(root, folder, tools).build()
        if target.exists():
            target.rename(Path(scratch) / "earlier")
        folder.rename(target)
    return manifest


class _Builder:
    """Builds a copy of the static files in place, so that all import paths stay right."""

    def __init__(self, root: Path, folder: Path, tools: Tools) -> None:
        self._root = root
        self._folder = folder
        self._static = folder / STATIC_FOLDER
        self._tools = tools
        self._inputs: dict[str, dict[str, list[str]]] = {}

    def build(self) -> Manifest:
        sources, modules = hash_sources(self._root), page_modules(self._root)
        lazy = self._find_lazy_modules(modules.values())
        pages, styles = name_pages(modules), name_styles(stylesheet_calls(self._root))
        bundled = {pages[template]: named for template, named in modules.items() if template in pages}
        workers = [path.relative_to(self._static).as_posix() for path in self._static.rglob("*_worker.js")]
        in_place = [SHARED_SCRIPT, *lazy, *workers]
        (self._static / PAGES_FOLDER).mkdir()
        with ThreadPoolExecutor() as threads:
            jobs = [threads.submit(self._bundle_page, name, named, in_place) for name, named in bundled.items()]
            # Each replaces its module. This is safe at any time, because no other bundle reads these modules.
            jobs += [threads.submit(self._bundle_module, name, in_place) for name in in_place]
            jobs += [threads.submit(self._bundle_styles, name, names) for names, name in styles.items()]
            for job in jobs:
                job.result()
            files = dict(threads.map(self._compress, sorted(files_below(self._static))))
        (self._folder / INPUTS_NAME).write_text(json.dumps(self._inputs, indent=1, sort_keys=True) + "\n")
        build = hash_files(self._static, files_below(self._static))
        manifest = Manifest(sources, self._tools.identity(), build, files, pages, styles, tuple(lazy))
        write_manifest(self._folder, manifest)
        return manifest

    def _find_lazy_modules(self, pages: Iterable[Iterable[str]]) -> list[str]:
        """Return the modules that others import on demand."""
        entries = sorted({f"./{name}.js" for named in pages for name in named} | {f"./{SHARED_SCRIPT}"})
        with tempfile.TemporaryDirectory() as unused:
            inputs = self._run_esbuild([*SCRIPT_OPTIONS, *entries, f"--outdir={unused}"])["inputs"]
        imports = (imported for module in inputs.values() for imported in module["imports"])
        return sorted({imported["path"] for imported in imports if imported["kind"] == "dynamic-import"})

    def _bundle_page(self, name: str, modules: Iterable[str], external: Sequence[str]) -> None:
        """Bundle the modules of a page; each is exported by its name."""
        text = "".join(f'export * as "{module}" from "./{module}.js";\n' for module in sorted(modules))
        self._bundle(name, [*SCRIPT_OPTIONS, *(f"--external:./{other}" for other in external)], text)

    def _bundle_module(self, name: str, external: Sequence[str]) -> None:
        """Bundle a module with what it imports, in its own place."""
        others = (f"--external:./{other}" for other in external if other != name)
        self._bundle(name, [*SCRIPT_OPTIONS, "--sources-content=true", *others, f"./{name}"])

    def _bundle_styles(self, name: str, names: str) -> None:
        text = "".join(f'@import "./{sheet}";\n' for sheet in names.split())
        self._bundle(name, [*STYLE_OPTIONS, "--loader=css"], text)

    def _bundle(self, name: str, options: Sequence[str], text: str | None = None) -> None:
        """Write a bundle from an entry that the options name, or from its text."""
        metafile = self._run_esbuild([*options, f"--outfile={name}"], text)
        (output,) = (about for path, about in metafile["outputs"].items() if not path.endswith(".map"))
        self._inputs[name] = {
            "modules": sorted(path for path in output["inputs"] if path != "<stdin>"),
            "imports": sorted({normpath(f"{name}/../{outside['path']}") for outside in output["imports"]}),
        }

    def _run_esbuild(self, options: Sequence[str], text: str | None = None) -> Any:
        """Run esbuild in the folder of static files, and return its report of the files."""
        with tempfile.NamedTemporaryFile(suffix=".json") as metafile:
            _run([self._tools.esbuild, *options, f"--metafile={metafile.name}"], self._static, text)
            return json.loads(Path(metafile.name).read_text())

    def _compress(self, path: str) -> tuple[str, list[str]]:
        """Write the compressed files that are smaller; return the name and their suffixes."""
        content, name = Path(path).read_bytes(), Path(path).relative_to(self._static).as_posix()
        is_sent = name in self._inputs or path.endswith(IMAGE_TYPES)
        if not is_sent or len(content) < MIN_COMPRESSED_BYTES:
            return name, []
        encodings = {".br": self._tools.compress(content), ".gz": gzip.compress(content, 9, mtime=0)}
        suffixes = [suffix for suffix, encoded in encodings.items() if len(encoded) < len(content)]
        for suffix in suffixes:
            Path(path + suffix).write_bytes(encodings[suffix])
        return name, suffixes


class BuildFailed(Exception):
    """The sources cannot be bundled. Its text is the message of esbuild."""


def _run(command: Sequence[str | Path], folder: Path | None = None, text: str | None = None) -> str:
    """Run esbuild and return its output. Raises BuildFailed for an error and for a warning."""
    run = subprocess.run(command, cwd=folder, input=text, capture_output=True, text=True, check=False)  # noqa: S603
    if run.returncode != 0 or run.stderr:
        raise BuildFailed(run.stderr)
    return run.stdout


def name_pages(modules: Mapping[str, frozenset[str]]) -> dict[str, str]:
    """Name the script of each page; pages of the same modules share the first's."""
    names: dict[frozenset[str], str] = {}
    for template, named in sorted(modules.items()):
        if named:
            names.setdefault(named, f"{PAGES_FOLDER}/{_flat_name(template)}.js")
    return {template: names[named] for template, named in sorted(modules.items()) if named}


def name_styles(calls: Mapping[tuple[str, ...], str]) -> dict[str, str]:
    """Name the bundles of style sheets by their only sheet, else by the first template."""
    names: dict[str, str] = {}
    for sheets, template in calls.items():
        flat = (
            f"{STYLES_FOLDER}/{_flat_name(sheets[0])}"
            if len(sheets) == 1
            else f"{PAGES_FOLDER}/{_flat_name(template)}"
        )
        taken = sum(name.startswith(f"{flat}.") for name in names.values())
        names[" ".join(sheets)] = f"{flat}.{taken + 1}.css" if taken else f"{flat}.css"
    return names


def _flat_name(path: str) -> str:
    return path.rpartition(".")[0].replace("/", "_")
