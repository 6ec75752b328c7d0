"""Spanish date grammar. Rules are tried in order; each removes the text that it matches."""

from __future__ import annotations

from datetime import date, timedelta
from re import Match

from ..date_grammar import DateGrammar, DateWords, compile_date_rules, parse_iso_date, parse_number
from ..date_sets import (
    DateExpression,
    DateSetKind,
    PeriodPart,
    calendar_date,
    check_weekday,
    days_between,
    future_days,
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
from ..numbers import SPANISH_NUMBERS, number_pattern, number_words

WEEKDAYS = number_words(0, "lunes martes miercoles jueves viernes sabado domingo")
WEEKDAYS |= {"sabados": 5, "domingos": 6}
MONTHS = number_words(
    1, "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
)
MONTHS |= {"setiembre": 9}
SHORT_MONTHS = {
    "ene": 1,
    "feb": 2,
    "abr": 4,
    "jun": 6,
    "jul": 7,
    "ago": 8,
    "sept": 9,
    "sep": 9,
    "oct": 10,
    "nov": 11,
    "dic": 12,
}
NUMBERS = {**SPANISH_NUMBERS, "primero": 1}
# Holidays by name: day and month.
NAMED_DAYS = {
    "nochebuena": (24, 12),
    "nochevieja": (31, 12),
    "dia de navidad": (25, 12),
    "ano nuevo": (1, 1),
    "dia de reyes": (6, 1),
    "dia de la constitucion": (6, 12),
}
ORDINAL_WORDS = {"primer": 1, "segundo": 2, "tercer": 3, "cuarto": 4, "ultimo": -1}
PERIOD_PARTS: dict[str, PeriodPart] = {
    "principios": "early",
    "principio": "early",
    "comienzos": "early",
    "inicios": "early",
    "primeros": "early",
}
PERIOD_PARTS |= {
    "mediados": "middle",
    "mitad": "middle",
    "finales": "late",
    "final": "late",
    "fines": "late",
    "fin": "late",
}

_WORDS = DateWords(
    weekdays=WEEKDAYS,
    months={**MONTHS, **SHORT_MONTHS},
    numbers=NUMBERS,
    ordinals=ORDINAL_WORDS,
    period_parts=PERIOD_PARTS,
)
_N = rf"(?P<n>\d{{1,3}}|{number_pattern(NUMBERS, 31)})"
_W = rf"(?P<w>{'|'.join(WEEKDAYS)})"
_M = rf"(?P<m>{'|'.join([*MONTHS, *SHORT_MONTHS])})"
_PART = rf"(?:a |para |en |hacia )?(?P<part>{'|'.join(PERIOD_PARTS)}) (?:de |del )?"
_NEXT = r"(?:proxim[oa]|siguiente)"
_COMING = r"(?:que viene|que entra|proxim[oa]|siguiente|entrante)"
# `el viernes no, el otro`: the refusal of the first day, and the name of the other one.
_NO = r"(?:no|imposible|no puedo|no me (?:va|viene)(?: bien)?|me (?:va|viene) (?:mal|fatal))"
_OTHER = r"(?:otr[oa]|siguiente|que viene|de despues|proxim[oa])"
_NAMED = rf"(?:el |en |por )?(?:dia de )?(?P<named>{'|'.join(NAMED_DAYS)})"
_NUMBER_WORDS = number_pattern(
    {word: number for word, number in NUMBERS.items() if word not in ("un", "una", "primero")}, 31
)
_NO_HOUR = r"(?! ?(?:de la|de el|h\b|hs\b|horas?\b|:|am\b|pm\b|y (?:media|cuarto|pico)|menos|en punto))"
_NEXT_WEEK = rf"(?:la |de la |en la )?(?:semana {_COMING}|{_NEXT} semana|otra semana)"


def _parse_distance(found: Match[str], today: date) -> DateExpression:
    """Parse `dentro de dos semanas`. In Spanish, 15 days are two weeks and 8 days are one."""
    count, unit = _WORDS.count(found), found["unit"]
    if unit.startswith("mes"):
        return in_months(count, today)
    if unit.startswith("semana"):
        return in_days(7 * count, today)
    return in_days({15: 14, 8: 7}.get(count, count), today)


def _parse_written_date(found: Match[str], today: date) -> DateExpression:
    year, named = found["y"], found["w"]
    day = calendar_date(_WORDS.count(found), _WORDS.month_number(found), int(year) if year else None, today)
    return check_weekday(day, WEEKDAYS.get(named))


def _parse_numeric_date(found: Match[str], today: date) -> DateExpression:
    year, number = found["y"] or found["y2"], int(found["mm"] or found["mm2"])
    if not 1 <= number <= 12:
        return DateExpression(DateSetKind.DAY, problem="impossible")
    return check_weekday(
        calendar_date(int(found["n"]), number, int(year) if year else None, today), WEEKDAYS.get(found["w"])
    )


def _parse_date_range(found: Match[str], today: date) -> DateExpression:
    """Parse `del 9 al 11 de diciembre`."""
    number = _WORDS.month_number(found)
    first, last = (calendar_date(day, number, None, today) for day in (_WORDS.count(found), int(found["n2"])))
    if not first.days or not last.days or last.days < first.days:
        return DateExpression(DateSetKind.SPAN, problem=first.problem or last.problem or "impossible")
    return future_days(first.days[0], last.days[0], today)


DATE_RULES = compile_date_rules(
    (r"(?P<y>20\d\d)-(?P<mm>0[1-9]|1[0-2])-(?P<d>\d\d)", parse_iso_date),
    (r"pasado manana", lambda _, today: in_days(2, today)),
    (
        rf"no (?:el |este )?{_W} (?:, |sino )*el (?:siguiente|otro|de despues|que viene)",
        lambda found, today: weekday_a_week_later(_WORDS.weekday(found), today),
    ),
    (
        rf"(?:del?|desde|entre) (?:el )?{_N} (?:al?|y|hasta) (?:el )?(?P<n2>\d{{1,2}}) de {_M}",
        lambda found, today: _parse_date_range(found, today),
    ),
    (
        r"manana o pasado(?: manana)?|(?:entre )?manana y pasado(?: manana)?",
        lambda _, today: DateExpression(
            DateSetKind.SPAN, days_between(today + timedelta(days=1), today + timedelta(days=2))
        ),
    ),
    (r"de hoy en ocho(?: dias)?", lambda _, today: in_days(7, today)),
    (r"de manana en ocho(?: dias)?", lambda _, today: in_days(8, today)),
    (
        rf"(?:el |este )?{_W} {_NO} (?:, |mejor |sino )*el {_OTHER}",
        lambda found, today: weekday_a_week_later(_WORDS.weekday(found), today),
    ),
    (rf"esta semana {_NO} (?:, |mejor |sino )*la {_OTHER}", lambda _, today: week(1, today)),
    (
        rf"(?:el )?(?P<end>primer|ultimo) dia (?:de |del )?(?:este mes|mes(?P<ahead> que viene| proximo)?|{_M})",
        lambda found, today: _WORDS.parse_end_of_month(found, found["end"] == "primer", today),
    ),
    (
        rf"(?:la |en la )?semana del? (?:dia )?{_N}(?: (?:de )?{_M})?",
        lambda found, today: week_containing(
            _WORDS.count(found), _WORDS.month_number(found) if found["m"] else None, today
        ),
    ),
    (
        r"(?:(?:en |los |un |algun )?dias? )?(?:entre semana|laborables?|de diario)",
        lambda _, today: DateExpression(DateSetKind.SPAN, working_days(today)),
    ),
    (_NAMED, lambda found, today: calendar_date(*NAMED_DAYS[found["named"]], None, today)),
    (r"(?:antes de ayer|anteayer|ayer)", lambda _, today: in_days(-1, today)),
    (r"(?:la )?semana pasada|el mes pasado", lambda _, today: in_days(-7, today)),
    (rf"(?:el )?{_W} pasado", lambda _, today: in_days(-1, today)),
    (
        r"(?:hoy|esta manana|esta tarde|esta noche|este mediodia|dia de hoy)",
        lambda _, today: one_day(today, today),
    ),
    (
        rf"(?:el |la )?{_W} (?:de )?{_NEXT_WEEK}",
        lambda found, today: weekday_of_week(_WORDS.weekday(found), 1, today),
    ),
    (rf"{_NEXT_WEEK} (?:,? ?el |,? )?{_W}", lambda found, today: weekday_of_week(_WORDS.weekday(found), 1, today)),
    (
        rf"(?:el )?{_W} de esta semana|esta semana el (?P<w2>\w+)",
        lambda found, today: weekday_of_week(WEEKDAYS.get(found["w"] or found["w2"], 0), 0, today),
    ),
    (
        rf"(?:el )?{_W} de la otra(?: semana)?|(?:el )?otro (?P<w2>{'|'.join(WEEKDAYS)})",
        lambda found, today: weekday_a_week_later(WEEKDAYS[found["w"] or found["w2"]], today),
    ),
    (
        rf"(?:el )?(?P<nth>{'|'.join(ORDINAL_WORDS)}) {_W} (?:de|del)(?: mes de)? (?:{_M}"
        rf"|(?P<ahead>mes que viene|proximo mes)|mes|este mes)",
        _WORDS.parse_nth_weekday,
    ),
    (
        r"fin de semana que viene|(?:el )?proximo fin de semana",
        lambda _, today: weekend(0 if today.weekday() < 5 else 1, today),
    ),
    (r"(?:este |el |los |en )?(?:fin de semana|finde|fines de semana)", lambda _, today: weekend(0, today)),
    (
        rf"{_PART}(?:{_NEXT_WEEK}|(?P<this>esta semana|semana|la semana))",
        lambda found, today: week(0 if found["this"] else 1, today, _WORDS.period_part(found)),
    ),
    (
        rf"{_NEXT_WEEK} no la otra|la semana de despues|la siguiente a la que viene",
        lambda _, today: week(2, today),
    ),
    (rf"{_NEXT_WEEK}", lambda _, today: week(1, today)),
    (
        r"(?:en |durante )?(?:lo que queda de |el resto de )?(?:esta(?: misma)? semana|la semana)",
        lambda _, today: week(0, today),
    ),
    (
        rf"(?:dentro de|en|de aqui a|al cabo de|pasad[oa]s?) {_N} (?P<unit>dias?|semanas?|mes(?:es)?)",
        _parse_distance,
    ),
    (
        rf"(?:el |este |para el )?(?:proximo {_W}|(?P<w2>{'|'.join(WEEKDAYS)}) {_COMING})",
        lambda found, today: weekday_called_next(WEEKDAYS[found["w"] or found["w2"]], today),
    ),
    (
        rf"{_PART}(?:mes de )?{_M}",
        lambda found, today: month(_WORDS.month_number(found), today, _WORDS.period_part(found)),
    ),
    (
        rf"{_PART}(?:mes que viene|proximo mes|mes proximo)",
        lambda found, today: month_ahead(1, today, _WORDS.period_part(found)),
    ),
    (rf"{_PART}(?:este )?(?:mes|mismo mes)", lambda found, today: part_of_month(today, _WORDS.period_part(found))),
    (
        rf"(?:(?:el |la )?(?:{_W}|dia)(?: ,)? )?(?:el |dia |el dia )?{_N} (?:de "
        rf"|del )?{_M}(?: (?:de |del )?(?P<y>20\d\d))?",
        _parse_written_date,
    ),
    (
        rf"(?:(?:el )?{_W} )?(?:el |dia |el dia )?(?P<n>\d{{1,2}})(?:[/-](?P<mm>\d{{1,2}})(?:[/.-](?P<y>\d{{4}}"
        rf"|\d\d))?|[.](?P<mm2>\d{{1,2}})[.](?P<y2>\d{{4}}|\d\d))",
        _parse_numeric_date,
    ),
    (
        rf"(?:el )?{_W}(?: ,)? (?:el |dia |el dia )?(?P<n>\d{{1,2}}|{_NUMBER_WORDS}){_NO_HOUR}",
        lambda found, today: check_weekday(
            calendar_date(_WORDS.count(found), None, None, today), _WORDS.weekday(found)
        ),
    ),
    (
        rf"(?:el )?dia {_N}(?: del mes que viene| de este mes)?"
        rf"|(?<!a )el (?P<n2>\d{{1,2}}|{_NUMBER_WORDS}){_NO_HOUR}",
        lambda found, today: calendar_date(parse_number(found["n"] or found["n2"], NUMBERS), None, None, today),
    ),
    (
        r"(?:el |en el )?(?:mes que viene|proximo mes|mes proximo|otro mes|mes siguiente)",
        lambda _, today: month_ahead(1, today),
    ),
    (r"(?:en |durante )?este mes", lambda _, today: month_ahead(0, today)),
    (
        rf"(?:en |durante |para )?(?:el mes de )?(?P<m>{'|'.join(MONTHS)})",
        lambda found, today: month(_WORDS.month_number(found), today),
    ),
    (
        rf"(?:el |este |los |un |para el )?{_W}",
        lambda found, today: next_such_weekday(_WORDS.weekday(found), today),
    ),
    (r"(?<!la )(?<!una )(?<!toda )(?<!media )manana(?! siguiente)", lambda _, today: in_days(1, today)),
)


_THE = r"(?: (?:el|la|los|las|del|que sea|este))*"
SPANISH_DATES = DateGrammar(
    rules=DATE_RULES,
    through=LazyPattern(rf"(?:entre|de|del|desde){_THE} @(\d)(?: y| a| al| hasta){_THE} @(\d)"),
    after=LazyPattern(rf"(?:despues del?|pasado|pasada){_THE} @(\d)|@(\d) en adelante no incluido"),
    since=LazyPattern(
        rf"(?:a partir del?|desde|no antes del?|no puedo (?:hasta"
        rf"|antes del?)|no hasta){_THE} @(\d)|@(\d) en adelante|@(\d) o (?:despues|mas tarde)"
    ),
    before=LazyPattern(rf"(?:antes del?){_THE} @(\d)"),
    until=LazyPattern(
        rf"(?:hasta|no mas tarde del?|no despues del?|como (?:mucho|muy tarde)){_THE} @(\d)"
        r"|@(\d) (?:como (?:mucho|maximo|muy tarde)|a mas tardar)"
    ),
    without=LazyPattern(
        rf"(?:\bno|menos|excepto|salvo|\bni|tampoco|quitando|que no sea|evitar|descartad?o?)"
        rf"(?: (?:puedo(?: ir)?|me (?:va|viene|es posible)(?: bien)?"
        rf"|quiero(?: ir)?|es|en|para|por|sea|ni)\b)*{_THE} @(\d)"
        rf"|@(\d) (?:no\b(?! (?:(?:puede|podria) ser|puedo (?:hasta|antes)))"
        r"|tampoco|imposible|me (?:va|viene) (?:mal|fatal))"
    ),
    # Days on which something expires or has happened.
    unrelated=LazyPattern(
        r"(?:(?:caduc\w+|venc\w+|expir\w+)(?: (?!quier|necesit|dame|pued|y\b|,)[a-z]+){0,4}"
        r"|(?:(?:me|nos) (?:paso|hicieron|trataron|atendieron)|ocurrio|sucedio|naci(?:o|mos)?)"
        r"(?: (?:en|por|el|la|del?|ya|fatal|mal|tan|muy|ahi|alli)\b)*) @\d"
    ),
    ambiguous=LazyPattern(r"@(\d) no(?: el| la| los)* @(\d)(?! (?:tampoco|no|ni|imposible)\b)"),
    origin=LazyPattern(
        r"\b(?:la|mi|cita|hora)(?: cita| hora)? (?:del?|de el) @(\d)"
        r"|\b(?:cita|hora) que ten(?:go|emos|ia)(?: para)? @(\d)"
        r"|\bten(?:go|emos|ia|ian|iamos) (?:una |la |mi )?(?:cita|hora)(?: previa)?(?: para)? @(\d)"
        r"|\btienen? (?:una |la |su )?(?:cita|hora)(?: previa)?(?: para)? @(\d)"
    ),
    also_without=LazyPattern(r"~(\d) (?:ni|y|o|,)(?: el| los| la| en)* @(\d)"),
    soonest=LazyPattern(
        r"(?:lo )?(?:mas |lo )?(?:antes|pronto|rapido) posible"
        r"|cuanto antes|lo antes que (?:pueda|se pueda|podais|haya)|lo mas pronto"
        r"|(?:el |la )?(?:primer|primera|prime?ro)(?: (?:hueco"
        r"|cita|hora (?=que|disp|libre)|dia(?! del? (?!la))|fecha|plaza|disponible"
        r"|libre|que (?:haya|tengas|tengais|salga|este)|disponible que haya))+"
        r"|lo primero que (?:haya|tengas|tengais|salga)|ya mismo"
        r"|urgente(?:mente)?|me urge|corre prisa|mas temprano posible"
        r"|cualquier dia(?! menos| excepto| salvo)|me da igual (?:el dia|cuando)|el dia que sea"
        r"|cuando (?:sea|querais|quieras|podais|haya)"
    ),
)
VOCABULARY = frozenset(WEEKDAYS) | frozenset(MONTHS)
VOCABULARY |= word_set(
    """
    nochebuena nochevieja mananita tempranito manana pasado proximo proxima semana semanas siguiente viene tarde
    noche mediodia principios mediados finales dentro despues antes partir media cuarto
    """
)
