"""Modules and style sheets that the templates name, read from their text. Renders nothing.

A page has the modules of its template with all that this extends, includes and calls: whether a condition holds is
not known, so the branches of both count. A block that a template overrides does not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .manifest import template_files

BASE_TEMPLATE = "base.html"
GLOBAL_MACROS = "parts.html"  # every template may call its macros as `parts.NAME`
TAG = re.compile(r"\{%[-+]?\s*(.*?)\s*[-+]?%\}|\{#.*?#\}", re.S)
OPENING = re.compile(r"(block|macro)\s+(\w+)")
REFERENCE = re.compile(r"""(extends|include|import|from)\s+["']([^"']+)["']""")
MODULES = re.compile(r'data-module="([^"]*)"')
STYLESHEETS = re.compile(r"\bstylesheets\(([^)]*)\)")
QUOTED = re.compile(r"""["']([^"']+)["']""")
BLOCK = re.compile(r"\{% block (\w+) %\}")
INCLUDE = re.compile(r"\{% include (\S+) %\}")
CALL = re.compile(r"\b(\w+)\(")
NAME = re.compile(r"[\w/]+")


@dataclass(slots=True)
class Template:
    """A template in pieces, each with the tags of the blocks and includes inside it."""

    parent: str | None = None
    imported: list[str] = field(default_factory=list)
    own: str = ""
    blocks: dict[str, str] = field(default_factory=dict)
    macros: dict[str, str] = field(default_factory=dict)


def parse_template(text: str) -> Template:
    """Take a template apart."""
    template = Template()
    open_pieces: list[tuple[str, str, list[str]]] = [("own", "", [])]
    position = 0
    for tag in TAG.finditer(text):
        open_pieces[-1][2].append(text[position : tag.start()])
        position = tag.end()
        content = tag[1] or ""
        if opening := OPENING.match(content):
            if opening[1] == "block":
                open_pieces[-1][2].append(f"{{% block {opening[2]} %}}")
            open_pieces.append((opening[1], opening[2], []))
        elif content.startswith(("endblock", "endmacro")):
            kind, name, chunks = open_pieces.pop()
            (template.blocks if kind == "block" else template.macros)[name] = "".join(chunks)
        elif reference := REFERENCE.match(content):
            if reference[1] == "extends":
                template.parent = reference[2]
            elif reference[1] == "include":
                open_pieces[-1][2].append(f"{{% include {reference[2]} %}}")
            else:
                template.imported.append(reference[2])
        else:
            open_pieces[-1][2].append(f"{{% {content} %}}")
    open_pieces[-1][2].append(text[position:])
    template.own = "".join(open_pieces[0][2])
    return template


def read_templates(root: Path) -> dict[str, Template]:
    """Parse all templates of the package, by name."""
    found = {}
    for path in sorted(Path(path) for path in template_files(root)):
        _, _, *name = path.relative_to(root).parts  # such as queue/templates/queue/ticket.html
        found["/".join(name)] = parse_template(path.read_text())
    return found


class PageReader:
    """Collects the text that a template's page can contain."""

    def __init__(self, templates: Mapping[str, Template]) -> None:
        self._templates = templates

    def is_page(self, name: str) -> bool:
        """Tell whether a template extends the base of all pages."""
        return self._chain(name)[-1] == BASE_TEMPLATE

    def modules(self, name: str) -> frozenset[str]:
        """Return the modules that a template's page may start."""
        found: set[str] = set()
        for piece in self._pieces(name, set()):
            for value in MODULES.findall(piece):
                found.update(module for module in value.split() if NAME.fullmatch(module))
        return frozenset(found)

    def _chain(self, name: str) -> Sequence[str]:
        """Return a template, its parent, and so on."""
        chain = [name]
        while parent := self._templates[chain[-1]].parent:
            chain.append(parent)
        return chain

    def _pieces(self, name: str, seen: set[tuple[str, str]]) -> Iterator[str]:
        """Yield the text of a template with its parents, includes and called macros."""
        if ("template", name) in seen:
            return
        seen.add(("template", name))
        chain = self._chain(name)
        imported = [GLOBAL_MACROS]
        for each in chain:
            imported += [each, *self._templates[each].imported]
        # what a child has outside of its blocks is not rendered, but `set` tags there call macros
        for own in (self._templates[each].own for each in chain):
            for piece in self._expand(own, chain):
                yield from self._with_calls(piece, imported, seen)

    def _expand(self, text: str, chain: Sequence[str]) -> Iterator[str]:
        """Yield a text and those of its blocks: the first definition, and those that it inherits."""
        yield text
        for block in BLOCK.findall(text):
            for blocks in (self._templates[each].blocks for each in chain):
                if block in blocks:
                    yield from self._expand(blocks[block], chain)
                    if "super()" not in blocks[block]:
                        break

    def _with_calls(self, piece: str, imported: Sequence[str], seen: set[tuple[str, str]]) -> Iterator[str]:
        """Yield a text, and those of the templates that it includes and the macros that it calls."""
        yield piece
        for included in INCLUDE.findall(piece):
            yield from self._pieces(included, seen)
        called = set(CALL.findall(piece))
        for source in imported:
            template = self._templates.get(source, Template())
            for macro, body in template.macros.items():
                if macro in called and (source, macro) not in seen:
                    seen.add((source, macro))
                    inside = [GLOBAL_MACROS, source, *template.imported]
                    yield from self._with_calls(body, inside, seen)


def page_modules(root: Path) -> dict[str, frozenset[str]]:
    """Return the modules of each page, by template."""
    templates = read_templates(root)
    reader = PageReader(templates)
    return {name: reader.modules(name) for name in templates if reader.is_page(name)}


def stylesheet_calls(root: Path) -> dict[tuple[str, ...], str]:
    """Return the style sheets that templates name together, and the first of these templates."""
    calls: dict[tuple[str, ...], str] = {}
    for name, template in read_templates(root).items():
        for text in (template.own, *template.blocks.values(), *template.macros.values()):
            for call in STYLESHEETS.findall(text):
                calls.setdefault(tuple(QUOTED.findall(call)), name)
    return calls
