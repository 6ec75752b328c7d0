"""Spanish time grammar. In Spain the morning lasts until lunch, at two."""

from __future__ import annotations

from datetime import time

from ..clock_times import TimeGrammar
from ..lazy_pattern import LazyPattern
from ..numbers import SPANISH_NUMBERS, number_pattern

NUMBERS = {**SPANISH_NUMBERS, "cuarto": 15, "media": 30, "pico": 0}
# Up to 29, so that `a las veintiséis` is known not to exist; `un` and `uno` mean other things.
_HOURS = number_pattern(
    {word: number for word, number in SPANISH_NUMBERS.items() if word not in ("un", "uno")}, 29
)
_FIVES = "cinco|diez|veinte|veinticinco"
_MINUTES = number_pattern(SPANISH_NUMBERS, 59, 10)
_MORE = "(?! (?:personas|minutos|dias|semanas|euros))"


def _hour(which: str = "") -> str:
    return rf"(?P<h{which}>\d{{1,2}}|{_HOURS})"


def _minute(which: str = "") -> str:
    past = rf"(?:y )?(?P<past{which}>(?<=y )(?:media|cuarto|pico|cinco|\d\d)|{_MINUTES}){_MORE}"
    less = rf"(?P<less{which}>cuarto|{_FIVES})"
    return rf"(?:[:.h](?P<m{which}>\d\d)| {past}| menos {less})?(?: ?h| ?hs| horas)?(?: en punto)?"


def _half(which: str = "") -> str:
    spoken = r"(?: ?de la | ?por la | ?del )"
    return rf"(?:{spoken}(?P<half{which}>manana|tarde|noche|madrugada|mediodia))?"


