"""Opening hours, closed days, holidays and extra openings; appointments on what closes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from office360.appointments.actions.cancel_and_reschedule import move_by_office
from office360.appointments.service import Appointment, AppointmentState, book_appointment
from office360.core.db.audit_entries import AuditEntryRow
from office360.core.runtime import Runtime
from office360.management.actions import settle_appointments
from office360.offices.service import OfficeDocument, office_by_slug, office_to_document
from office360.offices.storage.tables import OfficeRow
from office360.server.jobs.public_holidays import close_offices_at_night
from sqlalchemy import select, update

from ...appointments.support.database import load_outbox, load_state
from ...appointments.support.html_client import CitizenBrowser, HtmlForm, HtmlPage
from ...appointments.support.phone_mode import AMINA_PHONE
from ...appointments.support.requesters import DIEGO, FRIDAY_AT_9, QUARTER, make_booking_request
from ...conftest import AppServer, FakeClock
from ..conftest import SignIn

HOURS = "/staff/manage/o/centro/hours"
CLOSURES, HOLIDAYS, EXTRA, APPOINTMENTS = (
    HOURS + page for page in ("/closures", "/holidays", "/extra", "/appointments")
)
S = AppointmentState


def form_with(page: HtmlPage, field: str) -> HtmlForm:
    return next(form for form in page.forms if form.value(field) is not None or form.option_values(field))


async def send(
    browser: CitizenBrowser, page: HtmlPage, step: str, field: str = "loaded", **typed: str | list[str]
) -> HtmlPage:
    """Send the form that has this field; `monday_1_until` types into `monday.1.until`."""
    named = {name.replace("_", "."): value for name, value in typed.items()}
    values = form_with(page, field).filled_values(**named, step=step)
    return await browser.post(page.path.partition("?")[0], values)


async def load_document(runtime: Runtime) -> OfficeDocument:
    async with runtime.read_session() as session:
        return office_to_document(await office_by_slug(session, "centro"))


async def book(server: AppServer, count: int = 1, **more: Any) -> list[Appointment]:
    """Book for this many people, from nine on Friday."""
    return [
        await book_appointment(
            server.runtime,
            "centro",
            make_booking_request(
                {"name": f"Persona {n}", "email": f"p{n}@example.org"}, starts_at=FRIDAY_AT_9 + n * QUARTER, **more
            ),
        )
        for n in range(count)
    ]


async def close_friday(browser: CitizenBrowser, step: str = "review") -> HtmlPage:
    page = await browser.get(CLOSURES)
    return await send(browser, page, step, first="2026-11-27", reason="Fiesta local")


# The week


async def test_week_with_breaks_and_midnight_is_saved_and_undone(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await carmen.get(HOURS)
        assert "Open now" in page.text
        typed = {"monday_1_until": "14:00", "monday_2_from": "16:00", "monday_2_until": "00:00"}
        review = await send(carmen, page, "review", **typed, saturday_1_from="", saturday_1_until="")
        assert "9:00–14:00, 16:00–24:00" in review.text
        saved = await send(carmen, review, "save")
        document = await load_document(managers.runtime)
        assert document["hours"]["monday"] == ["09:00-14:00", "16:00-24:00"]
        assert "saturday" not in document["hours"]
        assert form_with(saved, "monday.2.until").value("monday.2.until") == "00:00"
        undone = await carmen.send(saved, "/undo")
        assert "The former hours are back" in undone.text
        assert (await load_document(managers.runtime))["hours"]["monday"] == ["09:00-19:00"]
    async with managers.runtime.read_session() as session:
        actions = (await session.execute(select(AuditEntryRow.action).order_by(AuditEntryRow.id))).scalars().all()
    assert actions == ["hours.changed", "office.undone"]


async def test_wrong_hours_are_named_by_day_and_kept(managers: AppServer, sign_in_as: SignIn) -> None:
    typed = {
        "monday_2_from": "16:00",
        "tuesday_1_until": "08:00",
        "wednesday_2_from": "18:00",
        "wednesday_2_until": "20:00",
    }
    async with sign_in_as("carmen") as carmen:
        for step in ("review", "save"):
            page = await send(carmen, await carmen.get(HOURS), step, **typed)
            assert page.status == 422
            for day in ("monday", "tuesday", "wednesday"):
                assert f'id="{day}-error"' in page.html
                assert f'href="#{day}"' in page.html
            assert form_with(page, "loaded").value("tuesday.1.until") == "08:00"
    assert (await load_document(managers.runtime))["hours"]["tuesday"] == ["09:00-19:00"]


async def test_monday_is_copied_without_script(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await send(carmen, await carmen.get(HOURS), "copy", monday_1_until="15:00")
        form = form_with(page, "loaded")
        assert [form.value(f"{day}.1.until") for day in ("friday", "saturday")] == ["15:00", "13:00"]
        await send(carmen, page, "save")
    hours = (await load_document(managers.runtime))["hours"]
    assert hours["monday"] == hours["friday"] == ["09:00-15:00"]


async def test_second_manager_sees_the_other_days_that_changed(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen, sign_in_as("elena") as elena:
        theirs = await carmen.get(HOURS)
        await send(elena, await elena.get(HOURS), "save", monday_1_until="15:00")
        page = await send(carmen, theirs, "save", friday_1_until="14:00")
        assert page.status == 409
        assert "Monday is now: 9:00–15:00" in page.text
        await send(carmen, page, "save")
    hours = (await load_document(managers.runtime))["hours"]
    assert (hours["monday"], hours["friday"]) == (["09:00-15:00"], ["09:00-14:00"])


async def test_page_says_when_a_closed_office_opens(
    managers: AppServer, sign_in_as: SignIn, clock: FakeClock
) -> None:
    clock.advance(hours=10)
    async with sign_in_as("carmen") as carmen:
        assert "Closed now" in (page := await carmen.get(HOURS)).text
        assert "opens tomorrow at 9:00" in page.text


# Closed days and extra openings


async def test_closed_days_are_added_joined_and_removed(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await carmen.get(CLOSURES)
        review = await send(carmen, page, "review", first="2026-12-07", last="2026-12-09", reason="Obras")
        assert "Closed day: Mon 7 Dec 2026 – Wed 9 Dec 2026" in review.text
        saved = await send(carmen, review, "save")
        assert list((await load_document(managers.runtime))["closures"]) == [
            "2026-12-07",
            "2026-12-08",
            "2026-12-09",
        ]
        review = await send(carmen, saved, "review", remove="2026-12-08/2026-12-08")
        await send(carmen, review, "save")
        assert (await load_document(managers.runtime))["closures"] == {
            "2026-12-07": "Obras",
            "2026-12-09": "Obras",
        }


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"reason": "Obras"}, "first"),
        ({"first": "2026-12-07"}, "reason"),
        ({"first": "2026-12-07", "last": "2026-12-01", "reason": "Obras"}, "last"),
        ({"first": "2026-12-07", "last": "2029-12-01", "reason": "Obras"}, "last"),
        ({"first": "2026-11-01", "reason": "Obras"}, "first"),
        ({"first": "yesterday", "reason": "Obras"}, "first"),
        ({"first": "2026-12-07", "reason": "Obras " * 30}, "reason"),
    ],
)
async def test_wrong_closures_keep_what_was_typed(
    managers: AppServer, sign_in_as: SignIn, typed: dict[str, str], field: str
) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await send(carmen, await carmen.get(CLOSURES), "review", **typed)
    assert page.status == 422
    assert f'id="{field}-error"' in page.html
    assert {name: form_with(page, "loaded").value(name) for name in typed} == {
        name: value.strip() for name, value in typed.items()
    }


async def test_closed_day_opens_for_some_hours(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        await send(carmen, await carmen.get(CLOSURES), "save", first="2027-03-28", reason="Cambio de hora")
        wrong = await send(carmen, await carmen.get(EXTRA), "review", day="2027-03-28", hours_1_from="10:00")
        assert (wrong.status, form_with(wrong, "loaded").value("day")) == (422, "2027-03-28")
        typed = {"day": "2027-03-28", "hours_1_from": "01:00", "hours_1_until": "04:00"}
        saved = await send(carmen, await carmen.get(EXTRA), "save", **typed)
        assert "Otherwise closed: Cambio de hora" in saved.text
        async with managers.runtime.read_session() as session:
            office = await office_by_slug(session, "centro")
        (interval,) = office.hours.extra[date(2027, 3, 28)]
        assert (interval.opens.hour, interval.closes.hour) == (1, 4)
        await send(carmen, await send(carmen, saved, "review", remove="2027-03-28"), "save")
    assert (await load_document(managers.runtime))["extra_openings"] == {}


# Public holidays


async def test_chosen_holidays_are_closed_and_others_stay_open(
    managers: AppServer, sign_in_as: SignIn, clock: FakeClock
) -> None:
    async with sign_in_as("carmen") as carmen:
        await send(carmen, await carmen.get(CLOSURES), "save", first="2026-12-25", reason="Fiesta de todos")
        page = await carmen.get(f"{HOLIDAYS}?years=2026&years=2027")
        form = form_with(page, "days")
        assert "closed already: Fiesta de todos" in page.text
        assert "2026-12-25" not in form.option_values("days")
        ticked = [day for day in form.option_values("days") if day != "2027-01-06"]
        assert ("days", "2027-01-06") in form.values
        review = await send(carmen, page, "review", field="days", days=ticked)
        assert "Wed 6 Jan 2027" not in review.text
        await send(carmen, review, "save")
        closures = (await load_document(managers.runtime))["closures"]
        assert "2027-01-01" in closures
        assert closures["2026-12-25"] == "Fiesta de todos"
    clock.advance(hours=16)  # the night in which missing years are added
    await close_offices_at_night(managers.runtime)
    assert "2027-01-06" not in (await load_document(managers.runtime))["closures"]
    async with sign_in_as("carmen") as carmen:
        page = await carmen.get(f"{HOLIDAYS}?years=2027")
        assert "removed before" in page.text
        assert ("days", "2027-01-06") not in form_with(page, "days").values


@pytest.mark.parametrize(("country", "subdivision"), [(None, None), ("ES", "XX")])
async def test_office_without_known_region_is_sent_to_its_details(
    managers: AppServer, sign_in_as: SignIn, country: str | None, subdivision: str | None
) -> None:
    async with managers.runtime.transaction() as tx:
        row = update(OfficeRow).where(OfficeRow.slug == "centro")
        await tx.session.execute(row.values(country=country, subdivision=subdivision, version=99))
    async with sign_in_as("carmen") as carmen:
        page = await carmen.get(HOLIDAYS)
    assert page.status == 200
    assert "/staff/manage/o/centro/details#country" in page.links


# Appointments on what closes


async def test_left_appointments_stay_and_are_listed(managers: AppServer, sign_in_as: SignIn) -> None:
    amina, diego = await book(managers, 2)
    async with sign_in_as("carmen") as carmen:
        review = await close_friday(carmen)
        assert "2 appointments fall on this" in review.text
        assert amina.locator in review.text
        assert amina.name not in review.text
        saved = await send(carmen, review, "save", field="settle.times", **{"settle.choice": "leave"})
        assert "2 appointments are at closed times" in saved.text
        assert APPOINTMENTS in saved.links
        assert await load_state(managers.runtime, diego.id) is S.CONFIRMED


async def test_review_names_people_whom_no_message_reaches(managers: AppServer, sign_in_as: SignIn) -> None:
    """With the telephone, and the reasons in the languages of the citizens."""
    await book(managers)
    unreached = {"name": "Diego Sanz", "email": None, "phone": AMINA_PHONE, "mode": "in_person"}
    request = make_booking_request({}, **unreached, starts_at=FRIDAY_AT_9 + QUARTER)
    await book_appointment(managers.runtime, "centro", request)
    async with sign_in_as("carmen") as carmen:
        review = await close_friday(carmen)
        assert "Tell 1 person yourself" in review.text
        assert "Tell this person yourself: Diego Sanz" in review.text
        assert f"tel:{AMINA_PHONE}" in review.links
        assert "Persona 0" not in review.text
        assert "The computers are not working. Los ordenadores no funcionan." in review.text
        chosen = {"settle.choice": "cancel", "settle.why": "outage"}
        done = await send(carmen, review, "save", field="settle.times", **chosen)
        assert "Tell this person yourself: Diego Sanz" in done.text


async def test_closing_a_day_preselects_nothing_and_asks(managers: AppServer, sign_in_as: SignIn) -> None:
    """Also for a request that skips the review."""
    (amina,) = await book(managers)
    async with sign_in_as("carmen") as carmen:
        review = await close_friday(carmen)
        assert form_with(review, "settle.times").value("settle.choice") is None
        for page in (review, await close_friday(carmen, "save")):
            typed = {"settle.reason": "Obras en el edificio"}
            asked = await send(carmen, page, "save", field="settle.times", **typed)
            assert (asked.status, 'id="settle-choice-error"' in asked.html) == (422, True)
            assert "Choose what happens with these appointments" in asked.text
            again = form_with(asked, "settle.times")
            kept = [again.value(name) for name in ("first", "reason", "settle.reason", "settle.choice")]
            assert kept == ["2026-11-27", "Fiesta local", "Obras en el edificio", None]
        assert (await load_document(managers.runtime))["closures"] == {}
    assert await load_state(managers.runtime, amina.id) is S.CONFIRMED


async def test_moved_appointments_get_the_times_that_were_shown(managers: AppServer, sign_in_as: SignIn) -> None:
    people = await book(managers, 3)
    async with sign_in_as("carmen") as carmen:
        review = await close_friday(carmen)
        assert "→ Sat 28 Nov, 9:00" in review.text
        done = await send(carmen, review, "save", field="settle.times", **{"settle.choice": "move"})
        assert "3 moved, 0 cancelled, 0 left" in done.text
        again = await send(carmen, review, "save", field="settle.times", **{"settle.choice": "move"})
        assert "3 moved, 0 cancelled, 0 left" in again.text, "a repeated press tells the same"
        assert [await load_state(managers.runtime, person.id) for person in people] == [S.RESCHEDULED] * 3
        told = [message for message in await load_outbox(managers.runtime) if message.payload.get("moved_by")]
        assert [message.payload["moved_by"] for message in told] == ["office"] * 3
        assert [message.payload["starts_at"] for message in told] == [
            f"2026-11-28T08:{minutes}:00+00:00" for minutes in ("00", "15", "30")
        ]
        undone = await carmen.send(done, "/undo")
        assert "Appointments that were moved or cancelled stay so." in undone.text
        assert (await load_document(managers.runtime))["closures"] == {}
        assert await load_state(managers.runtime, people[0].id) is S.RESCHEDULED


async def test_interrupted_request_continues_when_sent_again(
    managers: AppServer, sign_in_as: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = await book(managers, 3)

    async def fail_at_second(runtime: Runtime, principal: Any, appointment_id: str, starts_at: Any) -> Appointment:
        if appointment_id == people[1].id:
            raise RuntimeError("the process is stopped")
        return await move_by_office(runtime, principal, appointment_id, starts_at)

    async with sign_in_as("carmen") as carmen:
        review = await close_friday(carmen)
        with monkeypatch.context() as patch:
            patch.setattr(settle_appointments, "move_by_office", fail_at_second)
            failed = await send(carmen, review, "save", field="settle.times", **{"settle.choice": "move"})
        assert failed.status == 500
        assert "2026-11-27" in (await load_document(managers.runtime))["closures"]
        done = await send(carmen, review, "save", field="settle.times", **{"settle.choice": "move"})
    assert "3 moved, 0 cancelled, 0 left" in done.text


async def test_cancelling_needs_a_reason_and_keeps_the_choice(managers: AppServer, sign_in_as: SignIn) -> None:
    (amina,) = await book(managers)
    async with sign_in_as("carmen") as carmen:
        review = await close_friday(carmen)
        choice = {"settle.choice": "cancel"}
        wrong = await send(carmen, review, "save", field="settle.times", **choice)
        assert wrong.status == 422
        assert 'id="settle-why-error"' in wrong.html
        assert form_with(wrong, "settle.times").value("settle.choice") == "cancel"
        assert (await load_document(managers.runtime))["closures"] == {}
        edit = await send(carmen, wrong, "edit", field="settle.times", **{"settle.reason": "Obras"})
        again = await send(carmen, edit, "review")
        assert form_with(again, "settle.times").value("settle.reason") == "Obras"
        done = await send(carmen, again, "save", field="settle.times")
        assert "0 moved, 1 cancelled, 0 left" in done.text
    assert await load_state(managers.runtime, amina.id) is S.CANCELLED_OFFICE
    (told,) = [
        message
        for message in await load_outbox(managers.runtime)
        if message.kind == "appointment_office_cancelled"
    ]
    assert told.payload["reason"] == "Obras"
    assert told.payload["kept_until"] is not None, "another time is held"


async def test_settlement_offers_the_reasons_of_the_office(managers: AppServer, sign_in_as: SignIn) -> None:
    """The same list as at the entrance, read in the citizen's language."""
    await book(managers)
    async with sign_in_as("carmen") as carmen:
        review = await close_friday(carmen)
        offered = form_with(review, "settle.times").option_values("settle.why")
        assert offered == ["absence", "outage", "closure", "own"]
        typed = {"settle.choice": "cancel", "settle.why": "unknown", "settle.reason": "(24 h)"}
        wrong = await send(carmen, review, "save", field="settle.times", **typed)
        assert (wrong.status, 'id="settle-why-error"' in wrong.html) == (422, True)
        typed["settle.why"] = "outage"
        done = await send(carmen, wrong, "save", field="settle.times", **typed)
        assert "0 moved, 1 cancelled, 0 left" in done.text
    (told,) = [
        message
        for message in await load_outbox(managers.runtime)
        if message.kind == "appointment_office_cancelled"
    ]
    assert told.payload["reason"] == "Los ordenadores no funcionan. (24 h)"


