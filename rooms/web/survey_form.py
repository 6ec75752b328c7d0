"""Survey of the pages after a call: what was typed, and its errors. No routes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, StringConstraints
from starlette.requests import Request

from ...core.i18n.catalogues import N_
from ...core.web.forms import FieldSentences
from ...core.web.validation import EmptyIsNone
from ..domain.call_survey import MAX_WORDS_CHARACTERS, CallSurvey, Rating, SurveyAnswer
from ..queries.call_surveys import OfferedSurvey

_RATING_SENTENCES = dict.fromkeys(("required", "not_a_choice"), N_("Choose one of the three faces."))
FIELD_SENTENCES: FieldSentences = dict.fromkeys(("overall", "sound", "picture"), _RATING_SENTENCES)
OptionalRating = Annotated[Rating | None, EmptyIsNone]
OptionalWords = Annotated[
    Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_WORDS_CHARACTERS)] | None, EmptyIsNone
]


class SurveyMessage(BaseModel, defer_build=True):
    """Ratings of a call, each by a choice of three faces, and short words."""

    overall: Rating
    sound: OptionalRating = None
    picture: OptionalRating = None
    words: OptionalWords = None

    def to_answer(self) -> SurveyAnswer:
        return SurveyAnswer(self.overall, self.sound, self.picture, self.words)


@dataclass(frozen=True, slots=True)
class ShownSurvey:
    """Survey as the page shows it.

    `chosen`: value of each field. `errors`: sentences by field. `is_thanked`: an answer was just kept.
    """

    is_open: bool
    is_given: bool
    is_thanked: bool
    chosen: dict[str, str]
    action: str
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TypedSurvey:
    """Content of a refused form, and its errors by field."""

    chosen: dict[str, str]
    errors: dict[str, str]


def show_survey(
    request: Request, offered: OfferedSurvey | None, action: str, typed: TypedSurvey | None = None
) -> ShownSurvey | None:
    """Return what the page shows; None if there is no survey for this person."""
    if offered is None or not (offered.is_open or offered.given):
        return None
    return ShownSurvey(
        offered.is_open,
        offered.given is not None,
        "thanks" in request.query_params,
        typed.chosen if typed else _given_fields(offered.given),
        action,
        typed.errors if typed else {},
    )


def _given_fields(given: CallSurvey | None) -> dict[str, str]:
    if given is None:
        return dict.fromkeys(SurveyMessage.model_fields, "")
    answer = given.answer
    return {
        "overall": answer.overall.value,
        "sound": answer.sound.value if answer.sound else "",
        "picture": answer.picture.value if answer.picture else "",
        "words": answer.words or "",
    }
