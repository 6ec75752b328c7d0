"""English time grammar. `Half ten` is half past ten, as in Britain."""

from __future__ import annotations

from datetime import time

from ..clock_times import TimeGrammar
from ..lazy_pattern import LazyPattern
from ..numbers import ENGLISH_NUMBERS, number_pattern

NUMBERS = {**ENGLISH_NUMBERS, "noon": 12, "half": 30, "quarter": 15, "a quarter": 15}
_HOURS = number_pattern(ENGLISH_NUMBERS, 24)
_COUNT = r"a quarter|quarter|five|ten|twenty five|twenty|\d\d?"


def _hour(which: str = "") -> str:
    return rf"(?P<h{which}>\d{{1,2}}|{_HOURS})"


def _minute(which: str = "") -> str:
    return rf"(?:[:.](?P<m{which}>\d\d)| (?P<past{which}>{number_pattern(ENGLISH_NUMBERS, 59, 10)}))?"


def _half(which: str = "") -> str:
    spoken = r"am|pm|a m|p m|in the morning|in the afternoon|in the evening|at night"
    return rf"(?: ?oclock| hours)?(?: ?(?P<half{which}>{spoken}))?"


# A citizen who works until a time can come from then on.
_BUSY = r"(?:work(?:ing)?|busy|have class(?:es)?|at the (?:doctors?|dentists?|office)|in a meeting)"
_ABOUT = r"(?P<about>around|about|roughly|approximately|circa|ish)"
_SPOKEN = r"(?: ?oclock)? ?(?P<half>am|pm|a m|p m|in the morning|in the afternoon|in the evening|at night)"
ENGLISH_TIMES = TimeGrammar(
    numbers=NUMBERS,
    morning=frozenset({"am", "a m", "in the morning"}),
    afternoon=frozenset({"pm", "p m", "in the afternoon", "in the evening", "at night"}),
    ranges=(
        LazyPattern(
            r"(?<!\w)(?P<h1>\d{1,2}) ?(?:-|to|till|until) ?(?P<h2>\d{1,2})(?P<half2> ?(?:am|pm))?(?![\w:@])"
        ),
        LazyPattern(
            rf"\b(?:between|from) {_hour('1')}{_minute('1')}{_half('1')} ?(?:and|to|until|till|-) ?"
            rf"{_hour('2')}{_minute('2')}{_half('2')}(?![\w:@])"
        ),
    ),
    clocks=(
        LazyPattern(r"\b(?P<h>noon)(?!\w)"),
        LazyPattern(rf"\b(?:at |for )?(?P<past>half|(?:{_COUNT})(?= past))(?: past)? {_hour()}{_half()}(?!\w)"),
        LazyPattern(rf"\b(?:at |for )?(?P<less>{_COUNT}) (?:to|before|of|til|till) {_hour()}{_half()}(?!\w)"),
        LazyPattern(rf"\b(?:(?:{_ABOUT}|at|for) )*{_hour()}{_minute()}{_SPOKEN}(?!\w)"),
        LazyPattern(rf"\b(?:at )?(?:{_ABOUT} )?(?:at )?(?P<h>\d{{1,2}})[:.](?P<m>\d\d)(?!\w)"),
        LazyPattern(rf"\b(?:at |for )?(?:{_ABOUT} )?{_hour()}{_minute()}(?: ?oclock| ?ish)(?!\w)"),
        LazyPattern(rf"\b(?P<h>{number_pattern(ENGLISH_NUMBERS, 20, 8)}) hours?(?!\w)"),
        LazyPattern(
            rf"\b(?:at|say|{_ABOUT}) {_hour()}{_minute()}(?:ish)?(?![\w:])(?! (?:days?|weeks?|minutes?|people))"
        ),
        LazyPattern(
            rf"(?:(?<=after )|(?<=before )|(?<=until )|(?<=till )|(?<=from )"
            rf"|(?<=than )|(?<=by )|(?<=past )|(?<=me to )|(?<=it to ))"
            rf"{_hour()}{_minute()}(?![\w:])(?! (?:days?|weeks?|months?))"
        ),
    ),
    bare=LazyPattern(rf"^(?:at |for |the |make it |ok |lets say |say )*{_hour()}{_minute()}(?: one)?$"),
    through=LazyPattern(r"(?:between|from) #(\d) (?:and|to|until|till) #(\d)"),
    since=LazyPattern(
        r"(?:after|from|later than|no earlier than|not before|past) (?:at )?#(\d)"
        r"|#(\d) (?:onwards?|or (?:later|after))"
    ),
    until=LazyPattern(
        r"(?:(?<!not )(?:before|until|till)|by|no later than|(?<!no )earlier than|not after) (?:at )?#(\d)"
        r"|#(\d) (?:at the latest|or (?:earlier|before))"
    ),
    about=LazyPattern(r"\b(?:around|about|roughly|approximately|circa|ish)\b"),
    parts=(
        (r"early afternoon|early in the afternoon", "early_afternoon"),
        (
            r"first thing(?: in the morning)?|early(?: in the)? morning"
            r"|(?:bright and |nice and )?early(?: on| in the day)?(?! (?:next|this|in|dec|jan|enough))",
            "first_thing",
        ),
        (r"mid ?morning", "mid_morning"),
        (r"late morning|late in the morning|end of the morning", "late_morning"),
        (r"mid ?afternoon", "mid_afternoon"),
        (r"late afternoon|late in the afternoon", "late_afternoon"),
        (r"last thing|(?:at the )?end of (?:the )?day|close of business|late(?:r)? in the day", "last_thing"),
        (r"(?:in |on |during )?(?:the )?(?:mornings?|mornin|forenoon)", "morning"),
        (r"(?:in |on |during )?(?:the )?afternoons?", "afternoon"),
        (r"(?:in |on |during )?(?:the )?evenings?|at night", "evening"),
        (r"(?:at |around )?mid ?day", "midday"),
        (r"(?:at |around |over |during )?(?:my )?lunch ?(?:time|break|hour)", "midday"),
    ),
    spans={
        "first_thing": (time(), time(10, 30)),
        "morning": (time(6), time(12)),
        "mid_morning": (time(10), time(12)),
        "late_morning": (time(11), time(13)),
        "midday": (time(12), time(14, 30)),
        "early_afternoon": (time(12), time(15)),
        "afternoon": (time(12), time(18)),
        "mid_afternoon": (time(14), time(17)),
        "late_afternoon": (time(16), time(19)),
        "last_thing": (time(16), time(23, 59)),
        "evening": (time(17), time(23, 59)),
    },
    edges=(
        (r"after lunch", time(14), None),
        (r"before lunch", None, time(13)),
        (r"(?:after|past) midday", time(12), None),
        (r"before midday", None, time(12)),
    ),
    never=LazyPattern(
        r"(?:but|except|other than|apart from|, not)(?: for)?(?: at)? #(\d)|#(\d) (?:is )?(?:no good|impossible)"
    ),
    busy=LazyPattern(
        r"(?:cant|cannot|not free|wont be free|cant be there)(?: do| make it| come)? (?:before|until|till) #(\d)|"
        rf"{_BUSY} (?:until|till) #(\d)|(?:finish|get off|get out|knock off)(?: \w+)?(?: at)? #(\d)"
    ),
    instead=LazyPattern(r"(?:rather than|instead of)(?: at)? #(\d)"),
    refusing=(
        r"\b(?:not|no|cant(?: do| make| come)?|cannot(?: do| make"
        r"| come)?|except(?: for)?|but not|anything but|avoid)"
        r"(?: in| on| the| do)* (?:PART)(?!\w)",
        r"\b(?:PART) (?:(?:is|are) (?:no good|bad|not good|impossible|out)"
        r"|isnt good|doesnt work|wont work|no good|are no good|dont work)",
    ),
)
