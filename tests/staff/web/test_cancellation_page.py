"""Cancellation by the office and the page of a cancelled citizen, over real HTTP."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from office360.appointments import service as appointments
from office360.appointments.service import (
    Appointment,
    AppointmentState,
    StaffMove,
    appointment_token,
    book_appointment,
    move_by_office,
)
from office360.core.auth import StaffRole
from office360.core.db.audit_entries import AuditEntryRow
from office360.offices.service import bump_office_versions, office_by_slug
from office360.offices.storage.holiday_rows import add_closures
from office360.staff.actions.accounts import create_api_key
from sqlalchemy import select

from ...appointments.support.html_client import CitizenBrowser, citizen_browser
from ...appointments.support.phone_mode import AMINA_PHONE
from ...appointments.support.requesters import AMINA, DIEGO, FRIDAY_AT_9, make_booking_request
from ...appointments.support.staff import CARMEN
from ...conftest import AppServer
from ..conftest import sign_in

PAGE = "/staff/host/centro/cancel"
SPAN = {"date": "2026-11-27", "from": "", "until": "", "service": "", "mode": "", "reason": "Hoy no hay luz."}
QUARTER = timedelta(minutes=15)


async def book_two(server: AppServer) -> tuple[Appointment, Appointment]:
    later = make_booking_request(DIEGO, starts_at=FRIDAY_AT_9 + QUARTER)
    return await book_appointment(server.runtime, "centro", make_booking_request(AMINA)), await book_appointment(
        server.runtime, "centro", later
    )


async def load_state(server: AppServer, appointment: Appointment) -> AppointmentState:
    async with server.runtime.read_session() as session:
        return (await appointments.appointment_by_id(session, appointment.id)).state


async def test_host_sees_number_of_people_before_cancelling(app_server: AppServer, staff: dict[str, str]) -> None:
    amina, diego = await book_two(app_server)
    async with app_server.client() as client:
        await sign_in(client, "carmen")
        carmen = CitizenBrowser(client, app_server.runtime)
        page = await carmen.get(PAGE)
        form = page.form
        asked = await carmen.post(PAGE, form.filled_values(**SPAN))
        assert "¿Cancelar estas citas y avisar a 2 personas?" in asked.text
        assert "Leerán: Hoy no hay luz." in asked.text
        assert await load_state(app_server, amina) is AppointmentState.CONFIRMED
        done = await carmen.post(PAGE, asked.forms[0].filled_values(step="all"))
        assert "Avisamos a 2 personas" in done.text
        again = await carmen.post(PAGE, asked.forms[0].filled_values(step="all"))
        assert "Ya no quedaba nadie a quien avisar" in again.text
    assert await load_state(app_server, diego) is AppointmentState.CANCELLED_OFFICE


async def test_preview_shows_own_words_in_other_language(app_server: AppServer, staff: dict[str, str]) -> None:
    await book_two(app_server)
    async with app_server.client() as client:
        await sign_in(client, "carmen")
        carmen = CitizenBrowser(client, app_server.runtime)
        form = (await carmen.get(f"{PAGE}?lang=en")).form
        asked = await carmen.post(f"{PAGE}?lang=en", form.filled_values(**SPAN))
        assert (asked.status, "They read: Hoy no hay luz." in asked.text) == (200, True)


async def test_cancellation_preselects_no_reason_and_asks(app_server: AppServer, staff: dict[str, str]) -> None:
    await book_two(app_server)
    async with app_server.client() as client:
        await sign_in(client, "carmen")
        carmen = CitizenBrowser(client, app_server.runtime)
        form = (await carmen.get(PAGE)).form
        assert form.value("why") is None
        asked = await carmen.post(PAGE, form.filled_values(**SPAN | {"from": "09:00", "reason": ""}))
        assert (asked.status, "Elige una de las opciones." in asked.text) == (422, True)
        assert (asked.form.value("from"), asked.form.value("why")) == ("09:00", None)


async def test_cancellation_preview_names_all_services(app_server: AppServer, staff: dict[str, str]) -> None:
    both = make_booking_request(AMINA, service="documents", mode="in_person", more_services=("certificate",))
    await book_appointment(app_server.runtime, "centro", both)
    async with app_server.client() as client:
        await sign_in(client, "carmen")
        carmen = CitizenBrowser(client, app_server.runtime)
        form = (await carmen.get(PAGE)).form
        asked = await carmen.post(PAGE, form.filled_values(**SPAN))
    assert "Registro de documentos, Certificado digital, en persona" in asked.text


async def test_invalid_query_shows_empty_cancellation_form(app_server: AppServer, staff: dict[str, str]) -> None:
    async with app_server.client() as client:
        await sign_in(client, "carmen")
        async with client.get(f"{PAGE}?told={'9' * 5_000}") as answer:
            assert answer.status == 200
            assert 'data-kind="good"' not in await answer.text(), "no notice of people who were told"


async def test_appointments_on_closed_day_are_listed_for_cancelling(
    app_server: AppServer, staff: dict[str, str]
) -> None:
    await book_two(app_server)
    async with app_server.client() as client:
        await sign_in(client, "carmen")
        carmen = CitizenBrowser(client, app_server.runtime)
        assert "cerrados" not in (await carmen.get(PAGE)).text
        async with app_server.runtime.transaction() as tx:
            office = await office_by_slug(tx.session, "centro")
            await add_closures(tx.session, office.id, {date(2026, 11, 27): "Obras"})
            await bump_office_versions(tx.session, [office.id])
        page = await carmen.get(PAGE)
        assert "27 de noviembre" in page.text
        assert "Obras" in page.text
        chosen = await carmen.get(f"{PAGE}?date=2026-11-27")
        asked = await carmen.post(PAGE, chosen.form.filled_values(reason="Obras en el edificio."))
        assert "Viernes 27 de noviembre" in asked.text, "which day, before it is done"
        done = await carmen.post(PAGE, asked.forms[0].filled_values(step="all"))
        assert "Avisamos a 2 personas" in done.text
        assert "cerrados" not in done.text


async def test_single_appointment_can_be_cancelled(app_server: AppServer, staff: dict[str, str]) -> None:
    amina, diego = await book_two(app_server)
    async with app_server.client() as client:
        await sign_in(client, "carmen")
        carmen = CitizenBrowser(client, app_server.runtime)
        asked = await carmen.post(PAGE, (await carmen.get(PAGE)).form.filled_values(**SPAN))
        done = await carmen.post(PAGE, asked.forms[2].filled_values(one=diego.id))
        assert "Avisamos a 1 persona" in done.text
    states = [await load_state(app_server, appointment) for appointment in (amina, diego)]
    assert states == [AppointmentState.CONFIRMED, AppointmentState.CANCELLED_OFFICE]


async def test_citizens_read_listed_reason_in_their_language(app_server: AppServer, staff: dict[str, str]) -> None:
    amina, diego = [
        await book_appointment(
            app_server.runtime,
            "centro",
            make_booking_request({**who, "language": language}, starts_at=FRIDAY_AT_9 + place * QUARTER),
        )
        for place, (who, language) in enumerate([(AMINA, "es"), (DIEGO, "en")])
    ]
    async with app_server.client() as client:
        await sign_in(client, "carmen")
        carmen = CitizenBrowser(client, app_server.runtime)
        form = (await carmen.get(PAGE)).form
        asked = await carmen.post(PAGE, form.filled_values(**SPAN | {"why": "outage", "reason": "(24 h)"}))
        assert "Leerán: Los ordenadores no funcionan. (24 h) (Español)" in asked.text
        assert "Leerán: The computers are not working. (24 h) (English)" in asked.text
        wrong = await carmen.post(PAGE, form.filled_values(**SPAN | {"why": "colours"}))
        assert wrong.status == 422
        await carmen.post(PAGE, asked.forms[0].filled_values(step="all"))
    async with app_server.runtime.read_session() as session:
        told = [
            (await appointments.appointment_by_id(session, appointment.id)).cancel_reason
            for appointment in (amina, diego)
        ]
    assert told == ["Los ordenadores no funcionan. (24 h)", "The computers are not working. (24 h)"]


async def test_cancellation_without_reason_keeps_input(app_server: AppServer, staff: dict[str, str]) -> None:
    await book_two(app_server)
    async with app_server.client() as client:
        await sign_in(client, "carmen")
        carmen = CitizenBrowser(client, app_server.runtime)
        typed = SPAN | {"why": "own", "reason": " ", "from": "09:00", "date": "the last day"}
        page = await carmen.post(PAGE, (await carmen.get(PAGE)).form.filled_values(**typed))
        assert page.status == 422
        assert page.form.value("from") == "09:00"
        assert page.html.count("aria-invalid") == 2
        assert "Día: " in page.text.partition("Revisa 2 datos")[2]
        assert "Con tus palabras: completa este dato." in page.text


async def test_only_host_of_office_sees_cancellation_page(app_server: AppServer, staff: dict[str, str]) -> None:
    await book_two(app_server)
    for user in ("boris", "diego"):
        async with app_server.client() as client:
            await sign_in(client, user)
            async with client.get(PAGE) as answer:
                assert answer.status == 403
    async with app_server.client() as client, client.get(PAGE, allow_redirects=False) as answer:
        assert answer.status == 303


async def cancel_and_find_token(server: AppServer) -> str:
    """Cancel an appointment for the office by the API. Returns the citizen's token."""
    amina, _ = await book_two(server)
    key = await create_api_key(server.runtime, role=StaffRole.HOST, offices=["centro"])
    async with server.client(headers={"Authorization": f"Bearer {key}"}) as client:
        body = {"reason": "El agente está de baja."}
        async with client.post(f"/api/v1/staff/appointments/{amina.id}/cancel", json=body) as answer:
            found: dict[str, Any] = await answer.json()
    assert (answer.status, found["state"]) == (200, "cancelled_office")
    assert found["cancel_reason"] == "El agente está de baja."
    kept = [way["kept_until"] for way in found["rebook"]]
    assert (len(kept), len([item for item in kept if item])) == (3, 1)
    return appointment_token(server.runtime, amina)


