"""Intents of a message by statistics, with their probabilities. Pure.

The dialogue compares it with the grammar: `dialogue/doubts/did_you_mean.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..lexicon import Intent
from .classifier import LinearClassifier, load_classifier

# Intents by the labels of the training data. The other labels stand for no intent: an answer, a need, a narration,
# another language, and a message that says nothing.
INTENTS_BY_LABEL: Mapping[str, Intent] = {
    "book": Intent.BOOK,
    "change": Intent.CHANGE,
    "cancel": Intent.CANCEL,
    "find": Intent.FIND,
    "earlier": Intent.EARLIER,
    "wait": Intent.WAIT,
    "walk_in": Intent.FASTEST,
    "person": Intent.HUMAN,
    "help": Intent.HELP,
    "greeting": Intent.GREETING,
    "thanks": Intent.THANKS,
    "bye": Intent.BYE,
    "yes": Intent.YES,
    "no": Intent.NO,
    "any": Intent.ANY,
    "skip": Intent.SKIP,
    "back": Intent.BACK,
    "restart": Intent.RESTART,
    "insult": Intent.INSULT,
    "question:price": Intent.PRICE,
    "question:bring": Intent.BRING,
    "question:hours": Intent.HOURS,
    "question:duration": Intent.DURATION,
    "question:where": Intent.WHERE,
    "question:services": Intent.SERVICES,
    "question:phone": Intent.HUMAN,
    "question:privacy": Intent.WHY,
    "question:parking": Intent.PARKING,
    "question:access": Intent.ACCESS,
    "question:transport": Intent.TRANSPORT,
    "question:holidays": Intent.HOLIDAYS,
    "question:modes": Intent.MODES,
    "question:other": Intent.OTHER_QUESTION,
}


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """The intents of a message, the most probable first, each with its probability.

    None stands for all messages without an intent, such as a plain answer.
    """

    intents: tuple[tuple[Intent | None, float], ...] = ()

    @property
    def intent(self) -> Intent | None:
        """Return the most probable intent."""
        return self.intents[0][0] if self.intents else None

    @property
    def confidence(self) -> float:
        """Return the probability of the most probable intent."""
        return self.intents[0][1] if self.intents else 0.0

    def probability(self, intent: Intent | None) -> float:
        """Return the probability of an intent."""
        return dict(self.intents).get(intent, 0.0)


NO_OPINION = SecondOpinion()


def weigh_intents(text: str, asked: str | None, classifier: LinearClassifier | None = None) -> SecondOpinion:
    """Weigh the intents of a message that answers the question `asked`."""
    weighed: dict[Intent | None, float] = {}
    for label, probability in (classifier or load_classifier()).probabilities(text, asked).items():
        intent = INTENTS_BY_LABEL.get(label)
        weighed[intent] = weighed.get(intent, 0.0) + probability
    return SecondOpinion(tuple(sorted(weighed.items(), key=lambda entry: -entry[1])))
