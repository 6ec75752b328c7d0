"""E-mails in both languages: texts, links, HTML, expiry and the calendar file."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from icalendar import Calendar
from office360.core.tokens import TokenSigner
from office360.notifications.domain.message_content import OutboxMessage, has_expired
from office360.notifications.email.writer import EmailContent, EmailWriter

from ..support.messages import SENDER, SITE, parse_time
from ..support.payloads import SAMPLE_PAYLOADS, appointment_payload, ticket_payload

WRITTEN_AT = parse_time("2026-11-20T10:00:00+00:00")


def build_message(kind: str, payload: dict[str, Any], language: str = "es") -> OutboxMessage:
    return OutboxMessage("01ROW", f"{kind}:1", "email", kind, "amina@example.org", language, payload, WRITTEN_AT)


def write_email(
    writer: EmailWriter, message: OutboxMessage, sent_at: str = "2026-11-20T10:00:00+00:00"
) -> EmailContent:
    return writer.write(message, parse_time(sent_at))


def parse_event(email: EmailContent) -> tuple[Any, Any]:
    assert email.calendar is not None
    calendar = Calendar.from_ical(email.calendar.contents)
    assert isinstance(calendar, Calendar)
    return calendar, calendar.events[0]


def visible_text(html: str) -> str:
    """Return the text of an HTML document without its styles."""
    bare = re.sub(r"<style.*?</style>|<title.*?</title>", "", html, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", bare))


def test_video_appointment_email_in_spanish(writer: EmailWriter, tokens: TokenSigner) -> None:
    email = write_email(writer, build_message("appointment_confirmed", appointment_payload(tokens)))
    page = f"{SITE}/a/{tokens.derive('appointment', '01APPOINTMENT')}"
    assert (email.sender, email.recipient) == (SENDER, "amina@example.org")
    assert email.subject == "Cita confirmada: viernes 27 de noviembre, 9:20"
    assert email.links == (page, f"{page}/room", f"{page}/test")
    for words in (
        "Tu cita está confirmada",
        "Te esperamos el viernes 27 de noviembre a las 9:20",
        "Podrás entrar desde las 9:05. La cámara no es obligatoria.",
        "Certificado digital",
        "Unos 15 minutos",
        "Ten a mano",
        "DNI o NIE",
        "7KQM 2X9T",
    ):
        assert words in email.text
        assert words in visible_text(email.html)
    assert "900 000 360" in email.text
    assert 'href="tel:+34900000360"' in email.html
    assert f'href="{page}"' in email.html
    assert page in email.text


def test_office_appointment_email_in_english(writer: EmailWriter, tokens: TokenSigner) -> None:
    payload = appointment_payload(
        tokens, mode="in_person", service="Digital certificate", bring="Your identity card"
    )
    email = write_email(writer, build_message("appointment_confirmed", payload, "en"))
    token = tokens.derive("appointment", "01APPOINTMENT")
    turn = f"{SITE}/o/centro?appointment={token}"
    assert email.subject == "Appointment confirmed: Friday 27 November, 9:20"
    assert email.links == (f"{SITE}/a/{token}", turn)
    for words in (
        "Your appointment is confirmed",
        "We look forward to seeing you on Friday 27 November at 9:20",
        "You can join the queue from 9:05",
        "When you are at the office:",
        "from 15 minutes before",
        "Calle del Olivar, 12",
        "Bring",
        "About 15 minutes",
    ):
        assert words in email.text
        assert words in visible_text(email.html)
    assert f'href="{turn}"' in email.html
    assert "video" not in email.text


def test_email_lists_known_needs_and_drops_unknown_ones(writer: EmailWriter, tokens: TokenSigner) -> None:
    payload = appointment_payload(tokens, needs=["sign_language", "Buy at evil.example"])
    email = write_email(writer, build_message("appointment_confirmed", payload))
    for part in (email.text, visible_text(email.html)):
        assert "Intérprete de lengua de signos" in part
        assert "evil" not in part


def test_video_appointment_email_has_no_ticket_link(writer: EmailWriter, tokens: TokenSigner) -> None:
    email = write_email(writer, build_message("appointment_confirmed", appointment_payload(tokens)))
    assert "/o/" not in email.text + email.html


@pytest.mark.parametrize(
    ("language", "heading", "before"),
    [
        ("es", "Tu cita tiene nueva hora", "Antes era el jueves 26 de noviembre a las 12:00"),
        ("en", "Your appointment has a new time", "It was on Thursday 26 November at 12:00"),
    ],
)
def test_rescheduled_email_states_previous_time(
    writer: EmailWriter, tokens: TokenSigner, language: str, heading: str, before: str
) -> None:
    payload = appointment_payload(tokens, previous_starts_at="2026-11-26T11:00:00+00:00", revision=1)
    email = write_email(writer, build_message("appointment_rescheduled", payload, language))
    assert heading in visible_text(email.html)
    assert before in email.text
    assert before in visible_text(email.html)


@pytest.mark.parametrize(
    ("language", "heading"),
    [
        ("es", "La oficina ha cambiado la hora de tu cita"),
        ("en", "The office has changed the time of your appointment"),
    ],
)
def test_email_says_that_the_office_moved_the_appointment(
    writer: EmailWriter, tokens: TokenSigner, language: str, heading: str
) -> None:
    before = "2026-11-26T11:00:00+00:00"
    payload = appointment_payload(tokens, previous_starts_at=before, moved_by="office", revision=1)
    email = write_email(writer, build_message("appointment_rescheduled", payload, language))
    assert heading in visible_text(email.html)
    assert heading in email.text


@pytest.mark.parametrize(
    ("language", "heading", "action"),
    [
        ("es", "Se ha cancelado tu cita", "Pedir otra cita"),
        ("en", "Your appointment has been cancelled", "Book another appointment"),
    ],
)
def test_cancelled_email_links_to_new_booking(
    writer: EmailWriter, tokens: TokenSigner, language: str, heading: str, action: str
) -> None:
    email = write_email(
        writer, build_message("appointment_cancelled", appointment_payload(tokens, mode="in_person"), language)
    )
    assert f"{SITE}/appointments/new?office=centro&service=certificate&mode=in_person" in email.text
    both = appointment_payload(tokens, mode="in_person", more_services=["documents"])
    whole = write_email(writer, build_message("appointment_cancelled", both, language))
    assert f"{SITE}/appointments/new?office=centro&service=certificate&more=documents&mode=in_person" in whole.text
    assert f"{SITE}/o/" not in email.text
    assert heading in email.text
    assert action in visible_text(email.html)
    assert "900 000 361" in email.text  # the office's telephone, for a person who did not cancel


@pytest.mark.parametrize(
    ("language", "title", "expected"),
    [
        ("es", "Tu turno B-042 en Oficina Centro", "Te llamaremos entre las 10:40 y las 10:50"),
        ("en", "Your ticket B-042 at Oficina Centro", "We expect to call you between 10:40 and 10:50"),
    ],
)
def test_ticket_email_states_code_and_expected_call(
    writer: EmailWriter, tokens: TokenSigner, language: str, title: str, expected: str
) -> None:
    email = write_email(writer, build_message("ticket_issued", ticket_payload(tokens), language))
    assert email.subject == title
    assert email.links == (f"{SITE}/t/{tokens.derive('ticket', '01TICKET')}",)
    assert expected in email.text
    assert expected in visible_text(email.html)
    assert email.calendar is None


@pytest.mark.parametrize(
    ("kind", "language", "expected"),
    [
        ("ticket_standby", "es", "Todavía no hay sitio en la cola"),
        ("ticket_standby", "en", "There is no room in the queue yet"),
        ("ticket_link", "es", "Alguien ha pedido este enlace"),
        ("ticket_link", "en", "Someone asked for this link"),
    ],
)
def test_standby_and_recovery_emails_link_to_ticket(
    writer: EmailWriter, tokens: TokenSigner, kind: str, language: str, expected: str
) -> None:
    email = write_email(writer, build_message(kind, ticket_payload(tokens), language))
    assert email.links == (f"{SITE}/t/{tokens.derive('ticket', '01TICKET')}",)
    assert "B-042" in email.subject
    assert expected in email.text
    assert expected in visible_text(email.html)


def test_ticket_email_without_estimate_promises_no_time(writer: EmailWriter, tokens: TokenSigner) -> None:
    email = write_email(
        writer, build_message("ticket_issued", ticket_payload(tokens, eta_earliest=None, eta_latest=None))
    )
    assert "Estamos calculando" in email.text
    assert "entre" not in email.text


@pytest.mark.parametrize(
    ("sent_at", "language", "says"),
    [
        ("2026-11-25T22:59:59+00:00", "es", "Te esperamos el viernes 27 de noviembre a las 9:20"),
        ("2026-11-25T23:00:00+00:00", "es", "Te esperamos mañana, viernes 27 de noviembre, a las 9:20"),
        ("2026-11-26T23:00:00+00:00", "es", "Te esperamos hoy, viernes 27 de noviembre, a las 9:20"),
        ("2026-11-26T12:00:00+00:00", "en", "We look forward to seeing you tomorrow, Friday 27 November, at 9:20"),
        ("2026-11-27T06:00:00+00:00", "en", "We look forward to seeing you today, Friday 27 November, at 9:20"),
    ],
)
def test_today_and_tomorrow_follow_office_timezone(
    writer: EmailWriter, tokens: TokenSigner, sent_at: str, language: str, says: str
) -> None:
    email = write_email(
        writer, build_message("appointment_confirmed", appointment_payload(tokens), language), sent_at
    )
    assert says in email.text
    assert says in visible_text(email.html)
    assert not re.search("hoy|mañana|today|tomorrow", email.subject)  # a list shows subjects for days


@pytest.mark.parametrize(
    ("sent_at", "says"),
    [
        ("2026-11-20T10:00:00+00:00", "Ya no tienes cita el viernes 27 de noviembre a las 9:20"),
        ("2026-11-26T10:00:00+00:00", "Ya no tienes cita mañana, viernes 27 de noviembre, a las 9:20"),
        ("2026-11-27T06:00:00+00:00", "Ya no tienes cita hoy, viernes 27 de noviembre, a las 9:20"),
    ],
)
def test_cancellation_says_today_and_tomorrow(
    writer: EmailWriter, tokens: TokenSigner, sent_at: str, says: str
) -> None:
    email = write_email(writer, build_message("appointment_cancelled", appointment_payload(tokens)), sent_at)
    assert says in email.text
    assert says in visible_text(email.html)


@pytest.mark.parametrize("kind", ["appointment_confirmed", "appointment_reminder_hour", "room_ready"])
def test_video_email_links_to_its_room(writer: EmailWriter, tokens: TokenSigner, kind: str) -> None:
    email = write_email(writer, build_message(kind, SAMPLE_PAYLOADS[kind](tokens)))
    room = f"{SITE}/a/{tokens.derive('appointment', '01APPOINTMENT')}/room"
    assert f'href="{room}"' in email.html
    assert room in email.text


@pytest.mark.parametrize("kind", ["appointment_confirmed", "appointment_rescheduled"])
def test_video_email_links_to_connection_test(writer: EmailWriter, tokens: TokenSigner, kind: str) -> None:
    email = write_email(writer, build_message(kind, appointment_payload(tokens)))
    test = f"{SITE}/a/{tokens.derive('appointment', '01APPOINTMENT')}/test"
    assert f'href="{test}"' in email.html
    assert test in email.text
    assert test in parse_event(email)[1]["DESCRIPTION"]
    for words in (
        "Prueba tu cámara, tu micrófono y tu conexión",
        "Tardas menos de un minuto",
        "Busca un lugar tranquilo",
        "Llámanos antes de la cita: 900 000 361",
    ):
        assert words in email.text
        assert words in visible_text(email.html).replace("&nbsp;", " ")


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("appointment_confirmed", "in_person"), ("appointment_cancelled", "video")],
)
def test_email_without_video_call_has_no_test_link(
    writer: EmailWriter, tokens: TokenSigner, kind: str, mode: str
) -> None:
    email = write_email(writer, build_message(kind, appointment_payload(tokens, mode=mode)))
    assert "/test" not in email.text + email.html


def test_plain_text_has_no_empty_gaps(writer: EmailWriter, tokens: TokenSigner) -> None:
    for kind in ("appointment_confirmed", "appointment_rescheduled", "appointment_cancelled"):
        for mode in ("video", "in_person"):
            text = write_email(
                writer, build_message(kind, appointment_payload(tokens, mode=mode, bring=None, access=None))
            ).text
            assert "\n\n\n" not in text
            assert not re.search(r"[ \t]+\n", text)


def test_price_and_way_are_told_before_a_visit(writer: EmailWriter, tokens: TokenSigner) -> None:
    facts = {"price": "12 euros", "transport": "Metro, línea 5", "parking": "No tiene"}
    visit, call = (
        write_email(
            writer, build_message("appointment_confirmed", appointment_payload(tokens, mode=mode, **facts))
        )
        for mode in ("in_person", "video")
    )
    assert [text for text in facts.values() if text not in visit.text] == []
    assert ("12 euros" in call.text, "Metro" in call.text) == (True, False)


def test_name_is_escaped_in_html_and_plain_in_text(writer: EmailWriter, tokens: TokenSigner) -> None:
    email = write_email(
        writer, build_message("appointment_confirmed", appointment_payload(tokens, name="<b>Amina</b> & O'Hara"))
    )
    assert "<b>Amina</b> & O'Hara" in email.text
    assert "<b>Amina</b>" not in email.html
    assert "&lt;b&gt;Amina&lt;/b&gt;" in email.html


def test_subject_is_one_line(writer: EmailWriter, tokens: TokenSigner) -> None:
    email = write_email(
        writer, build_message("ticket_issued", ticket_payload(tokens, office="Oficina\r\nBcc: x@example.org"))
    )
    assert not re.search(r"[\r\n]", email.subject)


def test_html_email_loads_no_external_resource(writer: EmailWriter, tokens: TokenSigner) -> None:
    html = write_email(writer, build_message("appointment_confirmed", appointment_payload(tokens))).html
    assert not re.search(r"<img|<script|<link|url\(|@import|@font-face", html)
    styles = re.findall(r"<style[^>]*>(.*?)</style>", html, flags=re.S)
    assert len(styles) == 1
    assert "prefers-color-scheme: dark" in styles[0]
    outside_media = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*\s*\}", "", styles[0])
    assert outside_media.strip() == ""  # all other styles are in the elements
    assert "var(--" not in html


def test_same_message_renders_identically(writer: EmailWriter, tokens: TokenSigner) -> None:
    message = build_message("appointment_confirmed", appointment_payload(tokens))
    assert write_email(writer, message) == write_email(writer, message)


def test_message_id_is_derived_from_key(writer: EmailWriter) -> None:
    one = build_message("appointment_confirmed", {})
    assert writer.message_id(one) == writer.message_id(replace(one, id="another row"))
    assert writer.message_id(one) != writer.message_id(replace(one, key="appointment_confirmed:2"))
    assert re.fullmatch(r"<[0-9a-f]{32}@citas\.example\.org>", writer.message_id(one))


def test_links_survive_secret_rotation(pages: Any, tokens: TokenSigner) -> None:
    old = TokenSigner(["the secret of last year, long enough for it"])
    both = TokenSigner(
        ["a new secret, also long enough for a test..", "the secret of last year, long enough for it"]
    )
    email = write_email(
        EmailWriter(pages, both, SITE, SENDER), build_message("appointment_confirmed", appointment_payload(old))
    )
    assert email.links[0] == f"{SITE}/a/{old.derive('appointment', '01APPOINTMENT')}"


@pytest.mark.parametrize("kind", ["chess_tournament", "appointment_confirmed"])
def test_unknown_kind_or_missing_fact_raises_lookup_error(writer: EmailWriter, kind: str) -> None:
    with pytest.raises(LookupError):
        write_email(writer, build_message(kind, {}))


@pytest.mark.parametrize("kind", ["appointment_confirmed", "appointment_rescheduled", "appointment_cancelled"])
def test_appointment_email_expires_at_end_of_appointment(tokens: TokenSigner, kind: str) -> None:
    message = build_message(kind, appointment_payload(tokens))
    assert not has_expired(message, parse_time("2026-11-27T08:34:59+00:00"))
    assert has_expired(message, parse_time("2026-11-27T08:35:00+00:00"))


def test_ticket_email_expires_after_twelve_hours(tokens: TokenSigner) -> None:
    message = build_message("ticket_issued", ticket_payload(tokens))
    assert not has_expired(message, parse_time("2026-11-20T21:59:59+00:00"))
    assert has_expired(message, parse_time("2026-11-20T22:00:00+00:00"))


# Change deadlines, reminders and delays

EVENING_BEFORE = "2026-11-26T17:00:00+00:00"


def text_and_html(email: EmailContent) -> tuple[str, str]:
    return " ".join(email.text.split()), visible_text(email.html).replace("&nbsp;", " ").replace("\xa0", " ")


def write_reminder(
    writer: EmailWriter, tokens: TokenSigner, kind: str, language: str = "es", **facts: Any
) -> EmailContent:
    payload = appointment_payload(tokens, until="2026-11-27T08:20:00+00:00", **{"verdict": None, **facts})
    return write_email(writer, build_message(f"appointment_{kind}", payload, language), EVENING_BEFORE)


@pytest.mark.parametrize(
    ("until", "says"),
    [
        (None, "Puedes hacerlo hasta que empiece."),
        ("2026-11-27T06:20:00+00:00", "Puedes hacerlo hasta el viernes 27 de noviembre a las 7:20."),
        (EVENING_BEFORE, "Ya no se puede cambiar ni cancelar por internet."),
    ],
)
def test_email_states_change_deadline_as_of_sending(
    writer: EmailWriter, tokens: TokenSigner, until: str | None, says: str
) -> None:
    for kind in ("confirmed", "reminder_days", "reminder_day"):
        assert all(
            says in part for part in text_and_html(write_reminder(writer, tokens, kind, changes_until=until))
        )


def test_email_names_every_service_of_appointment(writer: EmailWriter, tokens: TokenSigner) -> None:
    payload = appointment_payload(
        tokens, mode="in_person", services=["Certificado digital", "Registro de documentos"]
    )
    email = write_email(writer, build_message("appointment_confirmed", payload))
    for part in text_and_html(email):
        assert "Certificado digital" in part
        assert "Registro de documentos" in part
    assert parse_event(email)[1]["SUMMARY"] == "Certificado digital, Registro de documentos · Oficina Centro"


@pytest.mark.parametrize(
    ("verdict", "says", "tests"),
    [
        (None, "Antes de la videollamada", True),
        ("unknown", "Antes de la videollamada", True),
        ("amber", "Tu última prueba no salió bien.", True),
        ("red", "Tu última prueba no salió bien.", True),
        ("green", "Tu conexión está lista: la prueba salió bien.", False),
    ],
)
def test_day_reminder_links_to_test_unless_last_test_was_green(
    writer: EmailWriter, tokens: TokenSigner, verdict: str | None, says: str, tests: bool
) -> None:
    email = write_reminder(writer, tokens, "reminder_day", verdict=verdict)
    assert "Tu videollamada es mañana" in email.text
    for part in text_and_html(email):
        assert says in part
    assert ("/test" in email.text, "/test" in email.html) == (tests, tests)


@pytest.mark.parametrize("kind", ["reminder_days", "reminder_hour"])
def test_other_reminders_have_no_test_link(writer: EmailWriter, tokens: TokenSigner, kind: str) -> None:
    email = write_reminder(writer, tokens, kind)
    assert "/test" not in email.text + email.html


def test_early_reminder_lists_documents_to_bring(writer: EmailWriter, tokens: TokenSigner) -> None:
    email = write_reminder(writer, tokens, "reminder_days", mode="in_person")
    for part in text_and_html(email):
        assert part.count("DNI o NIE") == 1
        assert "Si te falta algo, aún hay tiempo de conseguirlo." in part


@pytest.mark.parametrize(
    ("language", "mode", "says"),
    [
        ("es", "in_person", ("Tu cita es a las 9:20", "Podrás coger tu turno desde las 9:05.", "a qué mesa ir")),
        ("en", "video", ("Your video call is at 9:20", "You can join from 9:05.", "Go to my video call")),
    ],
)
def test_hour_reminder_states_earliest_entry(
    writer: EmailWriter, tokens: TokenSigner, language: str, mode: str, says: tuple[str, ...]
) -> None:
    email = write_reminder(writer, tokens, "reminder_hour", language, mode=mode)
    assert all(words in part for part in text_and_html(email) for words in says)
    assert (f"{SITE}/o/centro?appointment=" in email.html) == (mode == "in_person")


@pytest.mark.parametrize(
    ("mode", "told_at", "says"),
    [
        (
            "in_person",
            None,
            ("Vamos con retraso", "Ven a las 10:00; conservas tu sitio.", "Tu cita era a las 9:20."),
        ),
        ("video", None, ("Vamos con retraso", "Entra a las 10:00; conservas tu sitio.", "era a las 9:20.")),
        (
            "in_person",
            "2026-11-27T09:20:00+00:00",
            ("Vamos mejor de lo que dijimos", "Ven a las 10:00", "Si llegas a las 10:20, como te dijimos"),
        ),
    ],
)
def test_delay_email_states_new_time_and_kept_place(
    writer: EmailWriter, tokens: TokenSigner, mode: str, told_at: str | None, says: tuple[str, ...]
) -> None:
    email = write_reminder(writer, tokens, "late", mode=mode, come_at="2026-11-27T09:00:00+00:00", told_at=told_at)
    assert all(words in part for part in text_and_html(email) for words in says)
    assert email.subject.startswith(says[0])


# Calendar file


def test_confirmation_calendar_is_published_with_alarm(writer: EmailWriter, tokens: TokenSigner) -> None:
    email = write_email(writer, build_message("appointment_confirmed", appointment_payload(tokens)))
    calendar, event = parse_event(email)
    assert email.calendar is not None
    assert email.calendar.method == calendar["METHOD"] == "PUBLISH"
    assert (event.uid, event["SEQUENCE"], event["SUMMARY"]) == (
        "01FIRST",
        0,
        "Certificado digital · Oficina Centro",
    )
    assert event.start == parse_time("2026-11-27T08:20:00+00:00")
    assert event["URL"] == email.links[0]
    assert "La cámara no es obligatoria" in event["DESCRIPTION"]
    assert [part.name for part in event.walk()] == ["VEVENT", "VALARM"]


def test_office_appointment_calendar_has_location(writer: EmailWriter, tokens: TokenSigner) -> None:
    payload = appointment_payload(tokens, mode="in_person")
    _, event = parse_event(write_email(writer, build_message("appointment_confirmed", payload)))
    assert event["LOCATION"] == "Oficina Centro, Calle del Olivar, 12"


def test_move_and_cancellation_update_same_calendar_entry(writer: EmailWriter, tokens: TokenSigner) -> None:
    moved = appointment_payload(tokens, revision=1, previous_starts_at="2026-11-26T11:00:00+00:00")
    _, after_move = parse_event(write_email(writer, build_message("appointment_rescheduled", moved)))
    calendar, after_cancel = parse_event(
        write_email(writer, build_message("appointment_cancelled", {**moved, "revision": 2}))
    )
    assert after_move.uid == after_cancel.uid == "01FIRST"
    assert (after_move["SEQUENCE"], after_cancel["SEQUENCE"]) == (1, 2)
    assert (calendar["METHOD"], after_cancel["STATUS"]) == ("CANCEL", "CANCELLED")


@pytest.mark.parametrize(
    ("kind", "office", "subject"),
    [
        ("staff_invitation", "Oficina Centro", "Tu cuenta para Oficina Centro"),
        ("staff_invitation", None, "Tu cuenta para Office 360"),
        ("staff_reset", "Oficina Centro", "Elige una contraseña nueva: boris"),
    ],
)
def test_staff_email_links_to_password_page(
    writer: EmailWriter, tokens: TokenSigner, kind: str, office: str | None, subject: str
) -> None:
    payload = SAMPLE_PAYLOADS[kind](tokens) | {"office": office}
    email = write_email(writer, build_message(kind, payload))
    page = f"{SITE}/staff/link/{tokens.derive('account', '01LINK')}"
    assert (email.subject, email.links) == (subject, (page,))
    for words in (page, "Usuario", "boris", "miércoles 2 de diciembre, 10:30", "una sola vez"):
        assert words in email.text
        assert words in visible_text(email.html)