async def test_new_time_taken_meanwhile_is_reported_and_left(managers: AppServer, sign_in_as: SignIn) -> None:
    amina, other = await book(managers, 2)
    async with sign_in_as("carmen") as carmen:
        review = await close_friday(carmen)
        saturday = FRIDAY_AT_9 + timedelta(days=1)
        await book_appointment(managers.runtime, "centro", make_booking_request(DIEGO, starts_at=saturday))
        done = await send(carmen, review, "save", field="settle.times", **{"settle.choice": "move"})
        assert "1 moved, 0 cancelled, 1 left" in done.text
        assert "The new time has been taken meanwhile." in done.text
        assert await load_state(managers.runtime, amina.id) is S.CONFIRMED
        assert await load_state(managers.runtime, other.id) is S.RESCHEDULED
        later = await carmen.get(APPOINTMENTS)
        ticked = form_with(later, "settle.times").option_values("settle.ticked")
        assert ticked == [amina.id]
        unticked: dict[str, str | list[str]] = {"settle.ticked": [], "settle.choice": "move"}
        nothing = await send(carmen, later, "", "settle.times", **unticked)
        assert (nothing.status, "Tick at least one" in nothing.text) == (422, True)
        done = await send(carmen, later, "", "settle.times", **{"settle.choice": "move"})
        assert "1 moved, 0 cancelled, 0 left" in done.text
        assert "Every appointment fits" in (await carmen.get(APPOINTMENTS)).text


