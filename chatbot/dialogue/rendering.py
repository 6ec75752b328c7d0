"""Puts what the dialogue says into words: sentences of a language, with days, times and names in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from ...appointments.domain.booking_url import BOOKING_PATH
from ...core.i18n.catalogues import GettextFunction
from ...core.i18n.dates import format_day, format_pattern, format_relative_day, format_short_day, format_time
from . import texts
from .effects import (
    DayList,
    DialogueReply,
    LocalInstant,
    LocalizedName,
    ModePhrase,
    ReplyChoice,
    Sentence,
    ValueList,
    WeekdayRange,
)

MAX_DAYS_LISTED = 3  # more days in a row are told as a stretch


@dataclass(frozen=True, slots=True)
class RenderedChoice:
    """A choice in words."""

    label: str
    value: str
    detail: str = ""
    minor: bool = False
    main: bool = False


@dataclass(frozen=True, slots=True)
class RenderedReply:
    """A reply in words."""

    text: str
    picks: tuple[RenderedChoice, ...]
    link: str | None
    link_text: str
    private: bool


@dataclass(frozen=True, slots=True)
class ReplyRenderer:
    """One language, and the moment from which a day is today or tomorrow."""

    language: str
    translate: GettextFunction
    now: datetime

    def render_reply(self, reply: DialogueReply) -> RenderedReply:
        """The reply in this language."""
        words = ("\n" if reply.is_list else " ").join(
            _capitalise_first(self.render_sentence(line)) for line in reply.sentences
        )
        picks = tuple(self._render_choice(choice) for choice in reply.choices)
        return RenderedReply(words, picks, reply.link, self._link_text(reply.link), reply.is_private)

    def render_sentence(self, sentence: Sentence) -> str:
        """One sentence with its values."""
        values = {name: self.render_value(value) for name, value in sentence.values.items()}
        return self.translate(sentence.text) % values if values else self.translate(sentence.text)

    def render_value(self, value: Any) -> str:
        """A value as people read it."""
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
                return value.names.get(self.language) or value.names["es"]
            case ModePhrase():
                return _lower_first(self.translate(texts.BY_VIDEO if value.mode == "video" else texts.AT_OFFICE))
            case ValueList():
                return ", ".join(self.render_value(one) for one in value.values)
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
        clock = format_time(at.instant, at.timezone)
        if at.form == "time":
            return clock
        day = self._render_day_at(at)
        if at.form in ("day", "brief"):
            return day
        return (
            f"{day}, {clock}" if at.form == "short" else self.translate(texts.DAY_AT) % {"day": day, "time": clock}
        )

    def _render_day_at(self, at: LocalInstant) -> str:
        """`hoy` where it must be short, else `hoy, miércoles 25`; other days by name, number and month."""
        relative = format_relative_day(at.instant, at.timezone, self.language, self.now)
        named = format_day(at.instant, at.timezone, self.language)
        numbered = format_pattern(at.instant, at.timezone, self.language, "EEEE d")
        if relative != named:
            return relative if at.form == "short" else f"{relative}, {numbered}"
        if at.form == "short":
            return format_short_day(at.instant, at.timezone, self.language)
        return numbered if at.form == "brief" and at.instant - self.now < NEAR_PERIOD else named

    def _render_days(self, days: tuple[date, ...]) -> str:
        names = [self._render_day(one) for one in days[:MAX_DAYS_LISTED]]
        if len(days) <= MAX_DAYS_LISTED:
            return self.translate(texts.OR).join(names)
        values = {"first": names[0], "last": self._render_day(days[-1])}
        if (days[-1] - days[0]).days > OPEN_ENDED_DAYS:
            return self.translate(texts.FROM_DAY_ON) % values
        return self.translate(texts.FROM_DAY_TO) % values

    def _render_weekdays(self, value: WeekdayRange) -> str:
        names = [
            format_pattern(
                datetime.combine(ANY_MONDAY + timedelta(days=one), time(12), UTC), UTC, self.language, "EEEE"
            )
            for one in (value.first, value.last)
        ]
        if value.first == value.last:
            return names[0]
        return self.translate(texts.DAYS_TO) % {"first": names[0], "last": names[1]}

    def _render_day(self, day: date) -> str:
        return format_day(datetime.combine(day, time(12), UTC), UTC, self.language)

    def _link_text(self, link: str | None) -> str:
        if link is None:
            return ""
        for start, text in LINK_TEXTS:
            if start in link:
                return self.translate(text)
        return self.translate(texts.SEE_APPOINTMENT)


ANY_MONDAY = datetime(2001, 1, 1, 12, tzinfo=UTC)  # any one, to have its name
NEAR_PERIOD = timedelta(days=27)  # so far the number of a day names one only, without its month
OPEN_ENDED_DAYS = 70  # a stretch that ends beyond what can be booked has no end that matters
LINK_TEXTS = (
    (BOOKING_PATH, texts.OPEN_FORM),
    ("/appointments/find", texts.MY_APPOINTMENT),
    ("/privacy", texts.HOW_DATA),
    ("/o/", texts.TAKE_TICKET),
)


def _capitalise_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
