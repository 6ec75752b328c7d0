"""Update of the catalogues from the sentences of the code: `make messages`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po
from office360.core.i18n.catalogues import LEGAL_FLAG
from office360.core.i18n.languages import LANGUAGES, SOURCE_LANGUAGE
from office360.offices.domain.choice_lists import DEFAULT_EVACUATION
from office360.queue.realtime.display_texts import LEAVE_TEXT
from office360.server.app import FEATURE_FOLDERS, ROOT

KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "N_": None,
    "t": None,
    "gettext": None,
    "ngettext": (1, 2),
}
HEADER = """msgid ""
msgstr ""
"Project-Id-Version: Office 360\\n"
"Language: {}\\n"
"Content-Type: text/plain; charset=UTF-8\\n\""""
LEGAL_PLACES = {
    "server/templates/privacy.html",
    "server/templates/evacuating.html",
    "server/templates/evacuated_office.html",
    "rooms/templates/rooms/accept.html",
}
LEGAL_SENTENCES = {DEFAULT_EVACUATION, LEAVE_TEXT}
TEMPLATES = ROOT / "var" / "messages"


def marked_sentences(folder: Path) -> Iterator[tuple[str | tuple[str, ...], str]]:
    """Yield the sentences of a folder, each with its file."""
    for path in sorted([*folder.rglob("*.py"), *folder.glob("templates/**/*")]):
        if not path.is_file():
            continue
        method = "python" if path.suffix == ".py" else "jinja2"
        options = {"trimmed": "false"} if method == "jinja2" else {}
        for _line, message, _comments, _context in extract_from_file(
            method, str(path), keywords=KEYWORDS, options=options
        ):
            yield message, str(path.relative_to(ROOT))


def read_catalogue(path: Path, language: str) -> Catalog:
    """Read a catalogue; an empty one if there is no file."""
    return read_po(BytesIO(path.read_bytes() if path.exists() else b""), locale=language)


def update_catalogue(
    catalogue: Catalog, template: Catalog, elsewhere: dict[str, Message], *, complete: bool
) -> list[str]:
    """Remove obsolete sentences, take moved ones from other folders, and return what is missing.

    `complete`: add what is missing with an empty translation, for a translator to fill in.
    """
    wanted = {_key(message): message for message in template if message.id}
    for message in [one for one in catalogue if one.id and _key(one) not in wanted]:
        catalogue.delete(message.id)
    for message in catalogue:
        if message.id and _is_legal(wanted[_key(message)]):
            message.flags.add(LEGAL_FLAG)
    present = {_key(message) for message in catalogue if message.id and message.string}
    missing = []
    for key, message in wanted.items():
        if key in present:
            continue
        if key in elsewhere:
            catalogue.add(message.id, elsewhere[key].string)
            continue
        missing.append(key)
        if complete and catalogue.get(message.id) is None:
            catalogue.add(message.id, "")
    return missing


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _is_legal(message: Message) -> bool:
    places = {place for place, _line in message.locations}
    return places <= LEGAL_PLACES or message.id in LEGAL_SENTENCES


def _texts(catalogue: Catalog) -> dict[str, object]:
    return {_key(message): (message.string, LEGAL_FLAG in message.flags) for message in catalogue if message.id}


def _write_catalogue(path: Path, catalogue: Catalog) -> None:
    """Write the sentences under the header that the file has, so that only changed sentences differ."""
    header = path.read_text().partition("\n\n")[0] if path.exists() else HEADER.format(catalogue.locale)
    body = BytesIO()
    write_po(body, catalogue, width=0, omit_header=True, no_location=True)
    text = body.getvalue().decode().replace("#, python-format\n", "").replace(", python-format\n", "\n")
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{header}\n\n" + text.strip() + "\n")


def main(arguments: list[str]) -> None:
    """Write the templates, update every catalogue, and tell how many sentences each language lacks."""
    templates = {}
    TEMPLATES.mkdir(parents=True, exist_ok=True)
    for folder in FEATURE_FOLDERS:
        template = templates[folder] = Catalog()
        for sentence, place in marked_sentences(folder):
            template.add(sentence, locations=[(place, 0)])
        with (TEMPLATES / f"{folder.name}.pot").open("wb") as file:
            write_po(file, template, sort_output=True)
    for language in LANGUAGES:
        if language == SOURCE_LANGUAGE:
            continue
        paths = {folder: folder / "locale" / f"{language}.po" for folder in templates}
        read = {folder: read_catalogue(path, language) for folder, path in paths.items()}
        elsewhere = {_key(one): one for catalogue in read.values() for one in catalogue if one.id and one.string}
        lacking = 0
        for folder, catalogue in read.items():
            before, is_chosen = _texts(catalogue), language in arguments
            lacking += len(update_catalogue(catalogue, templates[folder], elsewhere, complete=is_chosen))
            if before != _texts(catalogue) and (is_chosen or paths[folder].exists()):
                _write_catalogue(paths[folder], catalogue)
        sys.stdout.write(f"{language}: {lacking} sentences are not translated\n")


if __name__ == "__main__":
    main(sys.argv[1:])