async def test_appointments_without_a_free_time_are_cancelled_if_asked(
    managers: AppServer, sign_in_as: SignIn
) -> None:
    """Without opening hours there is no time to move to."""
    (amina,) = await book(managers)
    closed = {f"{day}_1_{part}": "" for day in WEEK for part in ("from", "until")}
    async with sign_in_as("carmen") as carmen:
        review = await send(carmen, await carmen.get(HOURS), "review", **closed)
        assert "No available time" in review.text
        assert "move" not in form_with(review, "settle.times").option_values("settle.choice")
        typed = {"settle.choice": "cancel", "settle.reason": "La oficina cierra."}
        done = await send(carmen, review, "save", field="settle.times", **typed)
        assert "0 moved, 1 cancelled, 0 left" in done.text
    assert await load_state(managers.runtime, amina.id) is S.CANCELLED_OFFICE


WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday")


async def test_only_unfit_appointments_of_the_office_are_settled(managers: AppServer, sign_in_as: SignIn) -> None:
    (amina,) = await book(managers)
    async with sign_in_as("carmen") as carmen:
        review = await close_friday(carmen)
        sent = {"settle.choice": "cancel", "settle.reason": "Obras", "first": "2026-12-07"}
        done = await send(carmen, review, "save", field="settle.times", **sent)
        assert "0 moved, 0 cancelled, 1 left" in done.text
        assert "It fits the hours again." in done.text
        forged = {**sent, "settle.times": '{"unknown": null}'}
        assert (await send(carmen, review, "save", field="settle.times", **forged)).status == 200
        forged["settle.times"] = '{"unknown": "yesterday"}'
        assert (await send(carmen, review, "save", field="settle.times", **forged)).status == 400
    assert await load_state(managers.runtime, amina.id) is S.CONFIRMED


@pytest.mark.parametrize("path", [HOURS, CLOSURES, HOLIDAYS, EXTRA, APPOINTMENTS])
async def test_others_may_not_see_or_change_hours(managers: AppServer, sign_in_as: SignIn, path: str) -> None:
    for username in ("diego", "boris"):
        async with sign_in_as(username) as browser:
            assert (await browser.get(path)).status == 403
            assert (await browser.post(path, [("step", "save")])).status == 403
