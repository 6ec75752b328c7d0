"""Opening hours are told as the usual week and its exceptions, without contradictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from office360.chatbot.dialogue.context import DialogueContext
from office360.chatbot.dialogue.questions.opening_hours import tell_opening_hours
from office360.chatbot.dialogue.rendering import ReplyRenderer
from office360.chatbot.domain.catalogue import CatalogueOffice, OfficeCatalogue, OpeningPeriod
from office360.server.demo.offices import ZONE

from ..support.demo_catalogue import demo_catalogue
from ..support.fake_effects import CATALOGUES
from ..support.utterances import utterances_moment

NOW = utterances_moment("es").astimezone(ZONE)
USUAL = {day: ((time(9), time(15)),) for day in range(5)}
MIDNIGHT = time()
OpenPeriods = tuple[tuple[time, time], ...]


def _office(exceptions: Mapping[date, OpenPeriods], usual: Mapping[int, OpenPeriods] = USUAL) -> CatalogueOffice:
    """Build an office with a usual week, 9:00 to 15:00 on weekdays by default, and exceptions."""
    days = [NOW.date() + timedelta(days=ahead) for ahead in range(30)]
    openings = tuple(
        OpeningPeriod(datetime.combine(day, opens, ZONE), _closing_instant(day, closes))
        for day in days
        for opens, closes in exceptions.get(day, usual.get(day.weekday(), ()))
    )
    closes_at = next((period.closes for period in openings if period.opens <= NOW < period.closes), None)
    return replace(demo_catalogue().offices[2], weekly=usual, openings=openings, closes_at=closes_at)


def _closing_instant(day: date, at: time) -> datetime:
    return datetime.combine(day + timedelta(days=1) if at == MIDNIGHT else day, at, ZONE)


def _opening_hours_text(office: CatalogueOffice, language: str = "es", days: tuple[date, ...] = ()) -> list[str]:
    context = DialogueContext(OfficeCatalogue((office,)), NOW, NOW.date() + timedelta(days=60), "900 000 360")
    renderer = ReplyRenderer(language, CATALOGUES.translations(language).gettext, NOW)
    (reply,) = tell_opening_hours((office,), days, context)
    return renderer.render_reply(reply).text.split("\n")


def test_usual_week_is_told_as_weekday_range() -> None:
    assert _opening_hours_text(_office({})) == [
        "Oficina Henares está abierta hasta las 15:00.",
        "De lunes a viernes, de 9:00 a 15:00.",
    ]


def test_closed_weekday_splits_weekday_range() -> None:
    usual = {weekday: periods for weekday, periods in USUAL.items() if weekday != 3}  # closed on Thursdays
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
    always = {NOW.date() + timedelta(days=ahead): ((MIDNIGHT, MIDNIGHT),) for ahead in range(30)}
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
    assert _opening_hours_text(_office({friday: (), monday: ((time(9), time(12)), (time(16), MIDNIGHT))})) == [
        "Oficina Henares está abierta hasta las 15:00.",
        "De lunes a viernes, de 9:00 a 15:00.",
        "Viernes 27 de noviembre: cerrada.",
        "Lunes 30 de noviembre: de 9:00 a 12:00, de 16:00 a 24:00.",
    ]


def test_touching_weekly_periods_are_no_difference() -> None:
    weekly = {weekday: ((time(9), time(12)), (time(12), time(15))) for weekday in range(5)}
    assert len(_opening_hours_text(replace(_office({}), weekly=weekly))) == 2


def test_today_can_be_the_differing_day() -> None:
    assert (
        _opening_hours_text(_office({NOW.date(): ((time(9), time(11)),)}))[0]
        == "Oficina Henares está abierta hasta las 11:00."
    )
    assert "Miércoles 25 de noviembre: de 9:00 a 11:00." in _opening_hours_text(
        _office({NOW.date(): ((time(9), time(11)),)})
    )
