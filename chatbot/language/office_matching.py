"""Which office somebody means, and how they want to be attended. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from re import Pattern

from ..dialogue.catalogue import Catalogue, Mode
from .lexicon import Lexicon
from .normalize import begin_alike, distance, plain


@dataclass(frozen=True, slots=True)
class Placed:
    """The offices that are named, and those that are refused."""

    offices: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


def find_mode(text: str, lexicon: Lexicon) -> tuple[Mode | None, str]:
    """The mode of a plain sentence, and the sentence without it. Who refuses one wants the other."""
    modes: list[tuple[Mode, Pattern[str]]] = [("video", lexicon.video), ("in_person", lexicon.in_person)]
    found: list[tuple[int, Mode]] = []
    for mode, pattern in modes:
        other: Mode = "in_person" if mode == "video" else "video"
        for refusing in lexicon.not_so:
            negative = re.compile(rf"(?<!\w){refusing.replace('MODE', pattern.pattern)}(?!\w)")
            if match := negative.search(text):
                found.append((match.start(), other))
                text = f"{text[: match.start()]} {text[match.end() :]}"
        if match := pattern.search(text):
            found.append((match.start(), mode))
            text = pattern.sub(" ", text)
    said = {mode for _, mode in found}
    return (said.pop() if len(said) == 1 else None), " ".join(text.split())


def find_offices(text: str, catalogue: Catalogue, lexicon: Lexicon) -> tuple[Placed, str]:
    """The offices of a plain sentence, by words of their name, street or town, and the sentence without them.

    A word that several share names them all, and one has to ask which.
    """
    words, named, without, used = text.split(), set[str](), set[str](), set[int]()
    for at, word in enumerate(words):
        slugs = _named_by(word, catalogue, lexicon)
        before, after = " ".join(words[max(0, at - 4) : at]), " ".join(words[at + 1 : at + 3])
        if not slugs or _OTHERS.search(f"{before} < {after}") or (_LIVES.search(before)):
            continue
        used.add(at)
        (without if _refused(before, after) else named).update(slugs)
    kept = " ".join(NAME if at in used else word for at, word in enumerate(words))
    return Placed(_only(named, catalogue), tuple(sorted(without))), kept


# "centro de salud", "health centre"; and where somebody lives is not where they want to go.
_OTHERS = re.compile(
    r"(?:health|medical|shopping|day|job) <|< (?:de (?:salud|dia|mayores|trabajo)|comercial|medico)"
)
_LIVES = re.compile(r"\b(?:soy|vengo|vivo|im|i am|live|come) (?:de|del|en|from|in)$")
_REFUSED = re.compile(
    r"(?:\bno|\bni|menos|excepto|salvo|\bnot|apart from|anywhere but)(?: (?:en"
    r"|la|el|oficina|de|sea|in|at|the|quiero|ir|a|want))*$"
)
NAME = "nn"  # stands where an office was named, so that "at the North office" does not read "at the office"
STREETS = frozenset(
    {"calle", "avenida", "plaza", "paseo", "camino", "ronda", "street", "avenue", "square", "road"}
)


def _refused(before: str, after: str) -> bool:
    return after.split(" ")[0] == "no" or _REFUSED.search(before) is not None


def _only(named: set[str], catalogue: Catalogue) -> tuple[str, ...]:
    return tuple(place.slug for place in catalogue.places if place.slug in named)


def _named_by(word: str, catalogue: Catalogue, lexicon: Lexicon) -> tuple[str, ...]:
    """The offices that a word may stand for: by the word as it is, else by one that it is a misspelling of."""
    telling = _telling_words(catalogue, lexicon)
    exact = tuple(slug for slug, words in telling.items() if word in words)
    return exact or tuple(slug for slug, words in telling.items() if any(_is_near(word, one) for one in words))


def _telling_words(catalogue: Catalogue, lexicon: Lexicon) -> dict[str, frozenset[str]]:
    """The words of each office's name and address that are long enough to tell something."""
    return {
        place.slug: frozenset(
            word
            for word in plain(f"{place.name} {place.address}").split()
            if len(word) > 3 and word.isalpha() and word not in STREETS | lexicon.places
        )
        for place in catalogue.places
    }


def _is_near(word: str, one: str) -> bool:
    return len(word) > 4 and len(one) > 4 and begin_alike(one, word) and distance(one, word) <= 1
