"""English date grammar. Rules are tried in order; each removes the text that it matches."""

from __future__ import annotations

import re
from datetime import date, timedelta
from re import Match

from ..date_grammar import DateGrammar, DateWords, compile_date_rules, parse_iso_date, parse_number
from ..date_sets import (
    DateExpression,
    DateSetKind,
    PeriodPart,
    calendar_date,
    check_weekday,
    coming_weekday,
    in_days,
    in_months,
    month,
    month_ahead,
    next_such_weekday,
    one_day,
    part_of_month,
    week,
    week_containing,
    weekday_a_week_later,
    weekday_called_next,
    weekday_of_week,
    weekend,
    working_days,
)
from ..lazy_pattern import LazyPattern
from ..lexicon import word_set
from ..numbers import ENGLISH_NUMBERS, ENGLISH_ORDINALS, number_pattern, number_words

WEEKDAYS = number_words(0, "monday tuesday wednesday thursday friday saturday sunday")
SHORT_WEEKDAYS = {
    "mon": 0,
    "tue": 1,
    "tues": 1,
    "wed": 2,
    "weds": 2,
    "thu": 3,
    "thur": 3,
    "thurs": 3,
    "fri": 4,
    "sat": 5,
}
SHORT_WEEKDAYS |= {f"{name}s": number for name, number in WEEKDAYS.items()}
MONTHS = number_words(1, "january february march april may june july august september october november december")
SHORT_MONTHS = {
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "jun": 6,
    "jul": 7,
    "aug": 8,
    "sept": 9,
    "sep": 9,
    "oct": 10,
    "nov": 11,
    "dec": 12,
}
NUMBERS = {**ENGLISH_NUMBERS, "a couple of": 2, "a": 1, "an": 1}
# Holidays by name: day and month.
NAMED_DAYS = {
    "christmas eve": (24, 12),
    "christmas day": (25, 12),
    "boxing day": (26, 12),
    "new years eve": (31, 12),
    "new years day": (1, 1),
}
ORDINAL_WORDS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
PERIOD_PARTS: dict[str, PeriodPart] = {
    "early": "early",
    "beginning of": "early",
    "start of": "early",
    "mid": "middle",
}
PERIOD_PARTS |= {"middle of": "middle", "late": "late", "end of": "late", "towards the end of": "late"}

_ALL_WEEKDAYS = {**WEEKDAYS, **SHORT_WEEKDAYS}
_WORDS = DateWords(
    weekdays=_ALL_WEEKDAYS,
    months={**MONTHS, **SHORT_MONTHS},
    numbers=NUMBERS,
    ordinals=ORDINAL_WORDS,
    period_parts=PERIOD_PARTS,
)
_DAYS = "|".join(sorted(_ALL_WEEKDAYS, key=len, reverse=True))
_W = rf"(?P<w>{_DAYS})"
# `wed`, `sun`, `may` and `march` are other words too, so they need a preposition or a date beside them.
_ALONE = "|".join(name for name in _DAYS.split("|") if name not in ("wed", "sun"))
_ONLY_MONTHS = "|".join(name for name in MONTHS if name not in ("may", "march"))
_M = rf"(?P<m>{'|'.join([*MONTHS, *SHORT_MONTHS])})"
_N = rf"(?P<n>\d{{1,3}}|{number_pattern(NUMBERS, 31)})"
_DAY_ORDINALS = number_pattern(ENGLISH_ORDINALS, 31)
_D = rf"(?P<d>\d{{1,2}}(?:st|nd|rd|th)?|{_DAY_ORDINALS})"
# After a weekday, a number above twelve is a day of the month, unless it is written as an hour.
_D_BEHIND = (
    rf"(?P<d>\d{{1,2}}(?:st|nd|rd|th)|{_DAY_ORDINALS}|(?:1[3-9]|2\d|3[01])(?![:.\w]| ?(?:am|pm|oclock|hours|h)\b))"
)
# "this week's no good, the one after": the refusal of the first day, and the name of the other one.
_NO = r"(?:(?:is |s )?(?:no good|not good|no|not|impossible|bad|out|full)|i cant|doesnt work|wont (?:work|do))"
_AFTER = r"the (?:one after(?: that)?|next(?: one)?|following(?: one)?)"
_YEAR = r"(?:,? (?P<y>20\d\d))?"
_PART = rf"(?:at |in |by |around )?(?:the )?(?P<part>{'|'.join(PERIOD_PARTS)}) (?:the )?"


def _parse_day(found: Match[str]) -> int:
    text = re.sub(r"(?<=\d)(?:st|nd|rd|th)", "", found["d"])
    return parse_number(text, ENGLISH_ORDINALS)