# A citizen who works until a time can come from then on.
_BUSY = (
    r"(?:trabajo|curro|trabajando|ocupad[oa]|(?:tengo|estoy en) (?:clase|medico|el medico|dentista|el dentista))"
)
_AM = r"(?: ?(?P<half>am|pm|a m|p m))"
_ABOUT = r"(?P<about>sobre|hacia|alrededor de|a eso de|como a|mas o menos a|tipo)"
SPANISH_TIMES = TimeGrammar(
    numbers=NUMBERS,
    morning=frozenset({"manana", "madrugada", "am", "a m"}),
    afternoon=frozenset({"tarde", "noche", "pm", "p m", "mediodia"}),
    ranges=(
        LazyPattern(
            rf"\b(?:entre|de|desde)(?: las?)? {_hour('1')}{_minute('1')}{_half('1')}(?: y| a| hasta)(?: las?)?"
            rf" {_hour('2')}{_minute('2')}{_half('2')}(?![\w:@])"
        ),
    ),
    clocks=(
        LazyPattern(rf"\b(?:(?:{_ABOUT}|a|para|de|en) )?(?:las? )?{_hour()}(?:[:.h](?P<m>\d\d))?{_AM}(?!\w)"),
        LazyPattern(rf"\b(?:(?:{_ABOUT}|a|para) )?las? {_hour()}{_minute()}{_half()}(?![\w:])(?! opcion)"),
        LazyPattern(
            rf"\b(?:(?:{_ABOUT}|a) )?{_hour()}{_minute()} (?:de|por) la (?P<half>manana|tarde|noche)(?!\w)"
        ),
        LazyPattern(r"\b(?P<h>\d{1,2})(?:[:h](?P<m>\d\d)h?| ?(?:h|hs|horas?))(?!\w)"),
        LazyPattern(rf"\b(?P<h>{number_pattern(SPANISH_NUMBERS, 21, 8)}) horas?(?!\w)"),
        LazyPattern(rf"\b{_ABOUT} {_hour()}{_minute()}{_half()}(?![\w:@])(?! (?:personas|minutos|dias|semanas))"),
        LazyPattern(rf"\b{_hour()} (?:y (?P<past>media|cuarto)|menos (?P<less>cuarto)|en punto)(?!\w)"),
    ),
    bare=LazyPattern(rf"^(?:a |para |mejor |pues |vale |quiero |la de |el de )*{_hour()}{_minute()}$"),
    through=LazyPattern(r"(?:entre|de|desde) #(\d) (?:y|a|hasta) #(\d)"),
    since=LazyPattern(
        r"(?:a partir de|despues de|desde|pasadas|mas tarde de|no antes de)(?: las?)? #(\d)"
        r"|#(\d) (?:en adelante|o (?:despues|mas tarde))"
    ),
    until=LazyPattern(
        r"(?:(?<!no )antes de|hasta|no mas tarde de|no despues de|como (?:mucho|muy tarde)(?: a)?)(?: las?)? #(\d)"
        r"|#(\d) (?:como (?:mucho|muy tarde)|o antes)"
    ),
    about=LazyPattern(r"\b(?:sobre|hacia|alrededor|a eso|como a|mas o menos|tipo|aproximadamente)\b"),
    parts=(
        (r"(?:a )?(?:primerisima|primera) hora de la tarde", "early_afternoon"),
        (
            r"(?:a )?(?:primerisima|primera) hora(?: de la manana)?|a primera|(?:muy )?tempran(?:o|ito)",
            "first_thing",
        ),
        (r"(?:a )?(?:ultima|ultimisima) hora de la manana", "late_morning"),
        (r"(?:a )?(?:ultima|ultimisima) hora(?: de la tarde| del dia)?|lo mas tarde posible", "last_thing"),
        (r"a media manana", "mid_morning"),
        (r"a media tarde", "mid_afternoon"),
        (
            r"(?:por|en|de|a) (?:la|las) (?:mananas?|mananita|manana siguiente)|de mananas?|mananas|la mananita"
            r"|la manana",
            "morning",
        ),
        (
            r"(?:por|en|de|a) (?:la|las) tardes?|(?<!mas )(?<!muy )(?<!salgo )(?<!llego )tardes?|tardecita",
            "afternoon",
        ),
        (r"(?:al|a|el)? ?medio ?dia", "midday"),
        (r"(?:por|de|en|a) la noche|noche", "evening"),
    ),
    spans={
        "first_thing": (time(), time(10, 30)),
        "morning": (time(6), time(14)),
        "mid_morning": (time(10), time(12, 30)),
        "late_morning": (time(12), time(14)),
        "midday": (time(12), time(15)),
        "early_afternoon": (time(14), time(17)),
        "afternoon": (time(14), time(21)),
        "mid_afternoon": (time(16), time(19)),
        "last_thing": (time(16), time(23, 59)),
        "evening": (time(20), time(23, 59)),
    },
    edges=(
        (r"despues de (?:comer|la comida|almorzar)", time(15), None),
        (r"antes de (?:comer|la comida|almorzar)", None, time(14)),
        (r"(?:a|en) la hora de (?:comer|la comida)", time(13), time(16)),
    ),
    never=LazyPattern(
        r"(?:menos|excepto|salvo|que no sea|, no)(?: a)?(?: las?)? #(\d)|#(\d) no(?= ,|$)"
        r"|#(\d) (?:imposible|tampoco)"
    ),
    busy=LazyPattern(
        r"no (?:puedo|llego|estoy libre|me va bien)(?: ir)? (?:hasta|antes de)(?: las?)? #(\d)|"
        rf"{_BUSY}(?: hoy)? hasta(?: las?)? #(\d)|(?:salgo|acabo|termino)(?: del? \w+)?(?: a)?(?: las?)? #(\d)"
    ),
    instead=LazyPattern(r"(?:en (?:vez|lugar) de|mejor (?:a )?#\d que(?: a)?)(?: las?| a las?)* #(\d)"),
    refusing=(
        r"\b(?:no (?:puedo|quiero|me va(?: bien)?|me viene(?: bien)?"
        r"|es posible)|menos|excepto|salvo|pero no|que no sea)"
        r"(?: ir| que sea)? (?:PART)(?!\w)",
        r"\b(?:PART) (?:no\b(?! se)|imposible|tampoco)(?: puedo| me va| me viene)?(?: bien)?",
    ),
)
