"""What is said of an office's hours agrees with itself and with the calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from office360.chatbot.dialogue.catalogue import CatalogueOffice, OfficeCatalogue, OpeningPeriod
from office360.chatbot.dialogue.context import DialogueContext
from office360.chatbot.dialogue.opening_hours import tell_opening_hours
from office360.chatbot.dialogue.rendering import ReplyRenderer
from office360.server.demo.offices import ZONE

from ..support.fake_effects import CATALOGUES
from ..support.scoring import demo_catalogue
from ..support.utterances import utterances_moment

NOW = utterances_moment("es").astimezone(ZONE)
USUAL = {day: ((time(9), time(15)),) for day in range(5)}
NIGHT = time()


OpenPeriods = tuple[tuple[time, time], ...]


def _office(differing: Mapping[date, OpenPeriods], usual: Mapping[int, OpenPeriods] = USUAL) -> CatalogueOffice:
    """The first office: 9 to 15 on weekdays, but for some days."""
    days = [NOW.date() + timedelta(days=ahead) for ahead in range(30)]
    spans = [(day, span) for day in days for span in differing.get(day, usual.get(day.weekday(), ()))]
    openings = tuple(OpeningPeriod(_at(day, first), _at(day, last, ends=True)) for day, (first, last) in spans)
    closes = next((one.closes for one in openings if one.opens <= NOW < one.closes), None)
    plain = demo_catalogue().offices[2]
    return replace(plain, weekly=usual, openings=openings, closes_at=closes)


def _at(day: date, at: time, *, ends: bool = False) -> datetime:
    return datetime.combine(day + timedelta(days=ends and at == NIGHT), at, ZONE)


def _opening_hours_text(place: CatalogueOffice, language: str = "es", days: tuple[date, ...] = ()) -> list[str]:
    world = DialogueContext(OfficeCatalogue((place,)), NOW, NOW.date() + timedelta(days=60), "900 000 360")
    voice = ReplyRenderer(language, CATALOGUES.translations(language).gettext, NOW)
    (reply,) = tell_opening_hours(place.slug, days, world)
    return voice.render_reply(reply).text.split("\n")


def test_usual_week_is_told_as_weekday_range() -> None:
    assert _opening_hours_text(_office({})) == [
        "Oficina Henares está abierta hasta las 15:00.",
        "De lunes a viernes, de 9:00 a 15:00.",
    ]


def test_closed_weekday_splits_weekday_range() -> None:
    usual = {day: spans for day, spans in USUAL.items() if day != 3}  # not on Thursdays
    assert _opening_hours_text(_office({}, usual)) == [
        "Oficina Henares está abierta hasta las 15:00.",
        "De lunes a miércoles, de 9:00 a 15:00.",
        "Viernes, de 9:00 a 15:00.",
    ]


def test_touching_periods_are_merged() -> None:
    usual = {day: ((time(9), time(12)), (time(12), time(15))) for day in range(5)}
    whole = {NOW.date() + timedelta(days=ahead): USUAL.get((NOW.weekday() + ahead) % 7, ()) for ahead in range(30)}
    assert _opening_hours_text(_office(whole, usual))[1:] == ["De lunes a viernes, de 9:00 a 15:00."]


def test_office_open_all_day_hides_usual_hours() -> None:
    always = {NOW.date() + timedelta(days=ahead): ((NIGHT, NIGHT),) for ahead in range(30)}
    assert _opening_hours_text(_office(always)) == [
        "Oficina Henares está abierta hoy todo el día.",
        "Del miércoles 25 de noviembre al martes 1 de diciembre: todo el día.",
    ]
    assert (
        _opening_hours_text(_office(always), "en")[1]
        == "From Wednesday 25 November to Tuesday 1 December: all day."
    )
    assert _opening_hours_text(_office(always), days=(NOW.date(),)) == [
        "Oficina Henares, miércoles 25 de noviembre: todo el día."
    ]


def test_differing_days_are_told_after_usual_hours() -> None:
    friday, monday = date(2026, 11, 27), date(2026, 11, 30)
    assert _opening_hours_text(_office({friday: (), monday: ((time(9), time(12)), (time(16), NIGHT))})) == [
        "Oficina Henares está abierta hasta las 15:00.",
        "De lunes a viernes, de 9:00 a 15:00.",
        "Viernes 27 de noviembre: cerrada.",
        "Lunes 30 de noviembre: de 9:00 a 12:00, de 16:00 a 24:00.",
    ]


def test_touching_weekly_periods_are_no_difference() -> None:
    place = replace(_office({}), weekly={day: ((time(9), time(12)), (time(12), time(15))) for day in range(5)})
    assert len(_opening_hours_text(place)) == 2


def test_today_can_be_the_differing_day() -> None:
    assert (
        _opening_hours_text(_office({NOW.date(): ((time(9), time(11)),)}))[0]
        == "Oficina Henares está abierta hasta las 11:00."
    )
    assert "Miércoles 25 de noviembre: de 9:00 a 11:00." in _opening_hours_text(
        _office({NOW.date(): ((time(9), time(11)),)})
    )
