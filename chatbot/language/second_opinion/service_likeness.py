"""Likeness of a message to services and to requests for other offices. Pure.

Parts of words are compared, weighted by how few services and requests have them. Nothing is trained: the words are
those of the catalogue, in all its languages.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ...domain.catalogue import OfficeCatalogue
from ..lexicon import word_set
from ..normalize import normalise_text
from ..service_matching import ServiceMatch
from .requests_elsewhere import KINDS_OF_REQUEST, REQUESTS_ELSEWHERE

SHORTEST_PART, LONGEST_PART = 3, 5  # letters of the parts of words
COVERED_SHARE = 0.7  # weight of the phrase's part that is in the message; the rest is for what both have in common
CLEAR_LIKENESS = 0.6  # likeness from which a request for another office is believed
CLEAR_DIFFERENCE = 0.15  # between the best and the next
SURE_LIKENESS = 0.85  # likeness from which a probable service is taken without a question
SURE_DIFFERENCE = 0.2
POOR_LIKENESS = 0.35  # below, the words of a sure service are only alike by chance: `ok, fine` is no fishing
FUNCTION_WORDS = word_set(
    """
    de del la el los las un una y o en para por con mi tu su lo al se que
    the of a an and or for with my your to in on at is
    """
)


@dataclass(frozen=True, slots=True)
class ServiceLikeness:
    """Likeness of a message to a service, from 0 to 1.

    `slug`: None for a request for another office. `words`: the lower number of words of
    the message and of the most similar phrase.
    """

    slug: str | None
    score: float
    words: int


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A name or synonym of a service, or a request for another office."""

    slug: str | None
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServiceIndex:
    """Phrases of the services and of requests elsewhere, by their parts of words."""

    phrases: tuple[_Phrase, ...]
    rarity: Mapping[str, float]
    weights_by_part: Mapping[str, Sequence[tuple[int, float]]]
    default_rarity: float

    def rank(self, words: Sequence[str]) -> list[ServiceLikeness]:
        """Rank services and the background, the most similar first, each by its best phrase."""
        message = self._vector(words)
        covered: dict[int, float] = defaultdict(float)
        common: dict[int, float] = defaultdict(float)
        for part, weight in message.items():
            for index, own in self.weights_by_part.get(part, ()):
                covered[index] += own * own
                common[index] += own * weight
        best: dict[str | None, ServiceLikeness] = {}
        for index, share in covered.items():
            phrase = self.phrases[index]
            score = COVERED_SHARE * math.sqrt(share) + (1 - COVERED_SHARE) * common[index]
            if phrase.slug not in best or score > best[phrase.slug].score:
                best[phrase.slug] = ServiceLikeness(phrase.slug, score, min(len(phrase.words), len(words)))
        return sorted(best.values(), key=lambda likeness: -likeness.score)

    def _vector(self, words: Collection[str]) -> dict[str, float]:
        return _unit_vector(words, self.rarity, self.default_rarity)


def rank_services(text: str, catalogue: OfficeCatalogue, general_words: Collection[str]) -> list[ServiceLikeness]:
    """Rank the services of a catalogue by their likeness to a message in normalised text."""
    own = tuple(
        (service.slug, name)
        for service in catalogue.services()
        for name in (*service.names.values(), *(word for words in service.words.values() for word in words))
    )
    return _build_index(own).rank([word for word in _content_words(text) if word not in general_words])


@lru_cache(maxsize=16)  # catalogues; each has the same words from message to message
def _build_index(own: tuple[tuple[str, str], ...]) -> ServiceIndex:
    services = [_Phrase(slug, words) for slug, text in own if (words := _content_words(normalise_text(text)))]
    known = {word for phrase in services for word in phrase.words}
    elsewhere = [_Phrase(None, _content_words(normalise_text(text))) for text in REQUESTS_ELSEWHERE]
    others = [phrase for phrase in elsewhere if not _is_offered(phrase.words, known)]
    phrases = tuple(dict.fromkeys((*services, *others)))
    documents: dict[object, set[str]] = defaultdict(set)
    for phrase in phrases:
        documents[phrase.slug or phrase].update(_parts(phrase.words))
    counts = Counter(part for parts in documents.values() for part in parts)
    rarity = {part: math.log(1 + len(documents) / count) for part, count in counts.items()}
    default = math.log(1 + len(documents))
    weights: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for index, phrase in enumerate(phrases):
        for part, weight in _unit_vector(phrase.words, rarity, default).items():
            weights[part].append((index, weight))
    return ServiceIndex(phrases, rarity, dict(weights), default)


def _is_offered(words: Collection[str], known: Collection[str]) -> bool:
    """Whether the subject of a request is a word of a service: `volante de empadronamiento`."""
    subject = [word for word in words if word not in KINDS_OF_REQUEST] or list(words)
    return all(any(word[:6] == other[:6] for other in known) for word in subject)


def _content_words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.split() if word.isalpha() and len(word) > 1 and word not in FUNCTION_WORDS)


def _parts(words: Iterable[str]) -> set[str]:
    edged = [f"^{word}$" for word in words]
    return {
        word[start : start + length]
        for word in edged
        for length in (*range(SHORTEST_PART, LONGEST_PART + 1), len(word))
        for start in range(len(word) - length + 1)
    }


def _unit_vector(words: Iterable[str], rarity: Mapping[str, float], default: float) -> dict[str, float]:
    weights = {part: rarity.get(part, default) for part in _parts(words)}
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {part: weight / length for part, weight in weights.items()}


def is_asked_elsewhere(ranked: Sequence[ServiceLikeness]) -> bool:
    """Whether a message is clearly more like a request for another authority than any service."""
    if not ranked or ranked[0].slug is not None:
        return False
    lead = ranked[0].score - (ranked[1].score if len(ranked) > 1 else 0.0)
    return ranked[0].score >= CLEAR_LIKENESS and lead >= CLEAR_DIFFERENCE


def compare_services(match: ServiceMatch, ranked: Sequence[ServiceLikeness]) -> ServiceMatch:
    """Make a match sure, doubtful or empty where likeness confirms or contradicts it."""
    if not ranked or match.several or match.has_unknown:
        return match
    best, scores = ranked[0], {likeness.slug: likeness.score for likeness in ranked}
    lead = best.score - (ranked[1].score if len(ranked) > 1 else 0.0)
    if is_asked_elsewhere(ranked):
        return ServiceMatch(likely=match.sure)
    if len(match.sure) == 1 and scores.get(match.sure[0], 0.0) < POOR_LIKENESS:
        return ServiceMatch()
    is_clear = best.words > 1 and best.score >= SURE_LIKENESS and lead >= SURE_DIFFERENCE
    if match.likely == (best.slug,) and is_clear:
        return ServiceMatch(sure=match.likely)
    return match
