"""Replies of the dialogue: sentences with values, and choices. Pure, in no language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any, Literal
from zoneinfo import ZoneInfo

from ...offices.domain.words import ServiceMode
from .state import ConversationState


@dataclass(frozen=True, slots=True)
class LocalInstant:
    """An instant in an office's time zone.

    `form`: the day, the time or both; "short": both abbreviated; "brief": the day, a near day without its month.
    """

    instant: datetime
    timezone: ZoneInfo
    form: Literal["day", "time", "both", "short", "brief"] = "both"


@dataclass(frozen=True, slots=True)
class DayList:
    """Days by name and number: a single day, a range, or alternatives."""

    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class WeekdayRange:
    """Consecutive weekdays, 0 = Monday, both ends included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class LocalizedName:
    """A name in each language."""

    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ModePhrase:
    """The words for a mode: by video call, or at the office."""

    mode: ServiceMode


@dataclass(frozen=True, slots=True)
class ValueList:
    """Values separated by commas."""

    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence: the English msgid, translated by the renderer, and its values."""

    text: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReplyChoice:
    """A button. `value` is the text that it sends; `detail` is shown beside the label.

    `is_main`: the action that the citizen came for. `is_minor`: an alternative to the main answers.
    """

    label: Sentence
    value: str
    detail: Sentence | None = None
    is_minor: bool = False
    is_main: bool = False


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """A part of a summary: its name, its value, and the choice that changes it."""

    name: Sentence
    value: Any
    change: ReplyChoice | None = None


@dataclass(frozen=True, slots=True)
class SummaryTable:
    """A summary, as the page shows it (`rows`) and as programs get it (`sentences`).

    `closing`: the sentences after it.
    """

    rows: tuple[SummaryRow, ...]
    sentences: tuple[Sentence, ...]
    closing: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class DialogueReply:
    """A reply of the assistant. `is_private`: it repeats personal data.

    `is_list`: each sentence is on a line of its own. `topic`: the question that it answers, such as `parking`
    (information.TOPICS); empty for other replies. `phone`: the number of a person, to be called by a press.
    `table`: a summary after the sentences. `form`: fields of the form behind `link`, if it is to be opened with
    personal data, which no address may have.
    """

    sentences: tuple[Sentence, ...]
    choices: tuple[ReplyChoice, ...] = ()
    link: str | None = None
    is_private: bool = False
    is_list: bool = False
    topic: str = ""
    phone: str = ""
    table: SummaryTable | None = None
    form: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DialogueTurn:
    """The answer to a message: the new state and the replies."""

    state: ConversationState
    replies: tuple[DialogueReply, ...]


def prepend_sentences(turn: DialogueTurn, *sentences: Sentence) -> DialogueTurn:
    """Put sentences before the first sentence of a turn."""
    if not sentences:
        return turn
    first, *rest = turn.replies or (DialogueReply(()),)
    return DialogueTurn(turn.state, (replace(first, sentences=(*sentences, *first.sentences)), *rest))


def format_clock_time(at: time) -> str:
    """Format a clock time without a leading zero: `9:05`."""
    return f"{at.hour}:{at.minute:02d}"
