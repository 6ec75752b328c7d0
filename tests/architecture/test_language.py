"""Language rules for names, docstrings, comments, documents and folders.

As a script it prints every finding and the totals by rule:
python tests/architecture/test_language.py [ROOT] [PATH...]
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

LONGEST_TEST_NAME = 60
LONGEST_SUMMARY = 88  # columns of a docstring's first line
MOST_MODULES = 20  # Python files in one folder
MIGRATIONS = "server/migrations/versions"  # only grows: a landed migration is never changed or merged

# Pronouns without a noun, and phrases that stand for a term of the field.
FORBIDDEN = ("whoever", "whosoever", "somebody", "nobody", "for ever", "no fault", "twice is once")
VAGUE_OPENINGS = ("What", "Who", "Whoever", "Those", "It", "Nobody")
METAPHORS = frozenset(
    {
        *("floor", "floors", "stage", "stages", "hall", "halls", "house", "houses", "door", "doors"),
        *("wire", "wires", "wall", "walls", "letter", "letters", "lane", "lanes", "errand", "errands"),
        *("memory", "memories", "replica", "replicas", "outlook", "outlooks"),
    }
)

# Terms of the field that contain such a word; they are allowed everywhere.
FIELD_TERMS = {
    "wall clock": "local time as people read it; Python's documentation uses the term",
    "shared memory": "the operating system's /dev/shm",
    "bounded memory": "a limit of the RAM that a process takes",
    "memory bus": "the event bus inside one process, beside the Redis bus",
    "memory subscription": "a subscription of the memory bus",
}


@dataclass(frozen=True, slots=True)
class AllowedName:
    """Names (a pattern that must match the whole name) that are meant literally in some files."""

    pattern: str
    paths: tuple[str, ...]  # prefixes
    reason: str

    def allows(self, path: str, name: str) -> bool:
        return path.startswith(self.paths) and re.fullmatch(self.pattern, name) is not None


ALLOWED_NAMES = (
    AllowedName(
        r"letter|LINE_LETTERS|test_ticket_codes_\w+",
        (
            *("offices/", "queue/", "benchmarks/push/office.py"),
            *("tests/queue/", "tests/support/office_fixture.py"),
        ),
        "column and JSON name: the letter of a line, the A of ticket A-101",
    ),
    AllowedName(
        r"letters?|test_\w*letters?\w*",
        (
            *("chatbot/language/", "precheck/domain/codes.py", "tests/precheck/domain/test_codes.py"),
            "tests/server/web/test_access.py",
        ),
        "letters of the alphabet",
    ),
    AllowedName(r"showLetter", ("static/staff/slots.js",), "shows the letter of a line"),
)

# Functions whose names may end in `_of`, each with what it converts: {"hash_of": "path to content hash"}.
CONVERSIONS: dict[str, str] = {}

# Models whose class names are published as component names of the API document, in these modules.
API_MODULES = ("web/schemas.py", "web/response_schemas.py")
PUBLISHED = frozenset({"Appointment", "Office", "Ticket"})

SKIPPED_FOLDERS = {"build", "bundles", "dist", "var", "node_modules", "__pycache__"}
READ_HIDDEN = {".ci", ".githooks", ".editorconfig"}
HASH_COMMENTED = {".toml", ".ini", ".sh", ".yml", ".yaml", ".conf", ".env", ".service", ".txt", ""}  # "": Makefile
HASH_TOKEN = re.compile(r"(?P<comment>(?<!\S)#.*)")


@dataclass(frozen=True, slots=True)
class LanguageFinding:
    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.text}"


@dataclass(frozen=True, slots=True)
class DefinedName:
    """An identifier where it is defined."""

    text: str
    kind: str  # module, class, function, parameter, constant, or variable: locals and fields
    path: str
    line: int

    @property
    def words(self) -> str:
        """Split the snake_case or CamelCase name into words: lower case, with spaces between."""
        return _split_words(self.text)


@cache  # several rules ask for each of 100,000 names, most of which are equal
def _split_words(name: str) -> str:
    return " ".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)).lower()


@dataclass(frozen=True, slots=True)
class DocstringText:
    """A docstring without its indentation, and the line of its first line."""

    text: str
    path: str
    line: int


@dataclass(slots=True)
class SourceTree:
    """Prose, names, docstrings and modules of a checkout."""

    prose: list[tuple[str, str]] = field(
        default_factory=list
    )  # path, and the text with blanks for all that is no prose
    names: list[DefinedName] = field(default_factory=list)
    docstrings: list[DocstringText] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)  # paths of Python files


@lru_cache(maxsize=1)
def read_tree(root: Path = ROOT) -> SourceTree:
    """Read all checked files below a root. Catalogues, templates and test data are not read."""
    tree = SourceTree()
    for path in _files(root):
        name = path.relative_to(root).as_posix()
        if path.suffix == ".py":
            _read_python(tree, name, path.read_text(encoding="utf-8"))
        elif path.suffix in {".js", ".css"}:
            _read_script(tree, name, path.read_text(encoding="utf-8"))
        elif path.suffix == ".md":
            text = path.read_text(encoding="utf-8")
            tree.prose.append((name, re.sub(r"`[^`\n]*`", _blank, text)))
        elif path.suffix in HASH_COMMENTED and "/data/" not in name:
            tree.prose.append((name, _keep_comments(HASH_TOKEN, path.read_text(encoding="utf-8"))))
    return tree


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or path.name in SKIPPED_FOLDERS or path.name.endswith(".egg-info"):
            continue
        if path.name.startswith(".") and path.name not in READ_HIDDEN:
            continue
        if path.is_dir():
            yield from _files(path)
        else:
            yield path


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"\S", " ", match.group())


def _keep_comments(token: re.Pattern[str], text: str) -> str:
    """Blank all but the comments and the marks of comments; lines and columns stay."""
    kept, end = [], 0
    for match in token.finditer(text):
        if match["comment"]:
            kept += [re.sub(r"\S", " ", text[end : match.start()]), re.sub(r"[#*/]", " ", match.group())]
            end = match.end()
    return "".join(kept)


# --- Python


def _read_python(tree: SourceTree, path: str, text: str) -> None:
    tree.modules.append(path)
    module = ast.parse(text)
    spans = []
    if not path.endswith("__init__.py"):
        tree.names.append(DefinedName(Path(path).stem, "module", path, 1))
    for node in ast.walk(module):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found = ast.get_docstring(node)
            if found is not None:
                tree.docstrings.append(DocstringText(found, path, node.body[0].lineno))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            spans.append((node.lineno, node.end_lineno or node.lineno))
    tree.names += _python_names(module, path, "constant")
    if FORBIDDEN_PATTERN.search(text):
        tree.prose.append((path, _python_prose(text, spans)))


def _python_prose(text: str, docstrings: Iterable[tuple[int, int]]) -> str:
    """Blank all but the comments and the lines of docstrings, also those of attributes."""
    lines = text.splitlines()
    kept = [""] * len(lines)
    for first, last in docstrings:
        kept[first - 1 : last] = lines[first - 1 : last]
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            kept[row - 1] = kept[row - 1] or " " * column + token.string.replace("#", " ")
    return "\n".join(kept)


def _python_names(node: ast.AST, path: str, assigned: str) -> Iterator[DefinedName]:
    """Yield all names that are defined below a node. `assigned` is the kind of assigned names."""
    for child in ast.iter_child_nodes(node):
        inside = assigned
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield DefinedName(child.name, "function", path, child.lineno)
            inside = "variable"
        elif isinstance(child, ast.ClassDef):
            yield DefinedName(child.name, "class", path, child.lineno)
            inside = "variable"
        elif isinstance(child, ast.arg):
            yield DefinedName(child.arg, "parameter", path, child.lineno)
        elif isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            yield DefinedName(child.id, assigned, path, child.lineno)
        elif isinstance(child, ast.Attribute) and isinstance(child.ctx, ast.Store):
            yield DefinedName(child.attr, "variable", path, child.lineno)
        yield from _python_names(child, path, inside)


# --- JavaScript and CSS

SCRIPT_TOKEN = re.compile(
    r"""(?P<comment>/\*[\s\S]*?\*/|//[^\n]*)"""
    r"""|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`"""
    r"""|(?<=[(,=:\[!&|?{};])\s*/(?![*/])(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/"""
)
SCRIPT_NAME = re.compile(r"\b(?P<keyword>function\*?|class|const|let|var)\s+(?P<name>[A-Za-z_$][\w$]*)")
SCRIPT_KINDS = {"function": "function", "function*": "function", "class": "class"}