def _parse_distance(found: Match[str], today: date) -> DateExpression:
    """Parse `in two weeks` or `two days from now`."""
    count, unit = _WORDS.count(found), found["unit"]
    if unit.startswith("month"):
        return in_months(count, today)
    return in_days(count * (7 if unit.startswith("week") else 14 if unit.startswith("fortnight") else 1), today)


def _parse_next_weekday(found: Match[str], today: date) -> DateExpression:
    return weekday_called_next(_WORDS.weekday(found), today)


def _parse_written_date(found: Match[str], today: date) -> DateExpression:
    year = found["y"]
    day = calendar_date(_parse_day(found), _WORDS.month_number(found), int(year) if year else None, today)
    return check_weekday(day, _ALL_WEEKDAYS.get(found["w"]))


def _parse_numeric_date(found: Match[str], today: date) -> DateExpression:
    """Parse a date in digits: day first as in Spain, ambiguous if month first fits too."""
    written = found["y"] or found["y2"]
    day, number, year = int(found["d"]), int(found["mm"] or found["mm2"]), int(written) if written else None
    if number > 12:
        return (
            calendar_date(number, day, year, today)
            if day <= 12
            else DateExpression(DateSetKind.DAY, problem="impossible")
        )
    if number == 0:
        return DateExpression(DateSetKind.DAY, problem="impossible")
    first = calendar_date(day, number, year, today)
    other = calendar_date(number, day, year, today) if 0 < day <= 12 and day != number else first
    days = tuple(dict.fromkeys((*first.days, *other.days)))
    return DateExpression(DateSetKind.DAY, days, None if days else "past", is_ambiguous=len(days) > 1)


def _weekdays_after_next(found: Match[str], today: date) -> tuple[date, ...]:
    """Return both readings of `the Friday after next`, because "next" is ambiguous."""
    first = coming_weekday(_WORDS.weekday(found), today)
    return first + timedelta(days=7), first + timedelta(days=14)


