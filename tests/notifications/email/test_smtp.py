"""E-mails over SMTP to a real server: contents, encryption, refusals and retries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from office360.core.db.outbox import OutboxRow
from office360.core.runtime import Runtime
from office360.notifications.actions.worker import (
    LEASE,
    DeliveryChannel,
    run_delivery_worker,
    send_due_messages,
)
from office360.notifications.channels import find_mail_server_problem, open_email_channels
from office360.notifications.email import smtp
from office360.server.web.templates import JinjaRenderer

from ...support.ports import free_port
from ...support.processes import EXIT_TIMEOUT_S, fork_program
from ..support.messages import SENDER, WORKER_PROGRAM, enqueue_message, stored_messages
from ..support.payloads import appointment_payload
from ..support.smtp_server import LOOPBACK, LocalMailServer, parse_email, run_mail_server

TIMEOUT_S = 15  # below COMMAND_TIMEOUT_S of smtp.py: no test waits for that
AMINA = "amina@example.org"
SITE = "http://127.0.0.1:1"


@pytest.fixture
async def mail_server(tmp_path: Path) -> AsyncIterator[LocalMailServer]:
    async with run_mail_server(tmp_path) as server:
        yield server


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the self-signed certificate of the test servers."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))


def open_channels(
    runtime: Runtime, pages: JinjaRenderer, url: str
) -> AbstractAsyncContextManager[dict[str, DeliveryChannel]]:
    return open_email_channels(runtime, pages, SENDER, url)


async def enqueue_email(runtime: Runtime, key: str = "one", **values: Any) -> None:
    await enqueue_message(runtime, key, payload=appointment_payload(runtime.tokens), **values)


async def send_due(runtime: Runtime, pages: JinjaRenderer, url: str) -> int:
    async with open_channels(runtime, pages, url) as channels, asyncio.timeout(TIMEOUT_S):
        return await send_due_messages(runtime, channels, jitter=lambda: 0.0)


async def outbox_row(runtime: Runtime, key: str = "one") -> OutboxRow:
    return (await stored_messages(runtime))[key]


# Contents and connections


async def test_email_arrives_with_text_html_and_calendar(
    runtime: Runtime, pages: JinjaRenderer, mail_server: LocalMailServer
) -> None:
    await enqueue_email(runtime)
    assert await send_due(runtime, pages, mail_server.url()) == 1
    (envelope,), (email,) = mail_server.envelopes, mail_server.emails
    assert (envelope.mail_from, envelope.rcpt_tos) == ("no-reply@example.org", [AMINA])
    assert (email["From"], email["To"]) == (SENDER, AMINA)
    assert email["Subject"] == "Cita confirmada: viernes 27 de noviembre, 9:20"
    kinds = [part.get_content_type() for part in email.walk() if not part.is_multipart()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    plain, page, calendar = (part for part in email.walk() if not part.is_multipart())
    assert "Certificado digital" in plain.get_content()
    assert "<html" in page.get_content()
    assert calendar.get_param("method") == "PUBLISH"
    assert calendar.get_filename() == "office360.ics"
    assert calendar.get_content().startswith("BEGIN:VCALENDAR\r\n")
    stored = await outbox_row(runtime)
    assert (stored.state, stored.failure) == ("sent", None)


async def test_email_has_auto_submitted_and_date_headers(
    runtime: Runtime, pages: JinjaRenderer, mail_server: LocalMailServer, clock: Any
) -> None:
    await enqueue_email(runtime)
    clock.advance(hours=2)
    await send_due(runtime, pages, mail_server.url())
    (email,) = mail_server.emails
    assert email["Auto-Submitted"] == "auto-generated"
    assert email["Date"].datetime == runtime.now().replace(microsecond=0)
    assert "List-Unsubscribe" not in email  # a confirmation cannot be stopped


async def test_email_is_ascii_in_short_lines(
    runtime: Runtime, pages: JinjaRenderer, mail_server: LocalMailServer
) -> None:
    await enqueue_email(runtime)
    await send_due(runtime, pages, mail_server.url())
    content = mail_server.envelopes[0].content
    assert isinstance(content, bytes)
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998  # RFC 5322, 2.1.1


async def test_emails_share_one_connection(
    runtime: Runtime, pages: JinjaRenderer, mail_server: LocalMailServer
) -> None:
    async with open_channels(runtime, pages, mail_server.url()) as channels:
        for number in range(5):
            await enqueue_email(runtime, f"m{number}")
            await send_due_messages(runtime, channels)
    assert (len(mail_server.emails), mail_server.connections) == (5, 1)


async def test_burst_uses_limited_connections(
    runtime: Runtime, pages: JinjaRenderer, mail_server: LocalMailServer
) -> None:
    for number in range(2 * smtp.MAX_CONNECTIONS):
        await enqueue_email(runtime, f"m{number}", recipient=f"m{number}@{number % 3}.example.org")
        mail_server.gates[f"m{number}@{number % 3}.example.org"] = asyncio.Event()
    async with open_channels(runtime, pages, mail_server.url()) as channels:
        sending = asyncio.create_task(send_due_messages(runtime, channels))
        await asyncio.wait_for(mail_server.email_arrived.wait(), TIMEOUT_S)
        for gate in mail_server.gates.values():
            gate.set()
        await sending
    assert len(mail_server.emails) == 2 * smtp.MAX_CONNECTIONS
    assert mail_server.connections == mail_server.most_open == smtp.MAX_CONNECTIONS


async def test_idle_connection_closed_by_server_is_replaced(
    runtime: Runtime, pages: JinjaRenderer, mail_server: LocalMailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "UNCHECKED_IDLE_S", 0)
    async with open_channels(runtime, pages, mail_server.url()) as channels:
        for key in ("one", "two"):
            await enqueue_email(runtime, key)
            await send_due_messages(runtime, channels)
            mail_server.close_connections()
    assert (len(mail_server.emails), mail_server.connections) == (2, 2)
    assert {stored.attempts for stored in (await stored_messages(runtime)).values()} == {1}


# Encryption and login


@pytest.mark.usefixtures("trusted")
async def test_login_is_sent_over_starttls(runtime: Runtime, pages: JinjaRenderer, tmp_path: Path) -> None:
    async with run_mail_server(tmp_path, starttls=True, login=True) as server:
        await enqueue_email(runtime)
        await send_due(runtime, pages, server.url(user=True, query="?starttls=required"))
        assert (len(server.emails), server.logins) == (1, ["office360"])


@pytest.mark.usefixtures("trusted")
async def test_smtps_sends_over_implicit_tls(runtime: Runtime, pages: JinjaRenderer, tmp_path: Path) -> None:
    async with run_mail_server(tmp_path, tls=True) as server:
        await enqueue_email(runtime)
        await send_due(runtime, pages, server.url(scheme="smtps"))
        assert len(server.emails) == 1


async def test_offered_starttls_accepts_any_certificate(
    runtime: Runtime, pages: JinjaRenderer, tmp_path: Path
) -> None:
    async with run_mail_server(tmp_path, starttls=True) as server:
        await enqueue_email(runtime)
        await send_due(runtime, pages, server.url())
        (envelope,) = server.envelopes
        assert server.encrypted == [True]
        assert envelope.rcpt_tos == [AMINA]


async def test_required_starttls_refuses_unknown_certificate(
    runtime: Runtime, pages: JinjaRenderer, tmp_path: Path
) -> None:
    async with run_mail_server(tmp_path, starttls=True, login=True) as server:
        await enqueue_email(runtime)
        await send_due(runtime, pages, server.url(user=True, query="?starttls=required"))
        assert (server.emails, server.logins) == ([], [])
    stored = await outbox_row(runtime)
    assert (stored.state, stored.failure) == ("pending", "its certificate is not trusted: self-signed certificate")


async def test_missing_required_starttls_sends_nothing(
    runtime: Runtime, pages: JinjaRenderer, mail_server: LocalMailServer
) -> None:
    await enqueue_email(runtime)
    await send_due(runtime, pages, mail_server.url(query="?starttls=required"))
    stored = await outbox_row(runtime)
    assert (stored.state, stored.failure) == ("pending", "it does not offer STARTTLS")
    assert mail_server.envelopes == []


async def test_wrong_password_leaves_email_pending(runtime: Runtime, pages: JinjaRenderer, tmp_path: Path) -> None:
    async with run_mail_server(tmp_path, login=True) as server:
        await enqueue_email(runtime)
        await send_due(runtime, pages, server.url(user=True, password="wrong"))
        stored = await outbox_row(runtime)
        assert stored.state == "pending"
        assert stored.failure is not None
        assert stored.failure.startswith("it refuses us: 535")
        assert "wrong" not in stored.failure


# Refusals


@pytest.mark.parametrize("answer", ["550 5.1.1 No such user here", "554 No", "501 5.1.3 Bad address"])
async def test_unknown_recipient_makes_email_dead_at_once(
    runtime: Runtime, pages: JinjaRenderer, mail_server: LocalMailServer, answer: str
) -> None:
    mail_server.rcpt_answers[AMINA] = answer
    await enqueue_email(runtime)
    await send_due(runtime, pages, mail_server.url())
    stored = await outbox_row(runtime)
    assert (stored.state, stored.attempts) == ("dead", 1)
    assert stored.failure is not None
    assert stored.failure.startswith(f"recipient_refused {answer[:3]}")
    assert "user" not in stored.failure


@pytest.mark.parametrize(
    "answer",
    [
        "450 4.2.0 Greylisted, come back",
        "421 4.3.2 Shutting down",
        "552 5.2.2 Mailbox full",
        "554 5.7.1 Relay access denied",
        "530 5.7.0 Authentication required",
    ],
)
async def test_temporary_recipient_refusal_is_retried(
    runtime: Runtime, pages: JinjaRenderer, mail_server: LocalMailServer, clock: Any, answer: str
) -> None:
    mail_server.rcpt_answers[AMINA] = answer
    await enqueue_email(runtime)
    await send_due(runtime, pages, mail_server.url())
    assert (await outbox_row(runtime)).state == "pending"
    mail_server.rcpt_answers.clear()
    clock.advance(seconds=15)
    await send_due(runtime, pages, mail_server.url())
    assert ((await outbox_row(runtime)).state, len(mail_server.emails)) == ("sent", 1)


async def test_refused_content_is_dead_and_busy_server_is_retried(
    runtime: Runtime, pages: JinjaRenderer, mail_server: LocalMailServer
) -> None:
    mail_server.data_answers = {
        "spam@example.org": "554 5.7.1 Looks like spam",
        "busy@example.org": "451 4.3.0 Later",
    }
    await enqueue_email(runtime, "spam", recipient="spam@example.org")
    await enqueue_email(runtime, "busy", recipient="busy@example.org")
    await send_due(runtime, pages, mail_server.url())
    stored = await stored_messages(runtime)
    assert (stored["spam"].state, stored["spam"].failure) == ("dead", "letter_refused 554 5.7.1")
    assert (stored["busy"].state, stored["busy"].failure) == ("pending", "letter_refused 451 4.3.0")


async def test_refused_sender_leaves_email_pending(
    runtime: Runtime, pages: JinjaRenderer, mail_server: LocalMailServer
) -> None:
    mail_server.mail_answer = "553 5.1.8 Sender not yours"
    await enqueue_email(runtime)
    await send_due(runtime, pages, mail_server.url())
    stored = await outbox_row(runtime)
    assert (stored.state, stored.failure) == ("pending", "sender_refused 553 5.1.8")


async def test_connection_is_reused_after_refusal(
    runtime: Runtime, pages: JinjaRenderer, mail_server: LocalMailServer
) -> None:
    mail_server.rcpt_answers["gone@example.org"] = "550 5.1.1 Gone"
    async with open_channels(runtime, pages, mail_server.url()) as channels:
        await enqueue_email(runtime, "gone", recipient="gone@example.org")
        await send_due_messages(runtime, channels)
        await enqueue_email(runtime, "good")
        await send_due_messages(runtime, channels)
    assert ([email["To"] for email in mail_server.emails], mail_server.connections) == ([AMINA], 1)


# Broken and slow connections


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
async def test_cut_connection_is_retried(
    runtime: Runtime, pages: JinjaRenderer, mail_server: LocalMailServer, clock: Any, command: str
) -> None:
    mail_server.cut_at_commands.add(command)
    await enqueue_email(runtime)
    await send_due(runtime, pages, mail_server.url())
    assert (await outbox_row(runtime)).state == "pending"
    clock.advance(seconds=15)
    await send_due(runtime, pages, mail_server.url())
    assert ((await outbox_row(runtime)).state, len(mail_server.emails)) == ("sent", 1)


async def test_unreachable_server_gets_email_after_restart(
    runtime: Runtime, pages: JinjaRenderer, tmp_path: Path, clock: Any
) -> None:
    port = free_port()
    async with run_mail_server(tmp_path, port=port) as server:
        url = server.url()
    await enqueue_email(runtime)
    await send_due(runtime, pages, url)
    stored = await outbox_row(runtime)
    assert stored.state == "pending"
    assert stored.failure is not None
    assert stored.failure.startswith("no connection")
    clock.advance(seconds=15)
    async with run_mail_server(tmp_path, port=port) as server:
        await send_due(runtime, pages, url)
        assert len(server.emails) == 1


@asynccontextmanager
async def silent_server() -> AsyncIterator[str]:
    """Run a server that accepts connections and sends nothing."""
    released = asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await released.wait()
        writer.close()

    server = await asyncio.start_server(listen, LOOPBACK, 0)
    yield f"smtp://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"
    released.set()
    server.close()
    await server.wait_closed()


async def test_silent_server_times_out(
    runtime: Runtime, pages: JinjaRenderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "COMMAND_TIMEOUT_S", 0.05)
    await enqueue_email(runtime)
    async with silent_server() as url:
        await send_due(runtime, pages, url)
        assert await find_mail_server_problem(url, sender=SENDER, public_url=SITE) == "no answer within 0.05 s"
    assert (await outbox_row(runtime)).state == "pending"


async def test_email_is_retried_if_all_connections_are_busy(
    runtime: Runtime, pages: JinjaRenderer, mail_server: LocalMailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "CONNECTION_WAIT_S", 0.05)
    gate = asyncio.Event()
    for number in range(smtp.MAX_CONNECTIONS + 1):
        recipient = f"m{number}@{number % 2}.example.org"
        await enqueue_email(runtime, f"m{number}", recipient=recipient)
        mail_server.gates[recipient] = gate
    async with open_channels(runtime, pages, mail_server.url()) as channels:
        sending = asyncio.create_task(send_due_messages(runtime, channels))
        async with asyncio.timeout(TIMEOUT_S):
            while not any(stored.failure for stored in (await stored_messages(runtime)).values()):
                await asyncio.sleep(0.01)
        gate.set()
        await sending
    failures = [
        stored.failure for stored in (await stored_messages(runtime)).values() if stored.state == "pending"
    ]
    assert failures == ["all connections are busy"]


async def test_hanging_domain_leaves_connection_to_other_domains(
    runtime: Runtime, pages: JinjaRenderer, mail_server: LocalMailServer
) -> None:
    gate = asyncio.Event()
    for number in range(smtp.MAX_CONNECTIONS + 1):
        await enqueue_email(runtime, f"m{number}", recipient=f"m{number}@hangs.example.org")
        mail_server.gates[f"m{number}@hangs.example.org"] = gate
    await enqueue_email(runtime, "other", recipient="amina@example.org")
    async with open_channels(runtime, pages, mail_server.url()) as channels:
        sending = asyncio.create_task(send_due_messages(runtime, channels))
        async with asyncio.timeout(TIMEOUT_S):
            while (await stored_messages(runtime))["other"].state != "sent":
                await asyncio.sleep(0.01)
        gate.set()
        await sending


async def test_stuck_mail_server_does_not_delay_other_channel(runtime: Runtime, pages: JinjaRenderer) -> None:
    arrived = asyncio.Event()

    class ArrivalChannel:
        async def send(self, message: Any) -> None:
            arrived.set()

    for number in range(10):
        await enqueue_email(runtime, f"m{number}")
    stop = asyncio.Event()
    async with silent_server() as url, open_channels(runtime, pages, url) as channels:
        running = asyncio.create_task(run_delivery_worker(runtime, {**channels, "sms": ArrivalChannel()}, stop))
        await enqueue_email(runtime, "sms", channel="sms")
        await asyncio.wait_for(arrived.wait(), TIMEOUT_S)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_slow_email_does_not_delay_other_email(
    runtime: Runtime, pages: JinjaRenderer, mail_server: LocalMailServer
) -> None:
    mail_server.gates["slow@example.org"] = asyncio.Event()
    await enqueue_email(runtime, "slow", recipient="slow@example.org")
    await enqueue_email(runtime, "quick")
    async with open_channels(runtime, pages, mail_server.url()) as channels:
        sending = asyncio.create_task(send_due_messages(runtime, channels))
        async with asyncio.timeout(TIMEOUT_S):
            while not mail_server.envelopes:
                await asyncio.sleep(0)
        mail_server.gates["slow@example.org"].set()
        await sending
    assert [email["To"] for email in mail_server.emails] == [AMINA, "slow@example.org"]


async def test_cancelled_send_closes_its_connection(
    runtime: Runtime, pages: JinjaRenderer, mail_server: LocalMailServer, clock: Any
) -> None:
    gate = mail_server.gates[AMINA] = asyncio.Event()
    await enqueue_email(runtime)
    async with open_channels(runtime, pages, mail_server.url()) as channels:
        stopped = asyncio.create_task(send_due_messages(runtime, channels))
        await asyncio.wait_for(mail_server.email_arrived.wait(), TIMEOUT_S)
        stopped.cancel()
        await asyncio.gather(stopped, return_exceptions=True)
        gate.set()
        clock.advance(seconds=LEASE.total_seconds())
        assert await send_due_messages(runtime, channels) == 1
    assert ((await outbox_row(runtime)).state, mail_server.connections) == ("sent", 2)


async def test_email_is_resent_with_same_id_after_worker_kill(
    runtime: Runtime,
    pages: JinjaRenderer,
    mail_server: LocalMailServer,
    clock: Any,
    database_url: str,
    tmp_path: Path,
) -> None:
    clock.set(datetime.now(UTC))  # the other process uses the clock of the machine
    in_a_week = {name: (clock.now() + timedelta(days=7)).isoformat() for name in ("starts_at", "ends_at")}
    await enqueue_message(runtime, "one", payload={**appointment_payload(runtime.tokens), **in_a_week})
    gate = mail_server.gates[AMINA] = asyncio.Event()
    process = fork_program(tmp_path, WORKER_PROGRAM, database_url, "email", mail_server.url())
    await asyncio.wait_for(mail_server.email_arrived.wait(), 3 * TIMEOUT_S)
    process.kill()
    process.wait(EXIT_TIMEOUT_S)
    gate.set()

    assert (await outbox_row(runtime)).state == "sending"
    clock.set(datetime.now(UTC) + LEASE)
    assert await send_due(runtime, pages, mail_server.url()) == 1
    first, second = (parse_email(envelope)["Message-ID"] for envelope in mail_server.arrived)
    assert first == second
    assert (await outbox_row(runtime)).state == "sent"


async def test_delivered_email_left_pending_is_not_resent(
    runtime: Runtime, pages: JinjaRenderer, mail_server: LocalMailServer
) -> None:
    await enqueue_email(runtime)
    await send_due(runtime, pages, mail_server.url())
    async with runtime.transaction() as tx:
        stored = await tx.session.get(OutboxRow, (await outbox_row(runtime)).id)
        assert stored is not None
        stored.state = "pending"
    await send_due(runtime, pages, mail_server.url())
    assert ((await outbox_row(runtime)).state, len(mail_server.emails)) == ("sent", 1)


async def test_expired_email_is_dead_without_connection(
    runtime: Runtime, pages: JinjaRenderer, mail_server: LocalMailServer, clock: Any
) -> None:
    await enqueue_email(runtime)
    clock.advance(days=3)
    await send_due(runtime, pages, mail_server.url())
    stored = await outbox_row(runtime)
    assert (stored.state, stored.failure, mail_server.connections) == ("dead", "too_late", 0)


# Addresses


async def test_international_domain_is_sent_in_ascii(
    runtime: Runtime, pages: JinjaRenderer, tmp_path: Path
) -> None:
    async with run_mail_server(tmp_path, utf8=False) as server:
        await enqueue_email(runtime, recipient="amina@peña.example")
        await send_due(runtime, pages, server.url())
        assert server.envelopes[0].rcpt_tos == ["amina@xn--pea-8ma.example"]
        assert server.emails[0]["To"] == "amina@xn--pea-8ma.example"


async def test_accented_local_part_is_sent_to_smtputf8_server(
    runtime: Runtime, pages: JinjaRenderer, mail_server: LocalMailServer
) -> None:
    await enqueue_email(runtime, recipient="begoña@example.org")
    await send_due(runtime, pages, mail_server.url())
    assert mail_server.envelopes[0].rcpt_tos == ["begoña@example.org"]
    assert mail_server.emails[0]["To"] == "begoña@example.org"


async def test_accented_local_part_is_dead_without_smtputf8(
    runtime: Runtime, pages: JinjaRenderer, tmp_path: Path
) -> None:
    async with run_mail_server(tmp_path, utf8=False) as server:
        await enqueue_email(runtime, recipient="begoña@example.org")
        await send_due(runtime, pages, server.url())
        assert server.envelopes == []
    stored = await outbox_row(runtime)
    assert (stored.state, stored.failure) == ("dead", "address_needs_smtputf8")


@pytest.mark.parametrize(
    "recipient",
    ["amina", "a@b@", "a b@example.org", "a@example.org\r\nRCPT TO:<x@example.org>", "<a@example.org>"],
)
async def test_invalid_address_reaches_no_server(
    runtime: Runtime, pages: JinjaRenderer, mail_server: LocalMailServer, recipient: str
) -> None:
    await enqueue_email(runtime, recipient=recipient)
    await send_due(runtime, pages, mail_server.url())
    stored = await outbox_row(runtime)
    assert (stored.state, stored.failure, mail_server.connections) == ("dead", "not_an_address", 0)


# The check of the mail server


async def test_working_server_has_no_problem(
    mail_server: LocalMailServer,
) -> None:
    assert await find_mail_server_problem(mail_server.url(), sender=SENDER, public_url=SITE) is None
    assert mail_server.envelopes == []


async def test_server_problems_are_described(tmp_path: Path) -> None:
    async def problem(url: str) -> str:
        return await find_mail_server_problem(url, sender=SENDER, public_url=SITE) or "none"

    async with run_mail_server(tmp_path, starttls=True, login=True) as server:
        assert await problem(server.url()) == "it refuses us: 530 5.7.0 Authentication required"
        untrusted = await problem(server.url(user=True, query="?starttls=required"))
        assert untrusted.startswith("its certificate is not trusted")
        assert (await problem(server.url(user=True, password="wrong"))).startswith("it refuses us: 535")
    assert (await problem(server.url())).startswith("no connection")
    async with run_mail_server(tmp_path) as server:
        assert await problem(server.url(user=True)) == "it takes no login on this connection"
        assert await problem(server.url(query="?starttls=required")) == "it does not offer STARTTLS"
        assert (await problem(server.url(scheme="smtps"))).startswith("no encrypted connection")
        server.mail_answer = "553 5.1.8 Sender not yours"
        assert await problem(server.url()) == "it refuses us: 553 5.1.8 Sender not yours"
