"""Rendering of replies in a language, with days, times and names. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from ...appointments.domain.booking_url import BOOKING_PATH, FIND_APPOINTMENT_PATH
from ...core.i18n.catalogues import GettextFunction
from ...core.i18n.dates import format_day, format_pattern, format_relative_day, format_short_day, format_time
from ...core.i18n.languages import join_list, text_in_language
from ...offices.domain.words import MODE_NAMES
from . import texts
from .replies import (
    DayList,
    DialogueReply,
    LocalInstant,
    LocalizedName,
    ModePhrase,
    ReplyChoice,
    Sentence,
    SummaryRow,
    SummaryTable,
    ValueList,
    WeekdayRange,
)

MAX_DAYS_LISTED = 3  # more consecutive days are written as a range
NEAR_PERIOD = timedelta(days=27)  # within four weeks the number of a day is unique without its month
OPEN_ENDED_DAYS = 70  # a range that ends after the last bookable day is written without its end
ANY_MONDAY = datetime(2001, 1, 1, 12, tzinfo=UTC)  # for the names of weekdays
LINK_TEXTS = (
    (BOOKING_PATH, texts.OPEN_FORM),
    (FIND_APPOINTMENT_PATH, texts.MY_APPOINTMENT),
    ("/privacy", texts.HOW_DATA),
    ("/o/", texts.TAKE_TICKET),
)


@dataclass(frozen=True, slots=True)
class RenderedChoice:
    """A choice in the citizen's language. Its fields are stored with the conversation."""

    label: str
    value: str
    detail: str = ""
    minor: bool = False
    main: bool = False

    @property
    def text(self) -> str:
        """The label and the detail in a single line."""
        return f"{self.label}, {self.detail}" if self.detail else self.label


@dataclass(frozen=True, slots=True)
class RenderedRow:
    """A part of a summary. `value`: of the choice that changes it, empty if no choice does."""

    name: str
    text: str
    value: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class RenderedTable:
    """A summary with a button for each part, and the texts around it."""

    before: str
    rows: tuple[RenderedRow, ...]
    closing: str


@dataclass(frozen=True, slots=True)
class RenderedReply:
    """A reply in the citizen's language. Its fields are stored with the conversation.

    `table`: what the page shows in place of `text`.
    """

    text: str
    picks: tuple[RenderedChoice, ...]
    link: str | None
    link_text: str
    private: bool
    phone: str = ""
    phone_text: str = ""
    table: RenderedTable | None = None
    form: tuple[tuple[str, str], ...] = ()

    @property
    def listed_picks(self) -> tuple[RenderedChoice, ...]:
        """The choices that the page shows below the reply: without those of the table."""
        of_table = {row.value for row in self.table.rows} if self.table else set()
        return tuple(choice for choice in self.picks if choice.value not in of_table)


