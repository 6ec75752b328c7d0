"""Letters over SMTP to a real server: what arrives, what is tried again, what is given up. Nothing is lost."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from office360.core.db.outbox import OutboxRow
from office360.core.runtime import Runtime
from office360.notifications.actions.worker import LEASE
from office360.notifications.email import smtp
from office360.notifications.service import Channel, run, smtp_channels, smtp_problem, work_once
from office360.server.web.templates import JinjaPages

from ...support.ports import free_port
from ..conftest import SENDER, appointment, enqueue, rows
from ..support.smtp_server import LOOPBACK, PostOffice, parsed, post_office

TIMEOUT_S = 15  # nothing here waits for a server that says nothing, which smtp.py does for STEP_S
AMINA = "amina@example.org"
SITE = "http://127.0.0.1:1"


@pytest.fixture
async def office_by_post(tmp_path: Path) -> AsyncIterator[PostOffice]:
    async with post_office(tmp_path) as post:
        yield post


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine trusts the certificate that the servers of the tests make themselves."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))


def channels(runtime: Runtime, pages: JinjaPages, url: str) -> AbstractAsyncContextManager[dict[str, Channel]]:
    return smtp_channels(runtime, pages, SENDER, url)


async def post(runtime: Runtime, key: str = "one", **more: Any) -> None:
    await enqueue(runtime, key, payload=appointment(runtime.tokens), **more)


async def send(runtime: Runtime, pages: JinjaPages, url: str) -> int:
    async with channels(runtime, pages, url) as to, asyncio.timeout(TIMEOUT_S):
        return await work_once(runtime, to, jitter=lambda: 0.0)


async def row(runtime: Runtime, key: str = "one") -> OutboxRow:
    return (await rows(runtime))[key]


# What arrives


async def test_a_letter_arrives_with_text_page_and_calendar(
    runtime: Runtime, pages: JinjaPages, office_by_post: PostOffice
) -> None:
    await post(runtime)
    assert await send(runtime, pages, office_by_post.url()) == 1
    (envelope,), (letter,) = office_by_post.envelopes, office_by_post.letters
    assert (envelope.mail_from, envelope.rcpt_tos) == ("no-reply@example.org", [AMINA])
    assert (letter["From"], letter["To"]) == (SENDER, AMINA)
    assert letter["Subject"] == "Cita confirmada: viernes 27 de noviembre, 9:20"
    kinds = [part.get_content_type() for part in letter.walk() if not part.is_multipart()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    plain, page, calendar = (part for part in letter.walk() if not part.is_multipart())
    assert "Certificado digital" in plain.get_content()
    assert "<html" in page.get_content()
    assert calendar.get_param("method") == "PUBLISH"
    assert calendar.get_filename() == "office360.ics"
    assert calendar.get_content().startswith("BEGIN:VCALENDAR\r\n")
    stored = await row(runtime)
    assert (stored.state, stored.failure) == ("sent", None)


async def test_a_letter_says_that_a_machine_wrote_it_and_when_it_left(
    runtime: Runtime, pages: JinjaPages, office_by_post: PostOffice, clock: Any
) -> None:
    await post(runtime)
    clock.advance(hours=2)
    await send(runtime, pages, office_by_post.url())
    (letter,) = office_by_post.letters
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"].datetime == runtime.now().replace(microsecond=0)
    assert "List-Unsubscribe" not in letter  # who unsubscribes from their own appointment has lost it


async def test_what_leaves_is_ascii_in_short_lines(
    runtime: Runtime, pages: JinjaPages, office_by_post: PostOffice
) -> None:
    await post(runtime)
    await send(runtime, pages, office_by_post.url())
    content = office_by_post.envelopes[0].content
    assert isinstance(content, bytes)
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998  # RFC 5322, 2.1.1


async def test_many_letters_share_a_connection(
    runtime: Runtime, pages: JinjaPages, office_by_post: PostOffice
) -> None:
    async with channels(runtime, pages, office_by_post.url()) as to:
        for number in range(5):
            await post(runtime, f"m{number}")
            await work_once(runtime, to)
    assert (len(office_by_post.letters), office_by_post.connections) == (5, 1)


async def test_a_burst_uses_a_few_connections_at_a_time(
    runtime: Runtime, pages: JinjaPages, office_by_post: PostOffice
) -> None:
    for number in range(2 * smtp.LANES):
        await post(runtime, f"m{number}", recipient=f"m{number}@{number % 3}.example.org")
        office_by_post.gate[f"m{number}@{number % 3}.example.org"] = asyncio.Event()
    async with channels(runtime, pages, office_by_post.url()) as to:
        sending = asyncio.create_task(work_once(runtime, to))
        await asyncio.wait_for(office_by_post.asked.wait(), TIMEOUT_S)
        for gate in office_by_post.gate.values():
            gate.set()
        await sending
    assert len(office_by_post.letters) == 2 * smtp.LANES
    assert office_by_post.connections == office_by_post.most_open == smtp.LANES


async def test_a_kept_connection_that_the_server_closed_is_replaced(
    runtime: Runtime, pages: JinjaPages, office_by_post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "FRESH_S", 0)
    async with channels(runtime, pages, office_by_post.url()) as to:
        for key in ("one", "two"):
            await post(runtime, key)
            await work_once(runtime, to)
            office_by_post.hang_up()
    assert (len(office_by_post.letters), office_by_post.connections) == (2, 2)
    assert {stored.attempts for stored in (await rows(runtime)).values()} == {1}


# Encryption and login


@pytest.mark.usefixtures("trusted")
async def test_a_login_goes_over_starttls(runtime: Runtime, pages: JinjaPages, tmp_path: Path) -> None:
    async with post_office(tmp_path, starttls=True, login=True) as server:
        await post(runtime)
        await send(runtime, pages, server.url(user=True, query="?starttls=required"))
        assert (len(server.letters), server.logins) == (1, ["office360"])


@pytest.mark.usefixtures("trusted")
async def test_a_letter_goes_over_tls_from_the_start(runtime: Runtime, pages: JinjaPages, tmp_path: Path) -> None:
    async with post_office(tmp_path, tls=True) as server:
        await post(runtime)
        await send(runtime, pages, server.url(scheme="smtps"))
        assert len(server.letters) == 1


async def test_an_offered_starttls_is_taken_from_any_certificate(
    runtime: Runtime, pages: JinjaPages, tmp_path: Path
) -> None:
    async with post_office(tmp_path, starttls=True) as server:
        await post(runtime)
        await send(runtime, pages, server.url())
        (envelope,) = server.envelopes
        assert server.encrypted == [True]
        assert envelope.rcpt_tos == [AMINA]


async def test_an_unknown_certificate_is_refused_where_it_counts_and_the_letter_waits(
    runtime: Runtime, pages: JinjaPages, tmp_path: Path
) -> None:
    async with post_office(tmp_path, starttls=True, login=True) as server:
        await post(runtime)
        await send(runtime, pages, server.url(user=True, query="?starttls=required"))
        assert (server.letters, server.logins) == ([], [])
    stored = await row(runtime)
    assert (stored.state, stored.failure) == ("pending", "its certificate is not trusted: self-signed certificate")


async def test_a_required_starttls_that_is_not_offered_sends_nothing_in_clear(
    runtime: Runtime, pages: JinjaPages, office_by_post: PostOffice
) -> None:
    await post(runtime)
    await send(runtime, pages, office_by_post.url(query="?starttls=required"))
    stored = await row(runtime)
    assert (stored.state, stored.failure) == ("pending", "it does not offer STARTTLS")
    assert office_by_post.envelopes == []


async def test_a_wrong_password_is_our_fault_and_no_letter_pays_for_it(
    runtime: Runtime, pages: JinjaPages, tmp_path: Path
) -> None:
    async with post_office(tmp_path, login=True) as server:
        await post(runtime)
        await send(runtime, pages, server.url(user=True, password="wrong"))
        stored = await row(runtime)
        assert stored.state == "pending"
        assert stored.failure is not None
        assert stored.failure.startswith("it refuses us: 535")
        assert "wrong" not in stored.failure


# Refusals


@pytest.mark.parametrize("answer", ["550 5.1.1 No such user here", "554 No", "501 5.1.3 Bad address"])
async def test_a_recipient_that_does_not_exist_is_given_up_at_once(
    runtime: Runtime, pages: JinjaPages, office_by_post: PostOffice, answer: str
) -> None:
    office_by_post.rcpt[AMINA] = answer
    await post(runtime)
    await send(runtime, pages, office_by_post.url())
    stored = await row(runtime)
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
async def test_what_can_pass_is_tried_again(
    runtime: Runtime, pages: JinjaPages, office_by_post: PostOffice, clock: Any, answer: str
) -> None:
    office_by_post.rcpt[AMINA] = answer
    await post(runtime)
    await send(runtime, pages, office_by_post.url())
    assert (await row(runtime)).state == "pending"
    office_by_post.rcpt.clear()
    clock.advance(seconds=15)
    await send(runtime, pages, office_by_post.url())
    assert ((await row(runtime)).state, len(office_by_post.letters)) == ("sent", 1)


async def test_a_refused_letter_is_given_up_and_a_busy_server_is_not(
    runtime: Runtime, pages: JinjaPages, office_by_post: PostOffice
) -> None:
    office_by_post.data = {"spam@example.org": "554 5.7.1 Looks like spam", "busy@example.org": "451 4.3.0 Later"}
    await post(runtime, "spam", recipient="spam@example.org")
    await post(runtime, "busy", recipient="busy@example.org")
    await send(runtime, pages, office_by_post.url())
    stored = await rows(runtime)
    assert (stored["spam"].state, stored["spam"].failure) == ("dead", "letter_refused 554 5.7.1")
    assert (stored["busy"].state, stored["busy"].failure) == ("pending", "letter_refused 451 4.3.0")


async def test_a_refused_sender_is_our_fault_and_no_letter_pays_for_it(
    runtime: Runtime, pages: JinjaPages, office_by_post: PostOffice
) -> None:
    office_by_post.mail = "553 5.1.8 Sender not yours"
    await post(runtime)
    await send(runtime, pages, office_by_post.url())
    stored = await row(runtime)
    assert (stored.state, stored.failure) == ("pending", "sender_refused 553 5.1.8")


async def test_a_refusal_leaves_the_connection_good_for_the_next_letter(
    runtime: Runtime, pages: JinjaPages, office_by_post: PostOffice
) -> None:
    office_by_post.rcpt["gone@example.org"] = "550 5.1.1 Gone"
    async with channels(runtime, pages, office_by_post.url()) as to:
        await post(runtime, "gone", recipient="gone@example.org")
        await work_once(runtime, to)
        await post(runtime, "good")
        await work_once(runtime, to)
    assert ([letter["To"] for letter in office_by_post.letters], office_by_post.connections) == ([AMINA], 1)


# A bad line


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
async def test_a_line_that_is_cut_costs_a_pause_and_no_letter(
    runtime: Runtime, pages: JinjaPages, office_by_post: PostOffice, clock: Any, command: str
) -> None:
    office_by_post.cuts.add(command)
    await post(runtime)
    await send(runtime, pages, office_by_post.url())
    assert (await row(runtime)).state == "pending"
    clock.advance(seconds=15)
    await send(runtime, pages, office_by_post.url())
    assert ((await row(runtime)).state, len(office_by_post.letters)) == ("sent", 1)


async def test_a_server_that_is_down_gets_the_letters_when_it_is_back(
    runtime: Runtime, pages: JinjaPages, tmp_path: Path, clock: Any
) -> None:
    port = free_port()
    async with post_office(tmp_path, port=port) as server:
        url = server.url()
    await post(runtime)
    await send(runtime, pages, url)
    stored = await row(runtime)
    assert stored.state == "pending"
    assert stored.failure is not None
    assert stored.failure.startswith("no connection")
    clock.advance(seconds=15)
    async with post_office(tmp_path, port=port) as server:
        await send(runtime, pages, url)
        assert len(server.letters) == 1


@asynccontextmanager
async def silent_server() -> AsyncIterator[str]:
    """Takes connections and never says a word."""
    released = asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await released.wait()
        writer.close()

    server = await asyncio.start_server(listen, LOOPBACK, 0)
    yield f"smtp://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"
    released.set()
    server.close()
    await server.wait_closed()


async def test_a_server_that_never_answers_is_given_a_limit(
    runtime: Runtime, pages: JinjaPages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "STEP_S", 0.05)
    await post(runtime)
    async with silent_server() as url:
        await send(runtime, pages, url)
        assert await smtp_problem(url, sender=SENDER, public_url=SITE) == "no answer within 0.05 s"
    assert (await row(runtime)).state == "pending"


async def test_a_letter_that_finds_all_connections_stuck_is_put_off(
    runtime: Runtime, pages: JinjaPages, office_by_post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "LANE_S", 0.05)
    stuck = asyncio.Event()
    for number in range(smtp.LANES + 1):
        to_whom = f"m{number}@{number % 2}.example.org"
        await post(runtime, f"m{number}", recipient=to_whom)
        office_by_post.gate[to_whom] = stuck
    async with channels(runtime, pages, office_by_post.url()) as to:
        sending = asyncio.create_task(work_once(runtime, to))
        async with asyncio.timeout(TIMEOUT_S):
            while not any(stored.failure for stored in (await rows(runtime)).values()):
                await asyncio.sleep(0.01)
        stuck.set()
        await sending
    left = [stored.failure for stored in (await rows(runtime)).values() if stored.state == "pending"]
    assert left == ["all connections are busy"]


async def test_letters_to_a_domain_that_hangs_leave_a_connection_to_the_others(
    runtime: Runtime, pages: JinjaPages, office_by_post: PostOffice
) -> None:
    stuck = asyncio.Event()
    for number in range(smtp.LANES + 1):
        await post(runtime, f"m{number}", recipient=f"m{number}@hangs.example.org")
        office_by_post.gate[f"m{number}@hangs.example.org"] = stuck
    await post(runtime, "other", recipient="amina@example.org")
    async with channels(runtime, pages, office_by_post.url()) as to:
        sending = asyncio.create_task(work_once(runtime, to))
        async with asyncio.timeout(TIMEOUT_S):
            while (await rows(runtime))["other"].state != "sent":
                await asyncio.sleep(0.01)
        stuck.set()
        await sending


async def test_a_stuck_mail_server_delays_no_other_channel(runtime: Runtime, pages: JinjaPages) -> None:
    arrived = asyncio.Event()

    class Phone:
        async def send(self, message: Any) -> None:
            arrived.set()

    for number in range(10):
        await post(runtime, f"m{number}")
    stop = asyncio.Event()
    async with silent_server() as url, channels(runtime, pages, url) as to:
        running = asyncio.create_task(run(runtime, {**to, "sms": Phone()}, stop))
        await post(runtime, "sms", channel="sms")
        await asyncio.wait_for(arrived.wait(), TIMEOUT_S)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_letter_that_the_server_is_slow_with_delays_no_other(
    runtime: Runtime, pages: JinjaPages, office_by_post: PostOffice
) -> None:
    office_by_post.gate["slow@example.org"] = asyncio.Event()
    await post(runtime, "slow", recipient="slow@example.org")
    await post(runtime, "quick")
    async with channels(runtime, pages, office_by_post.url()) as to:
        sending = asyncio.create_task(work_once(runtime, to))
        async with asyncio.timeout(TIMEOUT_S):
            while not office_by_post.envelopes:
                await asyncio.sleep(0)
        office_by_post.gate["slow@example.org"].set()
        await sending
    assert [letter["To"] for letter in office_by_post.letters] == [AMINA, "slow@example.org"]


async def test_a_send_that_is_stopped_leaves_no_half_connection_behind(
    runtime: Runtime, pages: JinjaPages, office_by_post: PostOffice, clock: Any
) -> None:
    gate = office_by_post.gate[AMINA] = asyncio.Event()
    await post(runtime)
    async with channels(runtime, pages, office_by_post.url()) as to:
        stopped = asyncio.create_task(work_once(runtime, to))
        await asyncio.wait_for(office_by_post.asked.wait(), TIMEOUT_S)
        stopped.cancel()
        await asyncio.gather(stopped, return_exceptions=True)
        gate.set()
        clock.advance(seconds=LEASE.total_seconds())
        assert await work_once(runtime, to) == 1
    assert ((await row(runtime)).state, office_by_post.connections) == ("sent", 2)


async def test_a_worker_killed_after_the_letter_left_sends_it_again_under_the_same_identifier(
    runtime: Runtime, pages: JinjaPages, office_by_post: PostOffice, clock: Any, database_url: str
) -> None:
    clock.set(datetime.now(UTC))  # the other process lives by the machine's clock
    in_a_week = {name: (clock.now() + timedelta(days=7)).isoformat() for name in ("starts_at", "ends_at")}
    await enqueue(runtime, "one", payload={**appointment(runtime.tokens), **in_a_week})
    gate = office_by_post.gate[AMINA] = asyncio.Event()
    script = Path(__file__).parent.parent / "support" / "mail_worker.py"
    process = await asyncio.create_subprocess_exec(sys.executable, str(script), database_url, office_by_post.url())
    await asyncio.wait_for(office_by_post.asked.wait(), 3 * TIMEOUT_S)
    process.kill()
    await process.wait()
    gate.set()

    assert (await row(runtime)).state == "sending"
    clock.set(datetime.now(UTC) + LEASE)
    assert await send(runtime, pages, office_by_post.url()) == 1
    first, second = (parsed(envelope)["Message-ID"] for envelope in office_by_post.arrived)
    assert first == second
    assert (await row(runtime)).state == "sent"


async def test_a_letter_that_was_handed_over_but_not_closed_is_not_sent_twice(
    runtime: Runtime, pages: JinjaPages, office_by_post: PostOffice
) -> None:
    await post(runtime)
    await send(runtime, pages, office_by_post.url())
    async with runtime.transaction() as tx:
        stored = await tx.session.get(OutboxRow, (await row(runtime)).id)
        assert stored is not None
        stored.state = "pending"
    await send(runtime, pages, office_by_post.url())
    assert ((await row(runtime)).state, len(office_by_post.letters)) == ("sent", 1)


async def test_what_is_over_is_given_up_instead_of_sent(
    runtime: Runtime, pages: JinjaPages, office_by_post: PostOffice, clock: Any
) -> None:
    await post(runtime)
    clock.advance(days=3)
    await send(runtime, pages, office_by_post.url())
    stored = await row(runtime)
    assert (stored.state, stored.failure, office_by_post.connections) == ("dead", "too_late", 0)


# Addresses


async def test_a_domain_with_accents_is_written_in_ascii(
    runtime: Runtime, pages: JinjaPages, tmp_path: Path
) -> None:
    async with post_office(tmp_path, utf8=False) as server:
        await post(runtime, recipient="amina@peña.example")
        await send(runtime, pages, server.url())
        assert server.envelopes[0].rcpt_tos == ["amina@xn--pea-8ma.example"]
        assert server.letters[0]["To"] == "amina@xn--pea-8ma.example"


async def test_a_name_with_accents_before_the_at_needs_a_server_that_knows_them(
    runtime: Runtime, pages: JinjaPages, office_by_post: PostOffice
) -> None:
    await post(runtime, recipient="begoña@example.org")
    await send(runtime, pages, office_by_post.url())
    assert office_by_post.envelopes[0].rcpt_tos == ["begoña@example.org"]
    assert office_by_post.letters[0]["To"] == "begoña@example.org"


async def test_without_such_a_server_it_is_given_up_by_name(
    runtime: Runtime, pages: JinjaPages, tmp_path: Path
) -> None:
    async with post_office(tmp_path, utf8=False) as server:
        await post(runtime, recipient="begoña@example.org")
        await send(runtime, pages, server.url())
        assert server.envelopes == []
    stored = await row(runtime)
    assert (stored.state, stored.failure) == ("dead", "address_needs_smtputf8")


@pytest.mark.parametrize(
    "recipient",
    ["amina", "a@b@", "a b@example.org", "a@example.org\r\nRCPT TO:<x@example.org>", "<a@example.org>"],
)
async def test_what_is_no_address_reaches_no_server(
    runtime: Runtime, pages: JinjaPages, office_by_post: PostOffice, recipient: str
) -> None:
    await post(runtime, recipient=recipient)
    await send(runtime, pages, office_by_post.url())
    stored = await row(runtime)
    assert (stored.state, stored.failure, office_by_post.connections) == ("dead", "not_an_address", 0)


# Before anything is sent


async def test_a_server_in_order_has_no_problem(
    office_by_post: PostOffice,
) -> None:
    assert await smtp_problem(office_by_post.url(), sender=SENDER, public_url=SITE) is None
    assert office_by_post.envelopes == []


async def test_what_is_wrong_with_a_server_is_said_in_words(tmp_path: Path) -> None:
    async def problem(url: str) -> str:
        return await smtp_problem(url, sender=SENDER, public_url=SITE) or "none"

    async with post_office(tmp_path, starttls=True, login=True) as server:
        assert await problem(server.url()) == "it refuses us: 530 5.7.0 Authentication required"
        untrusted = await problem(server.url(user=True, query="?starttls=required"))
        assert untrusted.startswith("its certificate is not trusted")
        assert (await problem(server.url(user=True, password="wrong"))).startswith("it refuses us: 535")
    assert (await problem(server.url())).startswith("no connection")
    async with post_office(tmp_path) as server:
        assert await problem(server.url(user=True)) == "it takes no login on this connection"
        assert await problem(server.url(query="?starttls=required")) == "it does not offer STARTTLS"
        assert (await problem(server.url(scheme="smtps"))).startswith("no encrypted connection")
        server.mail = "553 5.1.8 Sender not yours"
        assert await problem(server.url()) == "it refuses us: 553 5.1.8 Sender not yours"
