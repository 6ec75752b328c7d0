"""`office360 city export|import`: the offices of an installation as a file."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...core.db.audit_entries import COMMAND_LINE
from ...core.errors import Conflict, FieldError, Invalid, NotFound
from ...core.i18n.languages import SOURCE_LANGUAGE, text_in_language
from ...core.runtime import Runtime
from ...management.service import (
    MAX_FILE_BYTES,
    CityChange,
    ImportedOffice,
    UnreadableCityFile,
    ValueChange,
    export_city,
    import_city,
    parse_city,
    preview_city_import,
)
from .command_line import CommandRefused, run_use_case
from .parser import STANDARD_OUTPUT

DRY_RUN = "Dry run: nothing was changed."
MEANWHILE = "The offices were changed at the same time. Nothing was imported: run the command again."
# A value that every part of a table has: if it is new, the part is.
REQUIRED_VALUES = {"lines": "letter", "services": "line", "desks": "arrow"}
# Texts of errors that say more on the command line than on a page, by code.
KIND_TEXTS: Mapping[str, str] = {
    "text": "write a text in quotes, without line breaks",
    "flag": "write true or false",
    "list": 'write a list of texts, such as ["a", "b"]',
    "table": 'write a table of values, such as { es = "Sur" }',
}


# Export


def run_export(arguments: argparse.Namespace) -> None:
    async def export(runtime: Runtime) -> tuple[str, tuple[str, ...]]:
        exported = await export_city(runtime, arguments.office)
        return exported.text, exported.left_out

    try:
        text, left_out = run_use_case(export)
    except NotFound:
        raise CommandRefused(f"There is no office {arguments.office}.") from None
    if arguments.file == STANDARD_OUTPUT:
        print(text, end="")
    else:
        _write_file(Path(arguments.file), text)
    if left_out:
        raise CommandRefused(
            f"Left out, because their rows cannot be read: {', '.join(left_out)}. See office360 check."
        )


def _write_file(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandRefused(f"{path} cannot be written ({error.strerror}).") from None


# Import


def run_import(arguments: argparse.Namespace) -> None:
    path = Path(arguments.file)
    try:
        city = parse_city(_read_file(path))
        change = run_use_case(lambda runtime: preview_city_import(runtime, city, prune=arguments.prune))
        print("\n".join(change_lines(change)))
        if change.is_empty:
            return
        if arguments.dry_run:
            print(DRY_RUN)
            return
        _confirm(change, yes=arguments.yes)
        # only the change that was shown: with another it raises Conflict
        run_use_case(
            lambda runtime: import_city(runtime, COMMAND_LINE, city, prune=arguments.prune, confirmed=change)
        )
    except UnreadableCityFile as unreadable:
        raise CommandRefused(f"{path}: {unreadable}") from None
    except Invalid as invalid:
        raise CommandRefused("\n".join(f"{path}: {error_line(error)}" for error in invalid.fields)) from None
    except Conflict:
        raise CommandRefused(MEANWHILE) from None
    print(_summary(change))


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise CommandRefused(f"{path} cannot be read ({error.strerror}).") from None


def _confirm(change: CityChange, *, yes: bool) -> None:
    """Ask before people are affected or something is removed."""
    if yes or not change.needs_confirmation:
        return
    if not sys.stdin.isatty():
        raise CommandRefused("Nothing was imported: appointments no longer fit or values go. Add --yes to go on.")
    if input("Import this? Write yes: ").strip().lower() not in ("y", "yes"):
        raise CommandRefused("Nothing was imported.")


# Texts


def error_line(error: FieldError) -> str:
    """Describe a wrong value: its path, and what is allowed."""
    return f"{error.field}: {_error_text(error)}"


def _error_text(error: FieldError) -> str:
    from ..app import ERROR_TEXTS  # imported late: it takes a second

    params = error.params
    match error.code:
        case "unexpected" | "unknown_field" if "known" in params:
            return f"is not known; known are {params['known']}"
        case "wrong_type" if "kind" in params:
            return KIND_TEXTS[params["kind"]]
        case "not_a_number" | "required" if "min" in params:
            return f"write a whole number from {params['min']} to {params['max']}"
        case "required" | "not_a_choice" if "allowed" in params:
            return f"write one of these: {params['allowed']}"
        case "required":
            return "is missing; write a text"
        case "invalid_time":
            return 'write a time such as "09:00"'
        case "undecodable":
            return "cannot be read from the database; see office360 check"
    text = (ERROR_TEXTS[error.code] % params).rstrip(".")
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def change_lines(change: CityChange) -> list[str]:
    """Describe a change: first the appointments that no longer fit, then each office."""
    if change.is_empty:
        return ["Nothing changed."]
    lines = list(_affected_lines(change))
    for office in change.offices:
        lines += _office_lines(office)
    if change.site:
        lines += ["site:", *(f"  {_value_line(change)}" for change in change.site)]
    if change.order:
        lines.append(f"order of the offices: {', '.join(change.order)}")
    return lines


def _affected_lines(change: CityChange) -> Iterator[str]:
    affected = [(changed.office, appointment) for changed in change.offices for appointment in changed.affected]
    if not affected:
        return
    count = f"{len(affected)} appointments" if len(affected) > 1 else "1 appointment"
    yield f"{count} would no longer fit. They stand until you cancel them; tell their people:"
    for office, appointment in affected:
        at = f"{appointment.starts_at.astimezone(office.timezone):%Y-%m-%d %H:%M}"
        name = text_in_language(appointment.service_names, SOURCE_LANGUAGE) or appointment.service_slug
        yield f"  {appointment.locator}  {at}  {office.slug}  {name}"


def _office_lines(changed: ImportedOffice) -> Iterator[str]:
    match changed.kind:
        case "added":
            office = changed.office
            parts = f"{len(office.lines)} lines, {len(office.services)} services, {len(office.desks)} desks"
            yield f"{changed.slug}: new office ({parts})"
        case "deleted":
            yield f"{changed.slug}: deleted; it was never used"
        case "unlisted":
            yield f"{changed.slug}: taken off the lists for citizens; it has records, so it is not deleted"
        case "repaired":
            yield f"{changed.slug}: written anew, because its rows could not be read"
        case _:
            yield f"{changed.slug}:"
            yield from (f"  {line}" for line in _value_lines(changed))


def _value_lines(changed: ImportedOffice) -> Iterator[str]:
    """Describe changed values; a new or removed part is one line."""
    whole_parts = {
        change.path[:2]: "added" if change.before is None else "removed"
        for change in changed.changes
        if REQUIRED_VALUES.get(change.path[0]) == change.path[-1] and None in (change.before, change.after)
    }
    yield from (f"{'.'.join(part)}: {text}" for part, text in whole_parts.items())
    for change in changed.changes:
        if change.path[:2] not in whole_parts:
            yield _value_line(change)


def _value_line(change: ValueChange) -> str:
    path = change.dotted.replace("#order", "order")
    return f"{path}: {_value_text(change.before)} → {_value_text(change.after)}"


def _value_text(value: Any) -> str:
    return "none" if value in (None, "", []) else json.dumps(value, ensure_ascii=False)


def _summary(change: CityChange) -> str:
    counts = Counter(str(office.kind) for office in change.offices)
    parts = [f"{count} {'office' if count == 1 else 'offices'} {kind}" for kind, count in counts.items()]
    parts += ["the organisation"] if change.site else []
    return f"Imported: {', '.join(parts) or 'the order of the offices'}."