async def test_cancelled_citizen_reads_reason_and_rebooks(app_server: AppServer, staff: dict[str, str]) -> None:
    token = await cancel_and_find_token(app_server)
    async with citizen_browser(app_server) as amina:
        page = await amina.get(f"/a/{token}")
        assert "El agente está de baja." in page.text
        assert "Te pedimos disculpas" in page.text
        assert (
            page.form.option_values("starts_at")[0] == page.form.value("starts_at") == "2026-11-27T09:30:00+01:00"
        )
        new = await amina.send(page)
        assert new.path.endswith("?new=1")
        assert "a las 9:30" in new.text
        assert (await amina.send(page)).path == new.path, "a second press books nothing more"
        assert (await amina.get(f"/a/{token}")).path.split("?")[0] == new.path.split("?")[0]


async def test_email_link_preselects_time_without_booking(app_server: AppServer, staff: dict[str, str]) -> None:
    token = await cancel_and_find_token(app_server)
    async with citizen_browser(app_server) as amina:
        page = await amina.get(f"/a/{token}?at=2026-11-27T08:45Z")
        assert page.form.value("starts_at") == "2026-11-27T09:45:00+01:00"
        gone = await amina.get(f"/a/{token}?at=2026-11-27T08:00Z")
        assert "Esa hora acaba de ocuparse" in gone.text
        await book_appointment(
            app_server.runtime,
            "centro",
            make_booking_request(starts_at=FRIDAY_AT_9 + 3 * QUARTER, email="p@example.org"),
        )
        late = await amina.send(page)
        assert "Esa hora acaba de ocuparse" in late.text
        assert late.form.value("starts_at") == "2026-11-27T09:30:00+01:00"


