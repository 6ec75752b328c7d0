"""Utterances of citizens, and how a clerk understands them, from the files in data/."""

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
    """One message of a citizen. `kind`: its list in the file.

    `slot`: the question that it answers. `expects`: keys as in the .toml files. `at`: the instant of the message,
    if it is not the instant of the file.
    """

    kind: str
    text: str
    slot: str | None
    expects: Mapping[str, Any]
    at: datetime | None = None


def utterances_moment(language: str) -> datetime:
    """Return the instant for which a language's utterances are written."""
    moment: datetime = _read_file(_main_file(language))["now"]
    return moment


def utterances_before_grammar(language: str) -> list[Utterance]:
    """Read the utterances written before the grammar. Raises TypeError for an unknown key."""
    return _read_utterances(_main_file(language))


def utterances_during_grammar(language: str) -> list[Utterance]:
    """Read the utterances written together with the grammar, for the same instant."""
    return _read_utterances(f"utterances_{language}_2_during.toml")


def utterances_after_grammar(language: str) -> list[Utterance]:
    """Read the utterances of an author who did not know the grammar."""
    return _read_utterances(f"utterances_{language}_3_after.toml")


def _read_utterances(name: str) -> list[Utterance]:
    lists = {kind: written for kind, written in _read_file(name).items() if kind != "now"}
    return [_build_utterance(kind, **members) for kind, written in lists.items() for members in written]


def _build_utterance(
    kind: str,
    *,
    text: str,
    expects: Mapping[str, Any],
    slot: str | None = None,
    at: datetime | None = None,
) -> Utterance:
    return Utterance(kind, text, slot, expects, at)


def _main_file(language: str) -> str:
    return f"utterances_{language}_1_before.toml"


def _read_file(name: str) -> dict[str, Any]:
    return tomllib.loads((UTTERANCES_FOLDER / name).read_text(encoding="utf-8"))