def _read_script(tree: SourceTree, path: str, text: str) -> None:
    if FORBIDDEN_PATTERN.search(text):
        tree.prose.append((path, _keep_comments(SCRIPT_TOKEN, text)))
    tree.names.append(DefinedName(Path(path).stem, "module", path, 1))
    if path.endswith(".js"):
        for match in SCRIPT_NAME.finditer(text):
            kind = SCRIPT_KINDS.get(match["keyword"], "variable")
            tree.names.append(DefinedName(match["name"], kind, path, _line(text, match.start())))


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


# --- Rules

GAP = r"[ \t#*/]*\n?[ \t#*/]+|[ \t#*/]*\n"  # a space, or a line's end within a comment
FORBIDDEN_PATTERN = re.compile(
    r"\b(?:" + "|".join(rf"(?:{GAP})".join(phrase.split()) for phrase in FORBIDDEN) + r")\b", re.IGNORECASE
)
FORBIDDEN_IN_NAMES = re.compile(r"\b(?:" + "|".join(FORBIDDEN) + r")\b")


def forbidden_words(tree: SourceTree) -> Iterator[LanguageFinding]:
    """Find forbidden words in docstrings, comments and documents."""
    for path, text in tree.prose:
        for match in FORBIDDEN_PATTERN.finditer(text):
            line = _line(text, match.start())
            around = " ".join(text.splitlines()[line - 1].split())
            yield LanguageFinding(path, line, f"{' '.join(match.group().split())}: {around}")