async def test_reopened_period_keeps_cancelled_appointments(app_server: AppServer, staff: dict[str, str]) -> None:
    amina, _ = await book_two(app_server)
    async with app_server.client() as client:
        await sign_in(client, "carmen")
        carmen = CitizenBrowser(client, app_server.runtime)
        assert "Horas cerradas" not in (await carmen.get(PAGE)).text
        asked = await carmen.post(PAGE, (await carmen.get(PAGE)).form.filled_values(**SPAN))
        done = await carmen.post(PAGE, asked.forms[0].filled_values(step="all"))
        assert "Viernes 27 de noviembre, todo el día" in done.text
        (opening,) = [form for form in done.forms if form.action.endswith("/open")]
        opened = await carmen.post(opening.action, opening.filled_values())
        assert "Estas horas vuelven a darse" in opened.text
        assert "Horas cerradas" not in opened.text
        again = await carmen.post(opening.action, opening.filled_values())
        assert "Estas horas vuelven a darse" in again.text
    assert await load_state(app_server, amina) is AppointmentState.CANCELLED_OFFICE
    assert (
        await book_appointment(app_server.runtime, "centro", make_booking_request(DIEGO))
    ).starts_at == FRIDAY_AT_9


async def test_program_lists_and_reopens_closed_period(app_server: AppServer, staff: dict[str, str]) -> None:
    key = await create_api_key(app_server.runtime, role=StaffRole.HOST, offices=["centro"])
    path = "/api/v1/staff/offices/centro/appointments"
    span = {"date": "2026-11-27", "from": "09:00", "until": "11:00", "service": "certificate", "reason": "Obras."}
    async with app_server.client(headers={"Authorization": f"Bearer {key}"}) as client:
        async with client.post(f"{path}/cancel", json=span):
            pass
        async with client.get(f"{path}/closed") as answer:
            (closed,) = await answer.json()
        assert closed == {
            "id": closed["id"],
            "starts_at": "2026-11-27T09:00:00+01:00",
            "ends_at": "2026-11-27T11:00:00+01:00",
            "service": "certificate",
            "mode": None,
        }
        for status in (204, 404):
            async with client.post(f"{path}/closed/{closed['id']}/open") as answer:
                assert answer.status == status
        async with client.get(f"{path}/closed") as answer:
            assert await answer.json() == []


