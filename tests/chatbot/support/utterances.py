"""Messages of citizens, and how a good clerk understands them, from the files in data/.

The first three sets name what a citizen wants by `intent`; the later sets by `does`. Both become the same values.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

UTTERANCES_FOLDER = Path(__file__).parent.parent / "data"
LANGUAGES = ("es", "en")
# The sets in the order in which they were written. Only "unseen" sets say how well new sentences are understood.
SETS = ("1_before", "2_during", "3_after", "development", "4_unseen", "5_unseen")
# The acts that an intent of the first three sets may mean.
INTENT_ACTS: Mapping[str, tuple[str, ...]] = {
    "back": ("back", "answer"),
    "book": ("book", "answer"),
    "change": ("change", "earlier"),
    "fastest": ("walk_in",),
    "help": ("help", "question"),
    "hours": ("question",),
    "human": ("person", "question", "not_here"),
    "no": ("no", "skip"),
    "nonsense": ("unclear", "not_here"),
    "thanks": ("thanks", "bye"),
}


@dataclass(frozen=True, slots=True)
class Utterance:
    """A message of a citizen. `kind`: its list in the file.

    `asked`: the question that it answers. `acts`: what the citizen wants, any of them; empty: only the facts
    count. `expects`: facts as in the .toml files. `at`: the instant of the message, if it is not that of the file.
    """

    kind: str
    text: str
    asked: str | None
    acts: tuple[str, ...]
    expects: Mapping[str, Any]
    at: datetime | None = None

    @property
    def must_ask(self) -> bool:
        """Whether a clerk could not act yet."""
        return bool(self.expects.get("ask"))


def utterances_moment(language: str) -> datetime:
    """Return the instant for which a language's utterances are written."""
    moment: datetime = _read_file(f"utterances_{language}_1_before.toml")["now"]
    return moment


def load_utterances(language: str, name: str) -> list[Utterance]:
    """Read a set; empty if this language has none of that name."""
    path = UTTERANCES_FOLDER / f"utterances_{language}_{name}.toml"
    return read_utterances(path) if path.exists() else []


def read_utterances(path: Path) -> list[Utterance]:
    """Read a file of utterances in either form."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    if "utterance" in content:
        return [_build_utterance(**members) for members in content["utterance"]]
    lists = {kind: written for kind, written in content.items() if kind != "now"}
    return [adapt_utterance(kind, **members) for kind, written in lists.items() for members in written]


def _build_utterance(
    *, kind: str, text: str, asked: str | None = None, does: str | None = None, **expects: Any
) -> Utterance:
    return Utterance(kind, text, asked, (does,) if does else (), expects)


def adapt_utterance(
    kind: str, *, text: str, expects: Mapping[str, Any], slot: str | None = None, at: datetime | None = None
) -> Utterance:
    """Convert an utterance of the first three sets."""
    intent = expects.get("intent")
    acts = INTENT_ACTS.get(intent, (intent,)) if intent else ()
    facts = {key: value for key, value in expects.items() if key not in ("intent", "ask_back", "services_any")}
    if "ask_back" in expects:
        facts["ask"] = True
    if "services_any" in expects:
        facts["ask_among"] = expects["services_any"]
    return Utterance(kind, text, slot, acts, facts, at)


def _read_file(name: str) -> dict[str, Any]:
    return tomllib.loads((UTTERANCES_FOLDER / name).read_text(encoding="utf-8"))