@dataclass(frozen=True, slots=True)
class ReplyRenderer:
    """Renders replies in a language. `now` decides which day is today or tomorrow."""

    language: str
    translate: GettextFunction
    now: datetime

    def render_reply(self, reply: DialogueReply) -> RenderedReply:
        """Render the sentences, the choices and the text of the link."""
        table = reply.table
        sentences = (*reply.sentences, *(table.sentences + table.closing if table else ()))
        return RenderedReply(
            self._join_sentences(sentences, reply),
            tuple(self._render_choice(choice) for choice in reply.choices),
            reply.link,
            self._link_text(reply.link),
            reply.is_private,
            reply.phone,
            self.translate(texts.CALL_NUMBER) % {"phone": reply.phone} if reply.phone else "",
            self._render_table(reply, table) if table else None,
            reply.form,
        )

    def _join_sentences(self, sentences: Iterable[Sentence], reply: DialogueReply) -> str:
        separator = "\n" if reply.is_list else " "
        return separator.join(_capitalise_first(self.render_sentence(sentence)) for sentence in sentences)

    def _render_table(self, reply: DialogueReply, table: SummaryTable) -> RenderedTable:
        return RenderedTable(
            self._join_sentences(reply.sentences, reply),
            tuple(self._render_row(row) for row in table.rows),
            self._join_sentences(table.closing, reply),
        )

    def _render_row(self, row: SummaryRow) -> RenderedRow:
        text = self.render_value(row.value)
        if not isinstance(row.value, str):  # an e-mail keeps its small letter
            text = _capitalise_first(text)
        change = self._render_choice(row.change) if row.change else None
        return RenderedRow(self.render_sentence(row.name), text, *((change.value, change.label) if change else ()))

    def render_sentence(self, sentence: Sentence) -> str:
        """Translate a sentence and fill in its values."""
        values = {name: self.render_value(value) for name, value in sentence.values.items()}
        text = self.translate(sentence.text)
        if values.get("phone") == "":
            text = self._without_phone(text)
        return text % values if values else text

    def _without_phone(self, text: str) -> str:
        """Return the text without its sentences that tell a number: the installation has none."""
        kept = [part for part in text.split(". ") if "%(phone)s" not in part]
        return ". ".join(kept).removesuffix(".") + "." if kept else self.translate(texts.ASK_AT_ENTRANCE)

    def render_value(self, value: Any) -> str:
        """Render a value of a sentence."""
        match value:
            case Sentence():
                return self.render_sentence(value)
            case LocalInstant():
                return self._render_instant(value)
            case DayList():
                return self._render_days(value.days)
            case WeekdayRange():
                return self._render_weekdays(value)
            case LocalizedName():
                return text_in_language(value.names, self.language)
            case ModePhrase():
                return _lower_first(self.translate(MODE_NAMES[value.mode]))
            case ValueList():
                return join_list((self.render_value(item) for item in value.values), self.language)
            case _:
                return str(value)

    def _render_choice(self, choice: ReplyChoice) -> RenderedChoice:
        detail = self.render_sentence(choice.detail) if choice.detail else ""
        return RenderedChoice(
            _capitalise_first(self.render_sentence(choice.label)),
            choice.value,
            detail,
            choice.is_minor,
            choice.is_main,
        )

    def _render_instant(self, at: LocalInstant) -> str:
        clock_time = format_time(at.instant, at.timezone)
        if at.form == "time":
            return clock_time
        day = self._render_day_at(at)
        if at.form in ("day", "brief"):
            return day
        if at.form == "short":
            return self.translate(texts.DAY_AND) % {"day": day, "more": clock_time}
        return self.translate(texts.DAY_AT) % {"day": day, "time": clock_time}

    def _render_day_at(self, at: LocalInstant) -> str:
        """Render a day: `hoy, miércoles 25` or `viernes 27 de noviembre`; in short form `hoy`."""
        relative = format_relative_day(at.instant, at.timezone, self.now, self.language)
        named = format_day(at.instant, at.timezone, self.language)
        numbered = format_pattern(at.instant, at.timezone, "EEEE d", self.language)
        if relative != named:
            both = {"day": relative, "more": numbered}
            return relative if at.form == "short" else self.translate(texts.DAY_AND) % both
        if at.form == "short":
            return format_short_day(at.instant, at.timezone, self.language)
        return numbered if at.form == "brief" and at.instant - self.now < NEAR_PERIOD else named

    def _render_days(self, days: tuple[date, ...]) -> str:
        names = [self._render_day(day) for day in days[:MAX_DAYS_LISTED]]
        if len(days) <= MAX_DAYS_LISTED:
            return self.translate(texts.OR).join(names)
        values = {"first": names[0], "last": self._render_day(days[-1])}
        if (days[-1] - days[0]).days > OPEN_ENDED_DAYS:
            return self.translate(texts.FROM_DAY_ON) % values
        return self.translate(texts.FROM_DAY_TO) % values

    def _render_weekdays(self, value: WeekdayRange) -> str:
        first, last = (self._weekday_name(weekday) for weekday in (value.first, value.last))
        if value.first == value.last:
            return first
        return self.translate(texts.DAYS_TO) % {"first": first, "last": last}

    def _weekday_name(self, weekday: int) -> str:
        return format_pattern(ANY_MONDAY + timedelta(days=weekday), UTC, "EEEE", self.language)

    def _render_day(self, day: date) -> str:
        return format_day(datetime.combine(day, time(12), UTC), UTC, self.language)

    def _link_text(self, link: str | None) -> str:
        if link is None:
            return ""
        for path, text in LINK_TEXTS:
            if path in link:
                return self.translate(text)
        return self.translate(texts.SEE_APPOINTMENT)


def _capitalise_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
