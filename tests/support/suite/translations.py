"""Update of the catalogues from the sentences of the code: `make messages`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po
from office360.chatbot.dialogue.texts import WHY_DATA
from office360.core.i18n.catalogues import LEGAL_FLAG
from office360.core.i18n.languages import LANGUAGES, SOURCE_LANGUAGE
from office360.notifications.domain.declared_channels import CHOSEN_CHANNELS
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
# Sentences that are only here are legal.
LEGAL_PLACES = {
    "notifications/templates/notifications/acceptance_code.html",
    "notifications/templates/notifications/acceptance_receipt.html",
    "rooms/templates/rooms/accept.html",
    "server/templates/evacuated_office.html",
    "server/templates/evacuating.html",
    "server/templates/privacy.html",
    "server/web/privacy_facts.py",
}
# So are those with these words, wherever they are.
LEGAL_WORDS = re.compile(
    r"evacuat|leave the building|nearest exit|\bagree\b|\b(?:my|your) data\b|nothing is (?:recorded|kept)"
    r"|(?:is|are) not (?:kept|stored)|no picture\b.* kept",
    re.IGNORECASE,
)
# What people agree to when they give a number.
CONSENTS = {
    "Only for this ticket.",
    "Only to tell you if your appointment changes.",
    WHY_DATA,
    *(
        text
        for channel in CHOSEN_CHANNELS
        for text in (
            channel.texts.remind,
            channel.texts.hint,
            channel.texts.ask,
            channel.texts.start,
            channel.texts.privacy,
        )
        if text
    ),
}
TEMPLATES = ROOT / "var" / "messages"


@cache
def marked_sentences(folder: Path) -> tuple[tuple[str | tuple[str, ...], str], ...]:
    """Return the sentences of a folder, each with its file."""
    return tuple(_read_marked_sentences(folder))


def _read_marked_sentences(folder: Path) -> Iterator[tuple[str | tuple[str, ...], str]]:
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
    catalogue: Catalog, template: Catalog, elsewhere: dict[str, Message], legal: set[str], *, complete: bool
) -> list[str]:
    """Remove obsolete sentences, take moved ones along, and return what is missing.

    `elsewhere`: sentences of other folders, which may have moved here. `legal`: those to flag.
    `complete`: add what is missing with an empty translation, for a translator to fill in.
    """
    wanted = {_key(message): message for message in template if message.id}
    for message in [known for known in catalogue if known.id and _key(known) not in wanted]:
        catalogue.delete(message.id)
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
    for message in catalogue:
        message.flags.discard(LEGAL_FLAG)
        if message.id and _key(message) in legal:
            message.flags.add(LEGAL_FLAG)
    return missing


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def legal_sentences() -> set[str]:
    """Return the sentences that someone who may decide it must have read."""
    places: dict[str, set[str]] = {}
    for folder in FEATURE_FOLDERS:
        for sentence, place in marked_sentences(folder):
            places.setdefault(sentence if isinstance(sentence, str) else sentence[0], set()).add(place)
    return {
        sentence
        for sentence, its_places in places.items()
        if its_places <= LEGAL_PLACES or sentence in CONSENTS or LEGAL_WORDS.search(sentence)
    }


def _texts(catalogue: Catalog) -> dict[str, object]:
    return {_key(message): (message.string, LEGAL_FLAG in message.flags) for message in catalogue if message.id}


def _write_catalogue(path: Path, catalogue: Catalog) -> None:
    """Write the sentences under the header that the file has."""
    header = path.read_text().partition("\n\n")[0] if path.exists() else HEADER.format(catalogue.locale)
    body = BytesIO()
    write_po(body, catalogue, width=0, omit_header=True, no_location=True)
    text = body.getvalue().decode().replace("#, python-format\n", "").replace(", python-format\n", "\n")
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{header}\n\n" + text.strip() + "\n")


def main(arguments: list[str]) -> None:
    """Write the templates, update every catalogue, and tell what each language lacks."""
    templates, legal = {}, legal_sentences()
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
        elsewhere = {
            _key(known): known for catalogue in read.values() for known in catalogue if known.id and known.string
        }
        lacking = 0
        for folder, catalogue in read.items():
            before, is_chosen = _texts(catalogue), language in arguments
            lacking += len(update_catalogue(catalogue, templates[folder], elsewhere, legal, complete=is_chosen))
            if before != _texts(catalogue) and (is_chosen or paths[folder].exists()):
                _write_catalogue(paths[folder], catalogue)
        sys.stdout.write(f"{language}: {lacking} sentences are not translated\n")


if __name__ == "__main__":
    main(sys.argv[1:])
