"""What a letter says, in both languages, with and without images, and what goes into a calendar."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from icalendar import Calendar
from office360.core.tokens import Tokens
from office360.notifications.domain.message_content import Message, has_outlived
from office360.notifications.email.writer import Email, EmailWriter

from ..conftest import SENDER, SITE, appointment, at, ticket

WRITTEN_AT = at("2026-11-20T10:00:00+00:00")


def message(kind: str, payload: dict[str, Any], language: str = "es") -> Message:
    return Message("01ROW", f"{kind}:1", "email", kind, "amina@example.org", language, payload, WRITTEN_AT)


def write(writer: EmailWriter, told: Message, sent_at: str = "2026-11-20T10:00:00+00:00") -> Email:
    return writer.write(told, at(sent_at))


def event_of(email: Email) -> tuple[Any, Any]:
    assert email.calendar is not None
    calendar = Calendar.from_ical(email.calendar.contents)
    assert isinstance(calendar, Calendar)
    return calendar, calendar.events[0]


def seen(html: str) -> str:
    """The words of a page, without its styles."""
    bare = re.sub(r"<style.*?</style>|<title.*?</title>", "", html, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", bare))


def test_a_video_appointment_in_spanish(writer: EmailWriter, tokens: Tokens) -> None:
    email = write(writer, message("appointment_confirmed", appointment(tokens)))
    page = f"{SITE}/a/{tokens.derive('appointment', '01APPOINTMENT')}"
    assert (email.sender, email.recipient) == (SENDER, "amina@example.org")
    assert email.subject == "Cita confirmada: viernes 27 de noviembre, 9:20"
    assert email.links == (page, f"{page}/test")
    for words in (
        "Tu cita está confirmada",
        "Te esperamos el viernes 27 de noviembre a las 9:20",
        "Podrás entrar desde las 9:05. La cámara no es obligatoria.",
        "Certificado digital",
        "Unos 15 minutos",
        "Ten a mano",
        "DNI o NIE",
        "7KQM 2X9T",
        "900 000 360",
    ):
        assert words in email.text
        assert words in seen(email.html)
    assert f'href="{page}"' in email.html
    assert page in email.text


def test_a_visit_to_the_office_in_english(writer: EmailWriter, tokens: Tokens) -> None:
    payload = appointment(tokens, mode="in_person", service="Digital certificate", bring="Your identity card")
    email = write(writer, message("appointment_confirmed", payload, "en"))
    token = tokens.derive("appointment", "01APPOINTMENT")
    turn = f"{SITE}/o/centro?appointment={token}"
    assert email.subject == "Appointment confirmed: Friday 27 November, 9:20"
    assert email.links == (f"{SITE}/a/{token}", turn)
    for words in (
        "Your appointment is confirmed",
        "We expect you on Friday 27 November at 9:20",
        "You can take your turn from 9:05",
        "When you are at the office:",
        "from 15 minutes before",
        "Calle del Olivar, 12",
        "Bring",
        "About 15 minutes",
    ):
        assert words in email.text
        assert words in seen(email.html)
    assert f'href="{turn}"' in email.html
    assert "video" not in email.text


def test_what_was_asked_for_is_repeated_but_no_strangers_words(writer: EmailWriter, tokens: Tokens) -> None:
    payload = appointment(tokens, needs=["sign_language", "Buy at evil.example"])
    email = write(writer, message("appointment_confirmed", payload))
    for part in (email.text, seen(email.html)):
        assert "Intérprete de lengua de signos" in part
        assert "evil" not in part


def test_a_video_appointment_has_no_turn_to_take(writer: EmailWriter, tokens: Tokens) -> None:
    email = write(writer, message("appointment_confirmed", appointment(tokens)))
    assert "/o/" not in email.text + email.html


@pytest.mark.parametrize(
    ("language", "heading", "before"),
    [
        ("es", "Tu cita tiene nueva hora", "Antes era el jueves 26 de noviembre a las 12:00"),
        ("en", "Your appointment has a new time", "It used to be on Thursday 26 November at 12:00"),
    ],
)
def test_a_moved_appointment_tells_the_old_time(
    writer: EmailWriter, tokens: Tokens, language: str, heading: str, before: str
) -> None:
    payload = appointment(tokens, previous_starts_at="2026-11-26T11:00:00+00:00", revision=1)
    email = write(writer, message("appointment_rescheduled", payload, language))
    assert heading in seen(email.html)
    assert before in email.text
    assert before in seen(email.html)


@pytest.mark.parametrize(
    ("language", "heading", "action"),
    [
        ("es", "Tu cita está cancelada", "Pedir otra cita"),
        ("en", "Your appointment is cancelled", "Book another appointment"),
    ],
)
def test_a_cancelled_appointment_leads_to_another(
    writer: EmailWriter, tokens: Tokens, language: str, heading: str, action: str
) -> None:
    email = write(writer, message("appointment_cancelled", appointment(tokens, mode="in_person"), language))
    assert f"{SITE}/appointments/new?office=centro&service=certificate&mode=in_person" in email.text
    both = appointment(tokens, mode="in_person", more_services=["documents"])
    whole = write(writer, message("appointment_cancelled", both, language))
    assert f"{SITE}/appointments/new?office=centro&service=certificate&more=documents&mode=in_person" in whole.text
    assert f"{SITE}/o/" not in email.text
    assert heading in email.text
    assert action in seen(email.html)
    assert "900 000 361" in email.text  # the office's own telephone, for whoever did not cancel


@pytest.mark.parametrize(
    ("language", "title", "expected"),
    [
        ("es", "Tu turno B-042 en Oficina Centro", "Te llamaremos entre las 10:40 y las 10:50"),
        ("en", "Your turn B-042 at Oficina Centro", "We expect to call you between 10:40 and 10:50"),
    ],
)
def test_a_ticket(writer: EmailWriter, tokens: Tokens, language: str, title: str, expected: str) -> None:
    email = write(writer, message("ticket_issued", ticket(tokens), language))
    assert email.subject == title
    assert email.links == (f"{SITE}/t/{tokens.derive('ticket', '01TICKET')}",)
    assert expected in email.text
    assert expected in seen(email.html)
    assert email.calendar is None


@pytest.mark.parametrize(
    ("kind", "language", "expected"),
    [
        ("ticket_standby", "es", "Todavía no hay sitio en la cola"),
        ("ticket_standby", "en", "There is no room in the line yet"),
        ("ticket_link", "es", "Alguien ha pedido este enlace"),
        ("ticket_link", "en", "Somebody asked for this link"),
    ],
)
def test_standby_and_a_lost_link_lead_to_the_turn(
    writer: EmailWriter, tokens: Tokens, kind: str, language: str, expected: str
) -> None:
    email = write(writer, message(kind, ticket(tokens), language))
    assert email.links == (f"{SITE}/t/{tokens.derive('ticket', '01TICKET')}",)
    assert "B-042" in email.subject
    assert expected in email.text
    assert expected in seen(email.html)


def test_a_ticket_without_an_estimate_promises_no_time(writer: EmailWriter, tokens: Tokens) -> None:
    email = write(writer, message("ticket_issued", ticket(tokens, eta_earliest=None, eta_latest=None)))
    assert "Estamos calculando" in email.text
    assert "entre" not in email.text


@pytest.mark.parametrize(
    ("sent_at", "language", "says"),
    [
        ("2026-11-25T22:59:59+00:00", "es", "Te esperamos el viernes 27 de noviembre a las 9:20"),
        ("2026-11-25T23:00:00+00:00", "es", "Te esperamos mañana, viernes 27 de noviembre, a las 9:20"),
        ("2026-11-26T23:00:00+00:00", "es", "Te esperamos hoy, viernes 27 de noviembre, a las 9:20"),
        ("2026-11-26T12:00:00+00:00", "en", "We expect you tomorrow, Friday 27 November, at 9:20"),
        ("2026-11-27T06:00:00+00:00", "en", "We expect you today, Friday 27 November, at 9:20"),
    ],
)
def test_today_and_tomorrow_are_said_when_they_are_true_at_the_office(
    writer: EmailWriter, tokens: Tokens, sent_at: str, language: str, says: str
) -> None:
    email = write(writer, message("appointment_confirmed", appointment(tokens), language), sent_at)
    assert says in email.text
    assert says in seen(email.html)
    assert not re.search("hoy|mañana|today|tomorrow", email.subject)  # it is read in a list, days later


@pytest.mark.parametrize(
    ("sent_at", "says"),
    [
        ("2026-11-20T10:00:00+00:00", "Ya no tienes cita el viernes 27 de noviembre a las 9:20"),
        ("2026-11-26T10:00:00+00:00", "Ya no tienes cita mañana, viernes 27 de noviembre, a las 9:20"),
        ("2026-11-27T06:00:00+00:00", "Ya no tienes cita hoy, viernes 27 de noviembre, a las 9:20"),
    ],
)
def test_a_cancellation_says_so_too(writer: EmailWriter, tokens: Tokens, sent_at: str, says: str) -> None:
    email = write(writer, message("appointment_cancelled", appointment(tokens)), sent_at)
    assert says in email.text
    assert says in seen(email.html)


@pytest.mark.parametrize("kind", ["appointment_confirmed", "appointment_rescheduled"])
def test_a_video_appointment_says_how_to_test_beforehand(writer: EmailWriter, tokens: Tokens, kind: str) -> None:
    email = write(writer, message(kind, appointment(tokens)))
    test = f"{SITE}/a/{tokens.derive('appointment', '01APPOINTMENT')}/test"
    assert f'href="{test}"' in email.html
    assert test in email.text
    assert test in event_of(email)[1]["DESCRIPTION"]
    for words in (
        "Prueba tu cámara, tu micrófono y tu conexión",
        "Tardas menos de un minuto",
        "Busca un lugar tranquilo",
        "Llámanos antes de la cita: 900 000 361",
    ):
        assert words in email.text
        assert words in seen(email.html).replace("&nbsp;", " ")


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("appointment_confirmed", "in_person"), ("appointment_cancelled", "video")],
)
def test_nobody_is_sent_to_a_test_without_a_call(
    writer: EmailWriter, tokens: Tokens, kind: str, mode: str
) -> None:
    email = write(writer, message(kind, appointment(tokens, mode=mode)))
    assert "/test" not in email.text + email.html


def test_text_has_no_holes(writer: EmailWriter, tokens: Tokens) -> None:
    for kind in ("appointment_confirmed", "appointment_rescheduled", "appointment_cancelled"):
        for mode in ("video", "in_person"):
            text = write(writer, message(kind, appointment(tokens, mode=mode, bring=None, access=None))).text
            assert "\n\n\n" not in text
            assert not re.search(r"[ \t]+\n", text)


def test_names_are_escaped_in_html_and_plain_in_text(writer: EmailWriter, tokens: Tokens) -> None:
    email = write(writer, message("appointment_confirmed", appointment(tokens, name="<b>Amina</b> & O'Hara")))
    assert "<b>Amina</b> & O'Hara" in email.text
    assert "<b>Amina</b>" not in email.html
    assert "&lt;b&gt;Amina&lt;/b&gt;" in email.html


def test_a_subject_is_one_line(writer: EmailWriter, tokens: Tokens) -> None:
    email = write(writer, message("ticket_issued", ticket(tokens, office="Oficina\r\nBcc: x@example.org")))
    assert not re.search(r"[\r\n]", email.subject)


def test_a_letter_needs_nothing_from_outside(writer: EmailWriter, tokens: Tokens) -> None:
    html = write(writer, message("appointment_confirmed", appointment(tokens))).html
    assert not re.search(r"<img|<script|<link|url\(|@import|@font-face", html)
    styles = re.findall(r"<style[^>]*>(.*?)</style>", html, flags=re.S)
    assert len(styles) == 1
    assert "prefers-color-scheme: dark" in styles[0]
    outside_media = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*\s*\}", "", styles[0])
    assert outside_media.strip() == ""  # everything else stands in the elements
    assert "var(--" not in html


def test_the_same_message_is_always_the_same_letter(writer: EmailWriter, tokens: Tokens) -> None:
    told = message("appointment_confirmed", appointment(tokens))
    assert write(writer, told) == write(writer, told)


def test_the_identifier_comes_from_the_key(writer: EmailWriter) -> None:
    one = message("appointment_confirmed", {})
    assert writer.message_id(one) == writer.message_id(replace(one, id="another row"))
    assert writer.message_id(one) != writer.message_id(replace(one, key="appointment_confirmed:2"))
    assert re.fullmatch(r"<[0-9a-f]{32}@citas\.example\.org>", writer.message_id(one))


def test_links_survive_a_rotation_of_the_secret(pages: Any, tokens: Tokens) -> None:
    old = Tokens(["the secret of last year, long enough for it"])
    both = Tokens(["a new secret, also long enough for a test..", "the secret of last year, long enough for it"])
    email = write(EmailWriter(pages, both, SITE, SENDER), message("appointment_confirmed", appointment(old)))
    assert email.links[0] == f"{SITE}/a/{old.derive('appointment', '01APPOINTMENT')}"


@pytest.mark.parametrize("kind", ["chess_tournament", "appointment_confirmed"])
def test_an_unknown_kind_or_a_missing_fact_is_a_lookup_error(writer: EmailWriter, kind: str) -> None:
    with pytest.raises(LookupError):
        write(writer, message(kind, {}))


@pytest.mark.parametrize("kind", ["appointment_confirmed", "appointment_rescheduled", "appointment_cancelled"])
def test_a_letter_about_an_appointment_is_over_when_the_appointment_is(tokens: Tokens, kind: str) -> None:
    told = message(kind, appointment(tokens))
    assert not has_outlived(told, at("2026-11-27T08:34:59+00:00"))
    assert has_outlived(told, at("2026-11-27T08:35:00+00:00"))


def test_a_letter_about_a_turn_is_over_half_a_day_later(tokens: Tokens) -> None:
    told = message("ticket_issued", ticket(tokens))
    assert not has_outlived(told, at("2026-11-20T21:59:59+00:00"))
    assert has_outlived(told, at("2026-11-20T22:00:00+00:00"))


# Until when it can be changed, reminders, running late

EVENING_BEFORE = "2026-11-26T17:00:00+00:00"


def both(email: Email) -> tuple[str, str]:
    return " ".join(email.text.split()), seen(email.html).replace("&nbsp;", " ").replace("\xa0", " ")


def remind(writer: EmailWriter, tokens: Tokens, kind: str, language: str = "es", **facts: Any) -> Email:
    payload = appointment(tokens, until="2026-11-27T08:20:00+00:00", **{"verdict": None, **facts})
    return write(writer, message(f"appointment_{kind}", payload, language), EVENING_BEFORE)


@pytest.mark.parametrize(
    ("until", "says"),
    [
        (None, "Puedes hacerlo hasta que empiece."),
        ("2026-11-27T06:20:00+00:00", "Puedes hacerlo hasta el viernes 27 de noviembre a las 7:20."),
        (EVENING_BEFORE, "Ya no se puede cambiar ni cancelar por internet."),
    ],
)
def test_a_letter_says_until_when_one_can_change_at_the_moment_it_leaves(
    writer: EmailWriter, tokens: Tokens, until: str | None, says: str
) -> None:
    for kind in ("confirmed", "reminder_days", "reminder_day"):
        assert all(says in part for part in both(remind(writer, tokens, kind, changes_until=until)))


def test_every_service_of_a_visit_is_named(writer: EmailWriter, tokens: Tokens) -> None:
    payload = appointment(tokens, mode="in_person", services=["Certificado digital", "Registro de documentos"])
    email = write(writer, message("appointment_confirmed", payload))
    for part in both(email):
        assert "Certificado digital" in part
        assert "Registro de documentos" in part
    assert event_of(email)[1]["SUMMARY"] == "Certificado digital, Registro de documentos · Oficina Centro"


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
def test_on_the_day_before_a_video_call_only_who_needs_the_test_is_sent_there(
    writer: EmailWriter, tokens: Tokens, verdict: str | None, says: str, tests: bool
) -> None:
    email = remind(writer, tokens, "reminder_day", verdict=verdict)
    assert "Tu videollamada es mañana" in email.text
    for part in both(email):
        assert says in part
    assert ("/test" in email.text, "/test" in email.html) == (tests, tests)


@pytest.mark.parametrize("kind", ["reminder_days", "reminder_hour"])
def test_the_other_reminders_do_not_ask_for_the_test_again(writer: EmailWriter, tokens: Tokens, kind: str) -> None:
    email = remind(writer, tokens, kind)
    assert "/test" not in email.text + email.html


def test_days_before_a_visit_there_is_time_to_get_what_is_missing(writer: EmailWriter, tokens: Tokens) -> None:
    email = remind(writer, tokens, "reminder_days", mode="in_person")
    for part in both(email):
        assert part.count("DNI o NIE") == 1
        assert "Si te falta algo, aún hay tiempo de conseguirlo." in part


@pytest.mark.parametrize(
    ("language", "mode", "says"),
    [
        ("es", "in_person", ("Tu cita es a las 9:20", "Podrás coger tu turno desde las 9:05.", "a qué mesa ir")),
        ("en", "video", ("Your video call is at 9:20", "You can enter from 9:05.", "Go to my video call")),
    ],
)
def test_an_hour_before_one_reads_from_when_one_can_go_in(
    writer: EmailWriter, tokens: Tokens, language: str, mode: str, says: tuple[str, ...]
) -> None:
    email = remind(writer, tokens, "reminder_hour", language, mode=mode)
    assert all(words in part for part in both(email) for words in says)
    assert (f"{SITE}/o/centro?appointment=" in email.html) == (mode == "in_person")


@pytest.mark.parametrize(
    ("mode", "told", "says"),
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
def test_a_delay_says_when_to_come_and_that_the_place_is_kept(
    writer: EmailWriter, tokens: Tokens, mode: str, told: str | None, says: tuple[str, ...]
) -> None:
    email = remind(writer, tokens, "late", mode=mode, come_at="2026-11-27T09:00:00+00:00", told_at=told)
    assert all(words in part for part in both(email) for words in says)
    assert email.subject.startswith(says[0])


# The calendar


def test_a_confirmation_is_published_with_a_reminder(writer: EmailWriter, tokens: Tokens) -> None:
    email = write(writer, message("appointment_confirmed", appointment(tokens)))
    calendar, event = event_of(email)
    assert email.calendar is not None
    assert email.calendar.method == calendar["METHOD"] == "PUBLISH"
    assert (event.uid, event["SEQUENCE"], event["SUMMARY"]) == (
        "01FIRST",
        0,
        "Certificado digital · Oficina Centro",
    )
    assert event.start == at("2026-11-27T08:20:00+00:00")
    assert event["URL"] == email.links[0]
    assert "La cámara no es obligatoria" in event["DESCRIPTION"]
    assert [part.name for part in event.walk()] == ["VEVENT", "VALARM"]


def test_a_visit_says_where(writer: EmailWriter, tokens: Tokens) -> None:
    payload = appointment(tokens, mode="in_person")
    _, event = event_of(write(writer, message("appointment_confirmed", payload)))
    assert event["LOCATION"] == "Oficina Centro, Calle del Olivar, 12"


def test_a_move_replaces_the_entry_and_a_cancellation_removes_it(writer: EmailWriter, tokens: Tokens) -> None:
    moved = appointment(tokens, revision=1, previous_starts_at="2026-11-26T11:00:00+00:00")
    _, after_move = event_of(write(writer, message("appointment_rescheduled", moved)))
    calendar, after_cancel = event_of(write(writer, message("appointment_cancelled", {**moved, "revision": 2})))
    assert after_move.uid == after_cancel.uid == "01FIRST"
    assert (after_move["SEQUENCE"], after_cancel["SEQUENCE"]) == (1, 2)
    assert (calendar["METHOD"], after_cancel["STATUS"]) == ("CANCEL", "CANCELLED")