DATE_RULES = compile_date_rules(
    (r"(?P<y>20\d\d)-(?P<mm>0[1-9]|1[0-2])-(?P<d>\d\d)", parse_iso_date),
    (r"(?:the )?day after tomorrow|overmorrow", lambda _, today: in_days(2, today)),
    (
        rf"(?:on |this )?{_W} {_NO} (?:, |but |rather )*{_AFTER}",
        lambda found, today: weekday_a_week_later(_WORDS.weekday(found), today),
    ),
    (rf"this weeks? {_NO} (?:, |but |rather )*{_AFTER}", lambda _, today: week(1, today)),
    (
        rf"(?:on )?(?:the )?(?P<end>first|last) day (?:of|in) (?:this month|the month|(?P<ahead>next month)|{_M})",
        lambda found, today: _WORDS.parse_end_of_month(found, found["end"] == "first", today),
    ),
    (
        rf"(?:in |on )?(?:the )?week (?:of|beginning|commencing|starting)(?: on)?(?: the)? {_D}(?: (?:of )?{_M})?",
        lambda found, today: week_containing(
            _parse_day(found), _WORDS.month_number(found) if found["m"] else None, today
        ),
    ),
    (
        r"(?:(?:on |any )?(?:weekdays?|working days?)|during the week)",
        lambda _, today: DateExpression(DateSetKind.SPAN, working_days(today)),
    ),
    (
        rf"(?:on |for )?(?P<named>{'|'.join(NAMED_DAYS)})",
        lambda found, today: calendar_date(*NAMED_DAYS[found["named"]], None, today),
    ),
    (r"(?:the )?day before yesterday|yesterday|last week|last month", lambda _, today: in_days(-1, today)),
    (rf"(?:the )?{_W} before last|last {_W.replace('<w>', '<w2>')}(?! of)", lambda _, today: in_days(-1, today)),
    (r"(?:a )?week (?:from )?tomorrow|tomorrow week", lambda _, today: in_days(8, today)),
    (
        rf"{_N} weeks? (?:from|on) {_W}",
        lambda found, today: one_day(
            coming_weekday(_WORDS.weekday(found), today) + timedelta(days=7 * _WORDS.count(found)), today
        ),
    ),
    (r"(?:a )?week (?:from )?today|today week", lambda _, today: in_days(7, today)),
    (
        r"today|tonight|this (?:morning|afternoon|evening)|later on today",
        lambda _, today: one_day(today, today),
    ),
    (
        rf"(?:on )?{_W} week|a week (?:on|from|from on) {_W.replace('<w>', '<w2>')}",
        lambda found, today: weekday_a_week_later(_ALL_WEEKDAYS[found["w"] or found["w2"]], today),
    ),
    (
        rf"(?:on |the )?{_W}(?: of| in)? (?:the )?(?:next|following|coming) week"
        rf"|next week,? (?:,? )?(?:on )?{_W.replace('<w>', '<w2>')}",
        lambda found, today: weekday_of_week(_ALL_WEEKDAYS[found["w"] or found["w2"]], 1, today),
    ),
    (
        rf"(?:the )?{_W} after next",
        lambda found, today: DateExpression(
            DateSetKind.DAY, _weekdays_after_next(found, today), is_ambiguous=True
        ),
    ),
    (
        rf"not (?:this|the next) {_W} (?:, |but )*the (?:one after|next)",
        lambda found, today: weekday_a_week_later(_WORDS.weekday(found), today),
    ),
    (
        rf"(?:on )?(?:this|this coming|the coming|coming) {_W}",
        lambda found, today: next_such_weekday(_WORDS.weekday(found), today),
    ),
    (rf"(?:on )?(?:the )?(?:next|following) {_W}", _parse_next_weekday),
    (
        rf"(?:on |the )*(?P<nth>{'|'.join(ORDINAL_WORDS)}) {_W} (?:of|in) (?:{_M}"
        rf"|(?P<ahead>next month)|the month|this month)",
        _WORDS.parse_nth_weekday,
    ),
    (rf"{_PART}(?:next week)", lambda found, today: week(1, today, _WORDS.period_part(found))),
    (
        rf"(?:later this|{_PART}(?:this )?)week",
        lambda found, today: week(0, today, _WORDS.period_part(found) if found["part"] else None),
    ),
    (r"(?:the )?week after next|in the week after next", lambda _, today: week(2, today)),
    (
        r"(?:(?:during|in|sometime|some time|anytime|any time|any day) )*(?:the )?(?:next|following|coming) week",
        lambda _, today: week(1, today),
    ),
    (r"(?:the |on the )?(?:next|following) weekend", lambda _, today: weekend(1, today)),
    (r"(?:this |the |at the |on the |at )?weekends?", lambda _, today: weekend(0, today)),
    (
        r"(?:(?:during|in|sometime|some time|anytime|any time|any day|the rest of|later) )*this week",
        lambda _, today: week(0, today),
    ),
    (rf"(?:in|within|after) {_N} (?P<unit>days?|weeks?|fortnights?|months?)(?:s? time)?", _parse_distance),
    (rf"(?:in )?{_N} (?P<unit>days?|weeks?|months?) (?:from (?:now|today)|later|ahead)", _parse_distance),
    (r"(?:in )?(?:a )?fortnight", lambda _, today: in_days(14, today)),
    (rf"{_PART}{_M}", lambda found, today: month(_WORDS.month_number(found), today, _WORDS.period_part(found))),
    (rf"{_PART}next month", lambda found, today: month_ahead(1, today, _WORDS.period_part(found))),
    (rf"{_PART}(?:this )?month", lambda found, today: part_of_month(today, _WORDS.period_part(found))),
    (rf"(?:(?:on )?{_W}(?: ,)? )?(?:on )?(?:the )?{_D} (?:of )?{_M}{_YEAR}", _parse_written_date),
    (rf"(?:(?:on )?{_W}(?: ,)? )?(?:on )?{_M} (?:the )?{_D}(?!:| ?(?:am|pm|oclock)){_YEAR}", _parse_written_date),
    (
        r"(?:on )?(?P<d>\d{1,2})(?:[/-](?P<mm>\d{1,2})(?:[/.-](?P<y>\d{4}"
        r"|\d\d))?|[.](?P<mm2>\d{1,2})[.](?P<y2>\d{4}|\d\d))",
        _parse_numeric_date,
    ),
    (
        rf"(?:on )?{_W}(?: ,)? (?:the )?{_D_BEHIND}(?! thing)",
        lambda found, today: check_weekday(
            calendar_date(_parse_day(found), None, None, today), _WORDS.weekday(found)
        ),
    ),
    (
        rf"(?:on )?(?:the )(?P<d>\d{{1,2}}(?:st|nd|rd|th)|{_DAY_ORDINALS})(?! (?:thing"
        rf"|one|option|time|available|free|slot|"
        rf"appointment|day|opening|possible|hour|date|choice|office))",
        lambda found, today: calendar_date(_parse_day(found), None, None, today),
    ),
    (
        r"(?:on )?(?:the )?(?P<d>\d{1,2}(?:st|nd|rd|th))",
        lambda found, today: calendar_date(_parse_day(found), None, None, today),
    ),
    (r"(?:in |sometime )?(?:the )?(?:next|following) month", lambda _, today: month_ahead(1, today)),
    (r"(?:in )?this month", lambda _, today: month_ahead(0, today)),
    (
        rf"(?:in |during |for |sometime in )?(?P<m>{_ONLY_MONTHS})",
        lambda found, today: month(_WORDS.month_number(found), today),
    ),
    (r"(?:in|during) (?P<m>may|march)", lambda found, today: month(_WORDS.month_number(found), today)),
    (
        rf"(?:on |any |a |for )*(?P<w>{_ALONE})",
        lambda found, today: next_such_weekday(_WORDS.weekday(found), today),
    ),
    (r"(?:on )(?P<w>wed)", lambda found, today: next_such_weekday(_WORDS.weekday(found), today)),
    (r"tomorrow|tmrw|tmw|tomoz", lambda _, today: in_days(1, today)),
)
_THE = r"(?: (?:the|on|in|this))*"
ENGLISH_DATES = DateGrammar(
    rules=DATE_RULES,
    through=LazyPattern(
        rf"(?:between|from){_THE} @(\d)(?: and| to| until| till| through){_THE} @(\d)|@(\d) (?:through|to) @(\d)"
    ),
    after=LazyPattern(rf"(?:after|past){_THE} @(\d)"),
    since=LazyPattern(
        rf"(?:from|since|starting(?: from)?|as of|not (?:before"
        rf"|until|till)|no earlier than){_THE} @(\d)|@(\d) (?:onwards?|or (?:later|after))"
    ),
    before=LazyPattern(rf"(?:before|earlier than){_THE} @(\d)"),
    until=LazyPattern(
        rf"(?:until|till|by|no later than|not (?:after|later than)|up to){_THE} @(\d)"
        r"|@(\d) at the (?:very )?latest"
    ),
    without=LazyPattern(
        rf"(?:\bnot|\bno|except(?: for)?|apart from|anything but"
        rf"|any day but|nor|neither|cant(?: (?:do|make|come|go))?"
        rf"|cannot(?: (?:do|make|come|go))?|avoid|dont (?:want|like)"
        rf"|wont work)(?: (?:do|make|come|go|it|on|in|a|work)\b)*{_THE} @(\d)"
        rf"|@(\d) (?:is (?:no good|not (?:good|possible|ok|okay)"
        rf"|bad|impossible|out)|isnt (?:good|possible|ok|okay)|doesnt (?:work"
        rf"|suit)|does not (?:work|suit)|wont (?:work|do)|no good|not possible|no\b"
        rf"|neither|not either|(?:i )?(?:cant|cannot)\b)"
    ),
    # Days on which something expires or has happened.
    unrelated=LazyPattern(
        r"(?:expires?|runs? out|ran out|happened|(?:treated|attended|helped|told) (?:me|us)|(?:was|were) born)"
        r"(?: (?:in|on|at|by|the|badly|there|to|me|us|already)\b)* @\d"
    ),
    origin=LazyPattern(
        r"\b(?:the|my) @(\d) (?:one|appointment|booking|slot|visit)|from (?:the |my )?@(\d)"
        r"|\b(?:appointment|booking|slot) (?:that )?(?:i|we) have(?: for| on)? @(\d)"
        r"|\b(?:have|has|had|got) (?:an? |my |the |her |his )?(?:appointment|booking|slot)(?: for| on)? @(\d)"
    ),
    ambiguous=LazyPattern(r"(?!)"),  # English says which of the two days is refused
    also_without=LazyPattern(r"~(\d) (?:nor|or|and|,)(?: the| on)* @(\d)"),
    soonest=LazyPattern(
        r"as (?:soon|early|quick(?:ly)?) as (?:possible|you can|i can|there is|can be)|asap|a s a p"
        r"|(?:the )?(?:very )?(?:earliest|soonest)(?: (?:possible"
        r"|available|free|one|slot|appointment|time|date|day|opening))*"
        r"|(?:the |your )?(?:first|next) (?:available|free|possible"
        r"|slot|appointment|opening|one available|one free|time)"
        r"(?: (?:slot|appointment|time|one|opening|day|date|there is"
        r"|you have))*|urgent(?:ly)?|at once|straight ?away|right away"
        r"|any ?day(?! (?:but|except|apart|other))|whenever(?: .{0,12})?|i dont mind when"
    ),
)
VOCABULARY = frozenset(WEEKDAYS) | frozenset(MONTHS)
VOCABULARY |= word_set(
    """
    christmas tomorrow today tonight week weeks weekend next after before morning afternoon evening noon midday
    fortnight month following beginning half quarter yesterday
    """
)
