"""The utterances citizens write, read from their files: what each says, as a clerk would understand it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

UTTERANCES_FOLDER = Path(__file__).parent.parent / "data"
LANGUAGES = ("es", "en")


@dataclass(frozen=True, slots=True)
class Utterance:
    """`kind`: the list it stands in. `slot`: what was just asked. `expects`: keys as in the .toml files.

    `at`: when it is written, if not at the moment of the files.
    """

    kind: str
    text: str
    slot: str | None
    expects: Mapping[str, Any]
    at: datetime | None = None


def utterances_moment(language: str) -> datetime:
    """The moment at which all of a language's utterances are written."""
    moment: datetime = _file(language)["now"]
    return moment


def utterances_before_grammar(language: str) -> list[Utterance]:
    """In the order of the file. Raises TypeError for an utterance with a key that none has."""
    return [
        _utterance(kind, **written)
        for kind, several in _file(language).items()
        if kind != "now"
        for written in several
    ]


def utterances_during_grammar(language: str) -> list[Utterance]:
    """Those that were written with the grammar, in the same form and for the same moment."""
    return _read_utterances(f"utterances_{language}_2_during.toml")


def utterances_after_grammar(language: str) -> list[Utterance]:
    """Those that were written after the grammar by somebody who had not read it; some at other moments."""
    return _read_utterances(f"utterances_{language}_3_after.toml")


def _read_utterances(name: str) -> list[Utterance]:
    return [_utterance(kind, **written) for kind, several in _read(name).items() for written in several]


def _utterance(
    kind: str,
    *,
    text: str,
    expects: Mapping[str, Any],
    slot: str | None = None,
    at: datetime | None = None,
) -> Utterance:
    return Utterance(kind, text, slot, expects, at)


def _file(language: str) -> dict[str, Any]:
    return _read(f"utterances_{language}_1_before.toml")


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((UTTERANCES_FOLDER / name).read_text(encoding="utf-8"))