def forbidden_words_in_names(tree: SourceTree) -> Iterator[LanguageFinding]:
    for name in tree.names:
        if match := FORBIDDEN_IN_NAMES.search(name.words):
            yield LanguageFinding(name.path, name.line, f"{match.group()}: {name.text}")


def vague_docstrings(tree: SourceTree) -> Iterator[LanguageFinding]:
    opening = re.compile(rf"(?:{'|'.join(VAGUE_OPENINGS)})\b")
    for docstring in tree.docstrings:
        if opening.match(docstring.text):
            yield LanguageFinding(docstring.path, docstring.line, _summary(docstring))


def long_summaries(tree: SourceTree) -> Iterator[LanguageFinding]:
    for docstring in tree.docstrings:
        length = len(_summary(docstring))
        if length > LONGEST_SUMMARY:
            yield LanguageFinding(docstring.path, docstring.line, f"{length}: {_summary(docstring)}")


def _summary(docstring: DocstringText) -> str:
    return docstring.text.partition("\n")[0]


def metaphors(tree: SourceTree) -> Iterator[LanguageFinding]:
    """Find metaphors in functions, classes, modules, parameters and constants."""
    return (_metaphor(name) for name in tree.names if name.kind != "variable" and has_metaphor(name))


def metaphors_in_variables(tree: SourceTree) -> Iterator[LanguageFinding]:
    """Find metaphors in local variables and fields, each name once per file."""
    names = {
        (variable.path, variable.text): variable
        for variable in reversed(tree.names)
        if variable.kind == "variable"
    }
    found = sorted(
        (variable for variable in names.values() if has_metaphor(variable)),
        key=lambda variable: (variable.path, variable.line),
    )
    return (_metaphor(name) for name in found)


def has_metaphor(name: DefinedName) -> bool:
    if any(allowed.allows(name.path, name.text) for allowed in ALLOWED_NAMES):
        return False
    words = name.words
    if METAPHORS.isdisjoint(words.split()):
        return False  # before the terms, which cost more
    for term in FIELD_TERMS:
        words = re.sub(rf"\b{term}\b", " ", words)
    return not METAPHORS.isdisjoint(words.split())


def _metaphor(name: DefinedName) -> LanguageFinding:
    return LanguageFinding(name.path, name.line, f"{name.kind} {name.text}")


def long_test_names(tree: SourceTree) -> Iterator[LanguageFinding]:
    for name in tree.names:
        if name.kind == "function" and name.text.startswith("test_") and len(name.text) > LONGEST_TEST_NAME:
            yield LanguageFinding(name.path, name.line, f"{len(name.text)}: {name.text}")