async def test_program_cancels_period_and_rebooks(app_server: AppServer, staff: dict[str, str]) -> None:
    amina, diego = await book_two(app_server)
    key = await create_api_key(app_server.runtime, role=StaffRole.HOST, offices=["centro"])
    path = "/api/v1/staff/offices/centro/appointments/cancel"
    span = {"date": "2026-11-27", "from": "09:00", "until": "09:15", "reason": "Obras."}
    async with app_server.client(headers={"Authorization": f"Bearer {key}"}) as client:
        async with client.post(path, json=span) as answer:
            assert await answer.json() == {"cancelled": 1, "appointments": [amina.id]}
        async with client.post(path, json=span | {"date": "0001-01-01"}) as answer:
            assert answer.status == 422
    token = appointment_token(app_server.runtime, amina)
    async with app_server.client() as client:
        body = {"starts_at": "2026-11-27T09:30:00+01:00"}
        async with client.post(f"/api/v1/appointments/{token}/rebook", json=body) as answer:
            assert (await answer.json())["state"] == "confirmed"
    assert await load_state(app_server, diego) is AppointmentState.CONFIRMED


async def test_page_lists_people_whom_no_message_reaches(app_server: AppServer, staff: dict[str, str]) -> None:
    unreached = {"name": "Amina Haddad", "email": None, "mode": "in_person"}
    await book_appointment(app_server.runtime, "centro", make_booking_request({}, **unreached, phone=AMINA_PHONE))
    await book_appointment(app_server.runtime, "centro", make_booking_request(DIEGO))
    async with app_server.client() as client:
        await sign_in(client, "carmen")
        carmen = CitizenBrowser(client, app_server.runtime)
        page = await carmen.get(PAGE)
        assert "Avisa tú" not in page.text
        asked = await carmen.post(PAGE, page.form.filled_values(**SPAN))
        assert "Avisa tú a 1 persona" in asked.text
        assert "Avisa tú a esta persona" in asked.text
        done = await carmen.post(PAGE, asked.forms[0].filled_values(step="all"))
        assert "Avisamos a 1 persona" in done.text
        assert "Avisa tú a 1 persona" in done.text
        assert "Amina Haddad" in done.text
        assert "Diego Sanz" not in done.text
        assert f"tel:{AMINA_PHONE}" in done.links

        told = await carmen.send(done, "/told")
        assert "Anotado: Amina Haddad ya lo sabe" in told.text
        assert "Avisa tú a 1 persona" not in told.text
        undone = await carmen.send(told, "/told")  # the only such form left
        assert "Avisa tú a 1 persona" in undone.text
    async with app_server.runtime.read_session() as session:
        entries = await session.scalars(select(AuditEntryRow).order_by(AuditEntryRow.id))
    noted = [entry for entry in entries if entry.action.startswith("appointment.told")]
    assert [entry.action for entry in noted] == ["appointment.told", "appointment.told_withdrawn"]
    assert "Amina" not in str([(entry.subject_label, entry.before, entry.after) for entry in noted])


async def test_person_is_not_told_by_another_office(app_server: AppServer, staff: dict[str, str]) -> None:
    unreached = {"name": "Amina Haddad", "email": None, "mode": "in_person"}
    amina = await book_appointment(app_server.runtime, "centro", make_booking_request({}, **unreached))
    async with app_server.client() as client:
        await sign_in(client, "carmen")
        page = await CitizenBrowser(client, app_server.runtime).get(PAGE)
        csrf = {"csrf": page.form.value("csrf") or ""}
        async with client.post(f"{PAGE}/{amina.id}/told", data=csrf) as answer:
            assert answer.status == 409, "it is neither cancelled nor moved"
        async with client.post(f"/staff/host/norte/cancel/{amina.id}/told", data=csrf) as answer:
            assert answer.status == 403


async def test_page_lists_moves_by_the_office_without_message(
    app_server: AppServer, staff: dict[str, str]
) -> None:
    runtime = app_server.runtime
    unreached = {"name": "Amina Haddad", "email": None, "mode": "in_person"}
    amina = await book_appointment(runtime, "centro", make_booking_request({}, **unreached, phone=AMINA_PHONE))
    later = unreached | {"name": "Diego Sanz", "starts_at": FRIDAY_AT_9 + QUARTER}
    asked_for = await book_appointment(runtime, "centro", make_booking_request({}, **later))
    await move_by_office(runtime, CARMEN, amina.id, FRIDAY_AT_9 + 4 * QUARTER)
    await move_by_office(runtime, CARMEN, asked_for.id, FRIDAY_AT_9 + 8 * QUARTER, StaffMove(at_request=True))
    async with app_server.client() as client:
        await sign_in(client, "carmen")
        page = await CitizenBrowser(client, runtime).get(PAGE)
    assert "Avisa tú a 1 persona" in page.text
    assert "Amina Haddad" in page.text
    assert "Cambiada al viernes 27 de noviembre, 10:00" in page.text
    assert f"tel:{AMINA_PHONE}" in page.links
    assert "Diego Sanz" not in page.text
