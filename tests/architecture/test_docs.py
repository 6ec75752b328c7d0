"""Statements of the documents about the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from office360.core.web.api_route import API_PREFIX
from office360.precheck.domain import fault_location, grade_scales
from office360.rooms.realtime.room_commands import COMMANDS
from office360.server.checks.check_result import HELP_PAGE, CheckTopic
from office360.server.jobs import nightly_cleanup
from office360.server.schema import metadata
from office360.server.secret_files import SECRET_SETTINGS
from office360.server.settings import ENV_PREFIX, Settings
from office360.server.web.openapi_document import API_ROUTES
from office360.signaling import close_codes
from pydantic_core import PydanticUndefined

from ..support.pictures.document_pictures import FOLDER, MAX_BYTES, PICTURES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
COLUMNS = 100
OUTSIDE = {".venv", ".src", ".git", "node_modules", "build", "var"}
CODE = {".py", ".js", ".html", ".css", ".toml", ".txt", ".conf", ".env"}
CODE_PATH = re.compile(r"`((?:[a-z0-9_]+/)+[a-z0-9_]+\.(?:py|js|html|css|toml))`")
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)")
PICTURE = re.compile(r"!\[[^\]]*\]\(([^)]+)\)")
# Code names a document by its path, a decision by its number only, so that its title can change.
REFERENCE = re.compile(r"docs/([a-z_]+(?:/[a-z_]+)*\.md)(?:#([\w-]+))?|docs/decisions/(\d{4})")


def _documents() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")])


def _code() -> Iterator[Path]:
    for folder in sorted(ROOT.iterdir()):
        if folder.name not in OUTSIDE | {"docs"} and folder.is_dir():
            yield from (path for path in sorted(folder.rglob("*")) if path.suffix in CODE and path.is_file())


def _anchors(document: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub forms them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_settings_table_equals_the_settings() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", (DOCS / "settings.md").read_text(), re.MULTILINE))
    assert rows == {ENV_PREFIX + name.upper(): _setting_row(name) for name in Settings.model_fields}


def _setting_row(name: str) -> str:
    field = Settings.model_fields[name]
    meaning = field.description
    if name in SECRET_SETTINGS:
        meaning = f"{meaning} Or a file: `{ENV_PREFIX}{name.upper()}_FILE`."
    default = field.default
    if default in (PydanticUndefined, "", None):
        return f"– | {meaning}"
    shown = str(default).lower() if isinstance(default, bool) else default
    return f"`{shown}` | {meaning}"


def test_each_line_of_check_has_a_row_of_help() -> None:
    """Compare docs/troubleshooting.md with the checks."""
    page = ROOT / HELP_PAGE
    assert {topic.help.partition("#")[2] for topic in CheckTopic} <= _anchors(page)
    section = page.read_text().partition("\n## Lines of `check`\n")[2].partition("\n## ")[0]
    assert sorted(re.findall(r"^### (.+)$", section, re.MULTILINE)) == sorted(CheckTopic)
    links = set(re.findall(r"\(#([\w-]+)\)", page.read_text()))
    assert links <= _anchors(page)


def test_data_retention_lists_every_table() -> None:
    deploying = (DOCS / "install.md").read_text()
    section = deploying.partition("## Data retention")[2].partition("\n## ")[0]
    cells = [line.split(" | ")[0] for line in section.splitlines() if line.startswith("| `")]
    listed = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(listed) == sorted(metadata.tables)
    assert f"{nightly_cleanup.OUTBOX_KEY_RETENTION.days} days after it was due" in section


def test_threats_name_existing_tests() -> None:
    """Compare docs/security.md with the tests."""
    rows = [line for line in (DOCS / "security.md").read_text().splitlines() if line.startswith("| ")]
    rows = [line for line in rows if not line.startswith("| threat |")]
    named = [re.search(r"\| `(tests/\S+\.py)::(test_\w+)` \|$", row) for row in rows]
    assert [row for row, found in zip(rows, named, strict=True) if found is None] == []
    missing = [
        found[0]
        for found in named
        if found and not ((ROOT / found[1]).is_file() and f"def {found[2]}(" in (ROOT / found[1]).read_text())
    ]
    assert missing == []


def test_api_table_equals_the_published_operations() -> None:
    rows = re.findall(r"^\| (\w+) \| `([A-Z]+ /\S*)` \|", (DOCS / "api.md").read_text(), re.MULTILINE)
    listed = {call: access for access, call in rows}
    published = {call: route.access + ("i" if route.allows_key else "") for call, route in API_ROUTES.items()}
    assert listed == published
    assert f"under `{API_PREFIX}`" in (DOCS / "api.md").read_text()


def test_connection_test_thresholds_equal_the_code() -> None:
    rows = dict(re.findall(r"^\| ([^|]+) \| (.+) \|$", (DOCS / "video.md").read_text(), re.MULTILINE))
    expected = {
        "round-trip time": (grade_scales.RTT_SCALE, "ms"),
        "jitter": (grade_scales.JITTER_SCALE, "ms"),
        "loss, each direction": (grade_scales.LOSS_UP_SCALE, "%"),
        "throughput, each direction": (grade_scales.UPLOAD_SCALE, "kbps"),
        "MOS": (grade_scales.MOS_SCALE, ""),
        "microphone level": (grade_scales.MICROPHONE_SCALE, "dBFS"),
    }
    for name, (scale, unit) in expected.items():
        sign = "≥" if scale.is_higher_better else "≤"
        shown = [f"{sign} {_figure(bound)} {unit}".strip() for bound in (scale.green, scale.amber)]
        assert rows[name].split(" | ")[:2] == shown, name


def test_fault_location_figures_equal_the_code() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| `\w+` \| (.+) \|$", (DOCS / "video.md").read_text(), re.MULTILINE))
    expected = {
        "busy_device": (
            f"{fault_location.BUSY_PAGE_LAG_MS} ms late",
            f"{fault_location.BUSY_DROPPED_PCT} % of the returned",
        ),
        "udp_worse": (
            f"loses {fault_location.CLEAR_UDP_LOSS_PCT} %",
            f"is {fault_location.UDP_DETOUR_MS} ms slower",
        ),
        "load": (f"more than {fault_location.LONG_QUEUE_MS} ms",),
        "distant": (f"at most {fault_location.STEADY_RTT_RATIO} times",),
    }
    assert {f"{reason}" for reason in fault_location.Reason} - rows.keys() == {"none"}
    for reason, figures in expected.items():
        for figure in figures:
            assert figure in rows[reason], reason


def _figure(value: float) -> str:
    text = f"{value:,}" if isinstance(value, float) else f"{value:,.0f}"
    return text.replace("-", "−")


def test_decision_numbers_match_their_files() -> None:
    files = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    assert [path.name[:4] for path in files] == [f"{number:04d}" for number in range(1, len(files) + 1)]
    for number, path in enumerate(files, 1):
        assert path.read_text().startswith(f"# {number}. "), path.name


def test_list_of_decisions_has_each_by_its_title() -> None:
    pages = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))
    titles = [path.read_text().partition("\n")[0].removeprefix("# ").partition(". ") for path in pages]
    lines = [f"{number}. [{title}]({path.name})" for path, (number, _, title) in zip(pages, titles, strict=True)]
    listed = (ROOT / "docs/decisions/README.md").read_text().splitlines()
    assert [line for line in listed if line[:1].isdigit()] == lines


def test_document_links_resolve() -> None:
    broken = []
    for document in _documents():
        for target, anchor in LINK.findall(document.read_text()):
            if target.startswith(("http:", "https:", "mailto:")):
                continue
            found = (document.parent / target) if target else document
            if not found.exists() or (anchor and found.suffix == ".md" and anchor not in _anchors(found)):
                broken.append(f"{document.relative_to(ROOT)}: {target}#{anchor}")
    assert broken == []


def test_every_document_is_in_the_index_once() -> None:
    """Follow the index, and the first pages of folders, which list the pages beside them."""
    listed = _linked_documents(DOCS / "index.md")
    for first_page in DOCS.rglob("README.md"):
        listed += [page for page in _linked_documents(first_page) if page.parent == first_page.parent]
    assert sorted(listed) == sorted(set(_documents()) - {DOCS / "index.md"})


def _linked_documents(document: Path) -> list[Path]:
    targets = [target for target, _anchor in LINK.findall(document.read_text()) if target.endswith(".md")]
    return [(document.parent / target).resolve() for target in targets]


def test_documents_show_the_pictures_that_a_command_takes() -> None:
    shown = {
        (document.parent / target).resolve()
        for document in _documents()
        for target in PICTURE.findall(document.read_text())
    }
    taken = {FOLDER / name for names in PICTURES.values() for name in names}
    taken |= {picture for area in ("push", "pages") for picture in FOLDER.glob(f"{area}-*.svg")}  # of benchmarks/
    assert shown == taken
    assert sorted(FOLDER.iterdir()) == sorted(taken)
    assert [path.name for path in taken if path.stat().st_size > MAX_BYTES] == []


def test_code_paths_in_documents_exist() -> None:
    missing = [
        f"{document.relative_to(ROOT)}: {path}"
        for document in _documents()
        for path in CODE_PATH.findall(document.read_text())
        if not (ROOT / path).exists() and not path.startswith("web/")
    ]
    assert missing == []


def test_references_from_code_to_documents_resolve() -> None:
    broken = []
    for path in _code():
        for page, anchor, number in REFERENCE.findall(path.read_text()):
            found = DOCS / page if page else next((DOCS / "decisions").glob(f"{number}-*.md"), DOCS / number)
            if not found.exists() or (anchor and anchor not in _anchors(found)):
                broken.append(f"{path.relative_to(ROOT)}: {page or number}#{anchor}")
    assert broken == []


def test_documents_have_at_most_100_columns() -> None:
    assert [f"{place}: {line}" for place, line in _prose_lines() if len(line) > COLUMNS] == []


def _prose_lines() -> Iterator[tuple[str, str]]:
    """Yield lines of prose: no tables, code, pictures or long links, which cannot be wrapped."""
    for document in _documents():
        in_code = False
        for number, line in enumerate(document.read_text().splitlines(), 1):
            in_code ^= line.startswith("```")
            cannot_wrap = line.startswith(("|", "![", "    ")) or re.search(r"\S{60}|^\d+\. \[.+\)$", line)
            if not in_code and not cannot_wrap:
                yield f"{document.relative_to(ROOT)}:{number}", line


def test_architecture_map_lists_every_folder() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    folders = {
        path.parent.name for path in ROOT.glob("*/*") if path.suffix in (".py", ".js") or path.name == "domain"
    }
    assert sorted(folder for folder in folders - {"docs"} if f"`{folder}/`" not in text) == []


def test_every_websocket_message_is_documented() -> None:
    documented = set(re.findall(r"`(\w+)", (DOCS / "protocol.md").read_text()))
    sent = {
        name
        for folder in ("signaling", "rooms", "queue", "staff", "precheck")
        for path in (ROOT / folder).rglob("*.py")
        for name in re.findall(r'"type": "(\w+)"', path.read_text())
    }
    assert {"ticket", "office", "welcome"} <= sent
    asgi_scopes = {"websocket"}  # of signaling/asgi_websocket.py
    assert sorted((sent | set(COMMANDS)) - documented - asgi_scopes) == []


def test_close_codes_table_equals_code_and_reconnecting_socket() -> None:
    section = (DOCS / "protocol.md").read_text().partition("## Close codes")[2].partition("\n## ")[0]
    rows = {
        int(code): last
        for code, last in re.findall(r"^\| (\d{4}) \| .* \| (yes|once|no) \|$", section, re.MULTILINE)
    }
    codes = {value for value in vars(close_codes).values() if isinstance(value, int)}
    assert sorted(codes - rows.keys()) == []
    script = (ROOT / "static" / "core" / "network" / "reconnecting_socket.js").read_text()
    final = re.search(r"FINAL_CODES = new Set\(\[([\d, ]+)\]\)", script)
    assert final is not None
    assert {int(code) for code in final[1].split(",")} == {code for code, last in rows.items() if last == "no"}