def of_functions(tree: SourceTree) -> Iterator[LanguageFinding]:
    for name in tree.names:
        if name.kind == "function" and name.text.endswith("_of") and name.text not in CONVERSIONS:
            yield LanguageFinding(name.path, name.line, name.text)


def ambiguous_classes(tree: SourceTree) -> Iterator[LanguageFinding]:
    for name, defined in _class_homes(tree).items():
        counted = [
            class_name
            for class_name in defined
            if not (name in PUBLISHED and class_name.path.endswith(API_MODULES))
        ]
        if len({class_name.path for class_name in counted}) > 1:
            others = ", ".join(dict.fromkeys(class_name.path for class_name in counted))
            yield LanguageFinding(counted[0].path, counted[0].line, f"{name} is in {others}")


def _class_homes(tree: SourceTree) -> Mapping[str, list[DefinedName]]:
    homes = defaultdict(list)
    for name in tree.names:
        if name.kind == "class" and name.path.endswith(".py"):
            homes[name.text].append(name)
    return homes


def crowded_folders(tree: SourceTree) -> Iterator[LanguageFinding]:
    for folder, count in sorted(Counter(Path(path).parent.as_posix() for path in tree.modules).items()):
        if count > MOST_MODULES and folder != MIGRATIONS:
            yield LanguageFinding(folder, 1, f"{count} Python files")


Rule = Callable[[SourceTree], Iterator[LanguageFinding]]
RULES: tuple[Rule, ...] = (
    forbidden_words,
    forbidden_words_in_names,
    vague_docstrings,
    long_summaries,
    metaphors,
    metaphors_in_variables,
    long_test_names,
    of_functions,
    ambiguous_classes,
    crowded_folders,
)


@pytest.mark.parametrize("rule", RULES, ids=[rule.__name__ for rule in RULES])
def test_repository_follows_language_rule(rule: Rule) -> None:
    found = [str(finding) for finding in rule(read_tree())]
    assert not found, f"{rule.__name__}: {len(found)}\n" + "\n".join(found)


def test_language_exemptions_are_all_used() -> None:
    tree = read_tree()
    functions = {name.text for name in tree.names if name.kind == "function"}
    unused = sorted(CONVERSIONS.keys() - functions)
    unused += [
        class_name
        for class_name in sorted(PUBLISHED)
        if len({name.path for name in _class_homes(tree)[class_name]}) < 2
    ]
    unused += [
        term for term in FIELD_TERMS if not any(re.search(rf"\b{term}\b", defined.words) for defined in tree.names)
    ]
    for allowed in ALLOWED_NAMES:
        for path in allowed.paths:
            if not any(name.path.startswith(path) and allowed.allows(name.path, name.text) for name in tree.names):
                unused.append(f"{allowed.pattern} in {path}")
    assert unused == []


def main(arguments: list[str]) -> int:
    """Print the findings in these paths, and the totals. Return 1 if there are any."""
    parser = argparse.ArgumentParser(description="Check names, comments, docstrings and documents.")
    parser.add_argument("paths", nargs="*", help="files or folders; the first may be the root of a checkout")
    parser.add_argument("--rule", action="append", help="show only rules whose name contains this text")
    parser.add_argument("--totals", action="store_true", help="print no findings, only the totals")
    options = parser.parse_args(arguments)
    root, paths = ROOT, list(options.paths)
    if paths and (Path(paths[0]) / "pyproject.toml").is_file():
        root = Path(paths.pop(0))
    wanted = tuple(Path(path).as_posix().removeprefix(f"{root.as_posix()}/") for path in paths)
    total = 0
    lines = []
    for rule in RULES:
        name = rule.__name__
        if options.rule and not any(part in name for part in options.rule):
            continue
        found = [finding for finding in rule(read_tree(root)) if not wanted or _is_inside(finding.path, wanted)]
        if not options.totals:
            for finding in found:
                sys.stdout.write(f"{name}: {finding}\n")
        lines.append(f"{len(found):6d} {name}")
        total += len(found)
    sys.stdout.write("\n".join([*lines, f"{total:6d} total", ""]))
    return 1 if total else 0


def _is_inside(path: str, wanted: tuple[str, ...]) -> bool:
    return any(path == prefix or path.startswith(f"{prefix.rstrip('/')}/") for prefix in wanted)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
