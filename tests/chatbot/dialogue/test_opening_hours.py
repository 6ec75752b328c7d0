"""What is said of an office's hours agrees with itself and with the calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from office360.chatbot.dialogue.catalogue import Catalogue, Opening, Place
from office360.chatbot.dialogue.context import World
from office360.chatbot.dialogue.opening_hours import opening_hours
from office360.chatbot.dialogue.rendering import Voice
from office360.server.demo.offices import ZONE

from ..support.fake_effects import CATALOGUES
from ..support.scoring import demo_catalogue
from ..support.utterances import now

NOW = now("es").astimezone(ZONE)
USUAL = {day: ((time(9), time(15)),) for day in range(5)}
NIGHT = time()


Spans = tuple[tuple[time, time], ...]


def _office(differing: Mapping[date, Spans], usual: Mapping[int, Spans] = USUAL) -> Place:
    """The first office: 9 to 15 on weekdays, but for some days."""
    days = [NOW.date() + timedelta(days=ahead) for ahead in range(30)]
    spans = [(day, span) for day in days for span in differing.get(day, usual.get(day.weekday(), ()))]
    openings = tuple(Opening(_at(day, first), _at(day, last, ends=True)) for day, (first, last) in spans)
    closes = next((one.closes for one in openings if one.opens <= NOW < one.closes), None)
    plain = demo_catalogue().places[2]
    return replace(plain, weekly=usual, openings=openings, closes_at=closes)


def _at(day: date, at: time, *, ends: bool = False) -> datetime:
    return datetime.combine(day + timedelta(days=ends and at == NIGHT), at, ZONE)


def _told(place: Place, language: str = "es", days: tuple[date, ...] = ()) -> list[str]:
    world = World(Catalogue((place,)), NOW, NOW.date() + timedelta(days=60), "900 000 360")
    voice = Voice(language, CATALOGUES.translations(language).gettext, NOW)
    (reply,) = opening_hours(place.slug, days, world)
    return voice.reply(reply).text.split("\n")


def test_a_usual_week_is_told_by_its_weekdays() -> None:
    assert _told(_office({})) == [
        "Oficina Henares está abierta hasta las 15:00.",
        "De lunes a viernes, de 9:00 a 15:00.",
    ]


def test_a_weekday_on_which_it_is_closed_is_none_of_those_between_which_it_opens() -> None:
    usual = {day: spans for day, spans in USUAL.items() if day != 3}  # not on Thursdays
    assert _told(_office({}, usual)) == [
        "Oficina Henares está abierta hasta las 15:00.",
        "De lunes a miércoles, de 9:00 a 15:00.",
        "Viernes, de 9:00 a 15:00.",
    ]


def test_spans_that_touch_are_one() -> None:
    usual = {day: ((time(9), time(12)), (time(12), time(15))) for day in range(5)}
    whole = {NOW.date() + timedelta(days=ahead): USUAL.get((NOW.weekday() + ahead) % 7, ()) for ahead in range(30)}
    assert _told(_office(whole, usual))[1:] == ["De lunes a viernes, de 9:00 a 15:00."]


def test_an_office_that_never_closes_does_not_say_that_it_opens_at_nine() -> None:
    always = {NOW.date() + timedelta(days=ahead): ((NIGHT, NIGHT),) for ahead in range(30)}
    assert _told(_office(always)) == [
        "Oficina Henares está abierta hoy todo el día.",
        "Del miércoles 25 de noviembre al martes 1 de diciembre: todo el día.",
    ]
    assert _told(_office(always), "en")[1] == "From Wednesday 25 November to Tuesday 1 December: all day."
    assert _told(_office(always), days=(NOW.date(),)) == [
        "Oficina Henares, miércoles 25 de noviembre: todo el día."
    ]


def test_days_that_differ_are_told_beside_the_usual_ones() -> None:
    friday, monday = date(2026, 11, 27), date(2026, 11, 30)
    assert _told(_office({friday: (), monday: ((time(9), time(12)), (time(16), NIGHT))})) == [
        "Oficina Henares está abierta hasta las 15:00.",
        "De lunes a viernes, de 9:00 a 15:00.",
        "Viernes 27 de noviembre: cerrada.",
        "Lunes 30 de noviembre: de 9:00 a 12:00, de 16:00 a 24:00.",
    ]


def test_spans_that_touch_are_no_difference() -> None:
    place = replace(_office({}), weekly={day: ((time(9), time(12)), (time(12), time(15))) for day in range(5)})
    assert len(_told(place)) == 2


def test_today_may_be_the_day_that_differs() -> None:
    assert (
        _told(_office({NOW.date(): ((time(9), time(11)),)}))[0] == "Oficina Henares está abierta hasta las 11:00."
    )
    assert "Miércoles 25 de noviembre: de 9:00 a 11:00." in _told(_office({NOW.date(): ((time(9), time(11)),)}))
