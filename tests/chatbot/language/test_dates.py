"""Expressions of days in both languages, for a fixed day, and properties of all of them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from office360.chatbot.language.date_time.date_sets import LISTED_DAYS, WantedDays
from office360.chatbot.language.date_time.dates import find_days
from office360.chatbot.language.normalize import normalise_text

TODAY = date(2026, 11, 25)  # a Wednesday
# Text: expected days. `a..b` is a span, `a..` has no end, `a?b` are readings to ask about, `-a` is a refused day.
SPANISH = """
cualquier día de la semana que viene menos el jueves: 11-30..12-06 -11-26
lunes y martes imposible, los demás días de la semana que viene bien: 11-30..12-06 -11-30 -12-01
el lunes y el martes no puedo, la semana que viene el resto bien: 11-30..12-06 -11-30 -12-01
lunes, martes y viernes imposible: -11-27 -11-30 -12-01
puedo el lunes y el martes no: 11-30 -12-01
tengo rehabilitación el jueves y diálisis el viernes: -11-26 -11-27
tengo médico el jueves y puedo el viernes: 11-27 -11-26
el 1 tengo dentista y el 2 curro, así que ninguno de esos: -12-01 -12-02
voy a esperar a enero, a partir del 11 de enero: 01-11..
nada antes del 9: 12-09..
del 9 para allá: 12-09..
antes de que acabe el viernes: 11-25..11-27
de mañana nada: none
antes de mañana: 11-25
el 25: 11-25?12-25
antes de Navidad: 11-25..12-24
del 14 al 18 de diciembre estoy de vacaciones, esos días puedo: 12-14..12-18
el lunes y el martes estoy en casa, esos dos días me van bien: 11-30..12-01
la semana que viene libro, entonces puedo: 11-30..12-06
en el puente estoy fuera, esos días no: -12-05 -12-06 -12-07 -12-08
ya para enero, pasado Reyes: 01-07..
en enero, a partir del 7: 01-07..01-31
en enero pero después del 10: 01-11..01-31
en diciembre pero después del puente: 12-09..12-31
la semana que viene, antes del 3: 11-30..12-02
en ocho días justos, o sea el jueves 3: 12-03
en ocho días, es decir el jueves: 12-03
pasado mañana, o sea el viernes: 11-27
el 8 es la Inmaculada, así que al día siguiente: 12-09
el 8 es fiesta, pues al día de después: 12-09
dos días después de Reyes: 01-08
tres días antes de Navidad: 12-22
una semana después del puente: 12-15
martes, miércoles o jueves de la semana que viene: 12-01..12-03
la semana que viene, el jueves o el viernes: 12-03..12-04
los próximos martes y jueves: 12-01..12-03
ni esta semana ni la que viene, la siguiente: 12-07..12-13
esta semana no, la que viene tampoco, la otra: 12-07..12-13
ni esta semana ni la que viene, después: 12-07..
tengo que presentarlo en el registro antes de diez días: none
me han dado diez días para responder: none
en menos de diez días: 11-25..12-05
en los próximos diez días: 11-25..12-05
en un par de semanas: 12-09
el lunes mejor que el martes: 11-30
como muy tarde el viernes: 11-25..11-27
a partir de la semana que viene: 11-30..
nunca los lunes: -11-30
martes, ay, perdón, viernes: 11-27
mar 1 dic: 12-01
jue 3 a las 10: 12-03
le falta una ene: none
del 1-4 de diciembre: 12-01..12-04
después de Reyes: 01-07..
el día de la Inmaculada: 12-08
la Purísima: 12-08
el día de Nochebuena: 12-24
en Nochevieja: 12-31
la semana de Reyes: 01-04..01-10
el día antes de Reyes: 01-05
para Reyes o así: 01-04?01-05?01-06?01-07?01-08
la víspera de Navidad: 12-24
al día siguiente de la Constitución: 12-07
el último viernes antes de Navidad: 12-18
el primer lunes después de Reyes: 01-11
la semana después de Reyes: 01-11..01-17
la semana antes de Navidad: 12-14..12-20
después del puente: 12-09..
en el puente de diciembre: 12-05..12-08
antes de las navidades: 11-25..12-23
pasadas las fiestas: 01-07..
en Semana Santa: 2027-03-21..2027-03-28
el Viernes Santo: 2027-03-26
el lunes de Pascua: 2027-03-29
la segunda quincena de enero: 01-16..01-31
la primera quincena de enero: 01-01..01-15
la primera semana de enero: 01-01..01-07
la última semana de diciembre: 12-25..12-31
a finales de mes: 11-25..11-30
a primeros: 12-01..12-10
a primeros de enero: 01-01..01-10
a últimos de diciembre: 12-21..12-31
la segunda mitad de la semana que viene: 12-03..12-04
de lunes a miércoles: 11-30..12-02
entre martes y jueves: 12-01..12-03
lunes a viernes: 11-30..12-04
dentro de quince días: 12-09
de hoy en ocho: 12-02
de hoy en quince días: 12-09
dentro de tres semanas: 12-16
el lunes siguiente a Reyes: 01-11
el jueves de la semana que viene no, el de la siguiente: 12-10
el miércoles que viene no, el otro: 12-09
cualquier mañana de la semana que viene: 11-30..12-06
el 2, 3 o 4: 12-02..12-04
1 del 12: 12-01
antes de fin de mes: 11-25..11-30
lo que queda de semana: 11-25..11-29
la semana del 7 al 11: 12-07..12-11
a la vuelta del puente: 12-09..
siguiente día hábil: soonest
antes del jueves no puedo: 11-26..
mañana no, pasado: 11-27 -11-26
llevo desde el lunes intentándolo: none
mi número es el 15: none
después de Navidad pero antes de Reyes: 12-26..01-05
el martes no, el jueves sí: 11-26 -12-01
el lunes no, el martes: 12-01 -11-30
cualquier día menos el lunes: -11-30
cuanto antes pero no mañana: soonest -11-26
ni el lunes ni el martes: -11-30 -12-01
entre semana: 11-25..
el 15 del mes que viene: 12-15
el 28 del mes que viene: 12-28
a partir del 10: 12-10..
del 14 al 18: 12-14..12-18
el 9, 10 o 11 de diciembre: 12-09..12-11
hasta el 17 no vuelvo: 12-17..
jueves. perdón, viernes: 11-27
el martes... no, mejor el miércoles 2: 12-02
el jueves que viene, día 3: 12-03
en vez del martes, el viernes: 11-27
el lunes tengo médico, así que mejor el miércoles 2: 12-02 -11-30
mañana tengo dentista: -11-26
mañana jueves tengo al niño malo, pasado sí: 11-27 -11-26
tengo una boda el viernes: -11-27
me llamasteis el lunes: none
caduca el 15: none
el martes 3 de diciembre: 12-01?12-03
el lunes 2 de diciembre: 11-30?12-02
el 31 de noviembre: impossible
ayer: past
el 20 de noviembre: past
"""
ENGLISH = """
any day next week bar Thursday: 11-30..12-06 -11-26
Monday and Tuesday are hopeless: -11-30 -12-01
I have rehab on Thursday and prefer Friday: 11-27 -11-26
I have rehab on Thursday and dialysis on Friday: -11-26 -11-27
dentist on the 1st and the 2nd is my shift so neither of those: -12-01 -12-02
Monday the 30th or the 1st, no, none of those dates: -11-30 -12-01
Monday. Not this coming one though, the one after: 12-07
Monday, but not this one, the following one: 12-07
this week is hopeless, I'm off again from Wednesday the ninth: 12-09.. -11-25 -11-26 -11-27 -11-28 -11-29
I'd rather wait until the new year, say from the 11th of January: 01-11..
nothing before the 9th: 12-09..
this week before Friday is over: 11-25..11-27
this week before Friday: 11-25..11-26
the 25th: 11-25?12-25
before Christmas: 11-25..12-24
any time next Tuesday, Wednesday or Thursday: 12-01..12-03
Monday, Wednesday or Friday of next week: 11-30..12-04
next week, Tuesday or Wednesday: 12-01..12-02
in the new year, from the 7th on: 01-07..
in the new year, after Epiphany: 01-07..01-31
in January, from the 7th: 01-07..01-31
in December but not before the 9th: 12-09..12-31
in January but after the 10th: 01-11..01-31
I'm off from the 14th to the 18th of December, those days work: 12-14..12-18
I'm at home on Monday and Tuesday, either of those days: 11-30..12-01
I'm on leave from the 1st to the 4th of December, so I can come then: 12-01..12-04
in exactly eight days, so Thursday the 3rd: 12-03
the day after tomorrow, that is Friday: 11-27
I've looked and the 8th is the Immaculate Conception, so the day after that one: 12-09
the 8th is a holiday so the next day: 12-09
not Monday, the day after: 12-01
I'll be away on the 1st, can it wait till later in the month: 12-02..12-31
two days after Epiphany: 01-08
three days before Christmas: 12-22
a week after Christmas: 01-01
within ten days: 11-25..12-05
in the next two weeks: 11-25..12-09
I have to file a reply at a registry within ten days: none
they gave me ten days to answer: none
not this week nor the next, after that: 12-07..
not this week, not next week, the week after: 12-07..12-13
Thursday, oh no sorry Friday: 11-27
Thursday no wait Friday: 11-27
I'd rather Monday than Tuesday: 11-30
1-4 December: 12-01..12-04
by the end of the week: 11-25..11-29
Sat 5 Dec: 12-05
sat: 11-28
I sat there: none
the sun was out: none
after Epiphany: 01-07..
after Reyes: 01-07..
the day after Reyes: 01-07
the day before Epiphany: 01-05
New Year's Eve: 12-31
sometime around Christmas: 12-23?12-24?12-25
New Year's Day: 01-01
Christmas Eve: 12-24
between Boxing Day and New Year's Eve: 12-26..12-31
on Immaculate Conception: 12-08
Easter Monday: 2027-03-29
Good Friday: 2027-03-26
the week after Epiphany: 01-11..01-17
the week before Christmas: 12-14..12-20
the last Friday before Christmas: 12-18
over the Christmas holidays: 12-24..01-06
second half of January: 01-16..01-31
second half of next week: 12-03..12-04
the first week of January: 01-01..01-07
at the end of the month: 11-25..11-30
early next month: 12-01..12-10
Monday to Wednesday: 11-30..12-02
between Tuesday and Thursday: 12-01..12-03
three weeks from today: 12-16
two weeks today: 12-09
a fortnight today: 12-09
a fortnight on Friday: 12-11
Friday fortnight: 12-11
Monday week: 12-07
the Monday after Epiphany: 01-11
the 2nd, 3rd or 4th: 12-02..12-04
every day but Tuesday: -12-01
before the end of the month: 11-25..11-30
once the holidays are over: 01-07..
I can't until Monday: 11-30..
it can't be before the 9th: 12-09..
tomorrow or the day after: 11-26..11-27
from the 7th to the 11th of December: 12-07..12-11
next working day: soonest
I fly out on the 12th so before that: 11-25..12-11
some day next week that isn't Tuesday: 11-30..12-06 -12-01
I work Mondays and Tuesdays: -11-30 -12-01
I've been calling since Monday: none
after Christmas but before Reyes: 12-26..01-05
not Tuesday, Thursday: 11-26 -12-01
not Monday but Tuesday: 12-01 -11-30
any day but Monday: -11-30
any day as long as it isn't the 1st of December: soonest -12-01
as soon as possible but not tomorrow: soonest -11-26
neither Monday nor Tuesday: -11-30 -12-01
anything but the 3rd and the 4th of December: -12-03 -12-04
9th 10th or 11th of December: 12-09..12-11
from the 10th: 12-10..
10 December or later: 12-10..
I'm away until the 17th: 12-17..
the 28th of next month: 12-28
Tuesday, no, that's when the plumber comes, Friday: 11-27
on the 2nd. no. the 3rd of December: 12-03
Tuesday, sorry, I mean Friday: 11-27
on Monday I have the dentist, Tuesday is fine: 12-01 -11-30
I have a wedding on Friday: -11-27
you called me on Monday: none
it expires on the 15th: none
Tuesday 3 December: 12-01?12-03
the 31st of November: impossible
yesterday: past
20 November: past
"""
BARE = [("es", "15", "12-15"), ("es", "el quince", "12-15"), ("en", "15", "12-15"), ("en", "the 15", "12-15")]


def _rows(language: str, table: str) -> list[tuple[str, str, str]]:
    return [(language, *row.split(": ")) for row in table.strip().splitlines()]  # type: ignore[misc]


EXPRESSIONS = [*_rows("es", SPANISH), *_rows("en", ENGLISH)]


def _short(day: date) -> str:
    return f"{day:%m-%d}" if (day - TODAY).days < 90 else day.isoformat()


def _describe(days: WantedDays | None) -> str:
    """Write the days as in the tables; only the first refused day of a weekday is written."""
    if days is None:
        return "none"
    if days.problem:
        return days.problem
    first = sorted(days.without)
    weekdays = {day.weekday() for day in first} if len(first) > 14 else set()
    refused = [day for index, day in enumerate(first) if not weekdays or index < len(weekdays)]
    found = ["soonest"] if days.soonest and not days.days else []
    if days.unsure:
        found.append("?".join(_short(day) for day in days.days))
    elif len(days.days) == 1:
        found.append(_short(days.days[0]))
    elif days.days:
        has_end = days.days[-1] < TODAY + timedelta(days=LISTED_DAYS - 3)
        found.append(f"{_short(days.days[0])}..{_short(days.days[-1]) if has_end else ''}")
    return " ".join([*found, *(f"-{_short(day)}" for day in refused)])


def _find(text: str, language: str, today: date = TODAY, *, bare: bool = False) -> WantedDays | None:
    return find_days(normalise_text(text), language, today, bare=bare)[0]


@pytest.mark.parametrize(("language", "text", "expected"), EXPRESSIONS, ids=[row[1] for row in EXPRESSIONS])
def test_expression_means_days(language: str, text: str, expected: str) -> None:
    assert _describe(_find(text, language)) == expected


@pytest.mark.parametrize(("language", "text", "expected"), BARE)
def test_number_is_day_only_if_a_day_was_asked(language: str, text: str, expected: str) -> None:
    assert _find(text.removeprefix("el ").removeprefix("the "), language) is None
    assert _describe(_find(text, language, bare=True)) == expected


def test_expression_never_means_a_day_before_today() -> None:
    for language, text, _ in EXPRESSIONS:
        for ahead in range(0, 380, 9):
            today = TODAY + timedelta(days=ahead)
            days = _find(text, language, today)
            assert days is None or min((*days.days, *days.without), default=today) >= today, (text, today)


def test_official_holiday_names_are_days() -> None:
    names = {"dia de andalucia": (date(2027, 2, 28),), "madrid day": (date(2026, 12, 2),)}
    for text, language, expected in (
        ("antes del Día de Andalucía", "es", date(2027, 2, 27)),
        ("on Madrid Day", "en", date(2026, 12, 2)),
        ("before the bank holiday", "en", date(2026, 12, 1)),
    ):
        days = find_days(normalise_text(text), language, TODAY, holidays=names)[0]
        assert days is not None
        assert days.days[-1] == expected
