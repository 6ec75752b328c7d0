"""Puts what the dialogue says into words: sentences of a language, with days, times and names in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from ...core.i18n.dates import format_day, format_pattern, format_short_day, format_time, relative_day
from . import texts
from .effects import At, ByMode, Choice, Line, Named, On, Reply, Several, Weekdays

Translate = Callable[[str], str]
SHOWN_DAYS = 3  # more days in a row are told as a stretch


@dataclass(frozen=True, slots=True)
class Pick:
    """A choice in words."""

    label: str
    value: str
    detail: str = ""
    minor: bool = False
    main: bool = False


@dataclass(frozen=True, slots=True)
class Spoken:
    """A reply in words."""

    text: str
    picks: tuple[Pick, ...]
    link: str | None
    link_text: str
    private: bool


@dataclass(frozen=True, slots=True)
class Voice:
    """One language, and the moment from which a day is today or tomorrow."""

    language: str
    translate: Translate
    now: datetime

    def reply(self, reply: Reply) -> Spoken:
        """The reply in this language."""
        words = ("\n" if reply.listed else " ").join(_capital(self.line(line)) for line in reply.lines)
        picks = tuple(self._pick(choice) for choice in reply.choices)
        return Spoken(words, picks, reply.link, self._link_text(reply.link), reply.private)

    def line(self, line: Line) -> str:
        """One sentence with its values."""
        values = {name: self.word(value) for name, value in line.values.items()}
        return self.translate(line.text) % values if values else self.translate(line.text)

    def word(self, value: Any) -> str:
        """A value as people read it."""
        match value:
            case Line():
                return self.line(value)
            case At():
                return self._at(value)
            case On():
                return self._days(value.days)
            case Weekdays():
                return self._weekdays(value)
            case Named():
                return value.names.get(self.language) or value.names["es"]
            case ByMode():
                return _small(self.translate(texts.BY_VIDEO if value.mode == "video" else texts.AT_OFFICE))
            case Several():
                return ", ".join(self.word(one) for one in value.values)
            case _:
                return str(value)

    def _pick(self, choice: Choice) -> Pick:
        detail = self.line(choice.detail) if choice.detail else ""
        return Pick(_capital(self.line(choice.label)), choice.value, detail, choice.minor, choice.main)

    def _at(self, at: At) -> str:
        clock = format_time(at.moment, at.timezone)
        if at.form == "time":
            return clock
        day = self._day_of(at)
        if at.form in ("day", "brief"):
            return day
        return (
            f"{day}, {clock}" if at.form == "short" else self.translate(texts.DAY_AT) % {"day": day, "time": clock}
        )

    def _day_of(self, at: At) -> str:
        """`hoy` where it must be short, else `hoy, miércoles 25`; other days by name, number and month."""
        relative = relative_day(at.moment, at.timezone, self.language, self.now)
        named = format_day(at.moment, at.timezone, self.language)
        numbered = format_pattern(at.moment, at.timezone, self.language, "EEEE d")
        if relative != named:
            return relative if at.form == "short" else f"{relative}, {numbered}"
        if at.form == "short":
            return format_short_day(at.moment, at.timezone, self.language)
        return numbered if at.form == "brief" and at.moment - self.now < NEAR else named

    def _days(self, days: tuple[date, ...]) -> str:
        names = [self._day(one) for one in days[:SHOWN_DAYS]]
        if len(days) <= SHOWN_DAYS:
            return self.translate(texts.OR).join(names)
        values = {"first": names[0], "last": self._day(days[-1])}
        if (days[-1] - days[0]).days > FAR_DAYS:
            return self.translate(texts.FROM_DAY_ON) % values
        return self.translate(texts.FROM_DAY_TO) % values

    def _weekdays(self, value: Weekdays) -> str:
        names = [
            format_pattern(
                datetime.combine(MONDAY + timedelta(days=one), time(12), UTC), UTC, self.language, "EEEE"
            )
            for one in (value.first, value.last)
        ]
        if value.first == value.last:
            return names[0]
        return self.translate(texts.DAYS_TO) % {"first": names[0], "last": names[1]}

    def _day(self, day: date) -> str:
        return format_day(datetime.combine(day, time(12), UTC), UTC, self.language)

    def _link_text(self, link: str | None) -> str:
        if link is None:
            return ""
        for start, text in LINKS:
            if start in link:
                return self.translate(text)
        return self.translate(texts.SEE_APPOINTMENT)


MONDAY = datetime(2001, 1, 1, 12, tzinfo=UTC)  # any one, to have its name
NEAR = timedelta(days=27)  # so far the number of a day names one only, without its month
FAR_DAYS = 70  # a stretch that ends beyond what can be booked has no end that matters
LINKS = (
    ("/appointments/new", texts.OPEN_FORM),
    ("/appointments/find", texts.MY_APPOINTMENT),
    ("/privacy", texts.HOW_DATA),
    ("/o/", texts.FAST_TURN),
)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]
