"""Citizens of a soak, who book, take tickets and wait, by API, form and assistant."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from ...core.runtime import Runtime
from ...tests.appointments.support.html_client import CitizenBrowser, HtmlPage
from .city import StaffedOffice
from .ledger import Ledger, Outcome, RecordedWrite
from .people_client import PeopleClient, PersonAnswer
from .phones import Phone, Phones

WALK_IN_SERVICES = ("documents", "certificate")
VISIT_TIMEOUT_S = 600.0
EVENT_BY_CALL = {"leave": "left", "postpone": "postponed", "rejoin": "rejoined", "help": "help_asked"}
NEAR_SLOTS = 24  # people want the next free times, so they compete for them
FORM_ATTEMPTS = 6


@dataclass
class Citizens:
    """Parts that all citizens share."""

    client: PeopleClient
    phones: Phones
    ledger: Ledger
    offices: list[StaffedOffice]
    runtime: Runtime
    url: str
    chance: random.Random
    arrivals: Counter[str] = field(default_factory=Counter)
    is_closing: asyncio.Event = field(default_factory=asyncio.Event)

    def new_email(self, way: str) -> str:
        self.arrivals[way] += 1
        return f"{way.replace(' ', '')}{self.arrivals[way]}@soak.example.org"

    def office(self) -> StaffedOffice:
        return self.chance.choice(self.offices)

    def expect_ticket(self, email: str) -> None:
        """Record that a ticket is asked for, in case the run ends before the answer."""
        self.ledger.tickets[email] = RecordedWrite(Outcome.UNKNOWN)

    def record_ticket(self, email: str, answer: PersonAnswer) -> None:
        self.ledger.tickets[email] = RecordedWrite(answer.outcome, _told_id(answer))

    async def act(self, phone: Phone, call: str) -> None:
        with self.ledger.unanswered_action(phone.ticket, EVENT_BY_CALL[call]):
            answer = await self.client.post(f"/api/v1/tickets/{phone.token}/{call}")
        self.ledger.record_action(phone.ticket, EVENT_BY_CALL[call], answer.outcome)


def _told_id(answer: PersonAnswer) -> str | None:
    return str(answer.body["id"]) if answer.outcome is Outcome.ACKNOWLEDGED else None


# Tickets


async def walk_in(people: Citizens) -> None:
    """Take a ticket by the API, with SMS for some, and wait for the visit."""
    email, office = people.new_email("walk in"), people.office()
    people.expect_ticket(email)
    body: dict[str, Any] = {"service": people.chance.choice(WALK_IN_SERVICES), "email": email, "language": "es"}
    if people.chance.random() < 0.3:
        body |= {"phone": f"+346{people.arrivals['walk in']:08d}", "sms": True}
    answer = await people.client.post(f"/api/v1/offices/{office.office.slug}/tickets", body)
    await wait_with_phone(people, email, answer)


async def wait_with_phone(people: Citizens, email: str, answer: PersonAnswer) -> None:
    """Record the answer to the wish for a ticket, and wait with it."""
    people.record_ticket(email, answer)
    if answer.outcome is Outcome.ACKNOWLEDGED:
        await visit(people, people.phones.open(answer.body["id"], answer.body["token"]))


async def walk_in_by_form(people: Citizens) -> None:
    """Take a ticket with the form of the poster, and press again when the page does not come."""
    email, office = people.new_email("form"), people.office()
    async with aiohttp.ClientSession(people.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        browser = CitizenBrowser(session, people.runtime)
        page = await _load(people, lambda: browser.get(f"/o/{office.office.slug}"))
        form = (
            next((candidate for candidate in page.forms if candidate.value("way") == "walk_in"), None)
            if page
            else None
        )
        if page is None or form is None:  # the office is paused
            return
        service = people.chance.choice(form.option_values("service") or [""])
        values = form.filled_values(service=service, email=email)
        people.expect_ticket(email)
        sent = await _load(people, lambda: browser.post(form.action or page.path, values))
    token = sent.path.partition("?")[0].removeprefix("/t/") if sent and sent.path.startswith("/t/") else None
    if token is None:
        outcome = Outcome.UNKNOWN if sent is None or sent.status >= 500 else Outcome.REFUSED
        people.ledger.tickets[email] = RecordedWrite(outcome)
        return
    ticket = await people.client.get(f"/api/v1/tickets/{token}")
    people.ledger.tickets[email] = RecordedWrite(Outcome.ACKNOWLEDGED, _told_id(ticket))
    if ticket.outcome is Outcome.ACKNOWLEDGED:
        await visit(people, people.phones.open(ticket.body["id"], token))


async def _load(people: Citizens, load: Callable[[], Awaitable[HtmlPage]]) -> HtmlPage | None:
    """Load a page as a person does, who presses again after an error."""
    page: HtmlPage | None = None
    for _ in range(FORM_ATTEMPTS):
        began_s = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(15):
                page = await load()
        except (aiohttp.ClientError, TimeoutError):
            people.client.traffic.unanswered += 1
            page = None
        else:
            seconds = asyncio.get_running_loop().time() - began_s
            people.client.traffic.record(page.status, f"page {page.path.partition('?')[0][:12]}", seconds)
            if page.status < 500:
                return page
        await asyncio.sleep(people.chance.uniform(1, 3))
    return page


async def visit(people: Citizens, phone: Phone) -> None:
    """Wait with a phone until the visit is over; some leave, postpone or ask for help."""
    chance = people.chance.random()
    if chance < 0.08:
        await asyncio.sleep(people.chance.uniform(1, 20))
        await people.act(phone, "leave")
    elif chance < 0.14:
        await asyncio.sleep(people.chance.uniform(1, 10))
        await people.act(phone, "postpone")
    elif chance < 0.18:
        await asyncio.sleep(people.chance.uniform(1, 10))
        await people.act(phone, "help")
    await phone.wait_for(lambda shown: shown.state == "missed" or shown.is_over, VISIT_TIMEOUT_S)
    if phone.state == "missed" and people.chance.random() < 0.7:
        await people.act(phone, "rejoin")


# Appointments


async def appointment(people: Citizens) -> None:
    """Book by the API; then check in, cancel, reschedule, or stay away."""
    email, office = people.new_email("booking"), people.office()
    service = people.chance.choice(WALK_IN_SERVICES)
    booked = await book(people, email, office, service, "in_person", hold=people.chance.random() < 0.3)
    if booked is None:
        return
    chance = people.chance.random()
    if chance < 0.15:
        await change(people, booked, "cancel", "cancelled_citizen")
    elif chance < 0.25:
        await reschedule(people, email, office, booked)
    elif chance < 0.4:
        people.expect_ticket(email)
        path = f"/api/v1/staff/appointments/{booked['id']}/check-in"
        await wait_with_phone(people, email, await people.client.post(path, key=office.host_key))
    elif chance < 0.85:
        people.expect_ticket(email)
        path = f"/api/v1/offices/{office.office.slug}/tickets"
        await wait_with_phone(people, email, await people.client.post(path, {"appointment": booked["token"]}))


async def book(
    people: Citizens,
    email: str,
    office: StaffedOffice,
    service: str,
    mode: str,
    *,
    hold: bool = False,
    within: timedelta = timedelta(hours=3),
) -> dict[str, Any] | None:
    """Book a free time soon, at most `within` from now.

    Tries once more if another person was faster.
    """
    query = f"service={service}&mode={mode}&days=2"
    slots = await people.client.get(f"/api/v1/offices/{office.office.slug}/slots?{query}")
    if slots.outcome is not Outcome.ACKNOWLEDGED:
        return None
    latest = people.runtime.now() + within
    near = [slot for slot in slots.body if datetime.fromisoformat(slot["starts_at"]) < latest][:NEAR_SLOTS]
    if not near:
        return None
    wanted = people.chance.choice(near)
    body = {"office": office.office.slug, "service": service, "mode": mode, "starts_at": wanted["starts_at"]}
    more: dict[str, Any] = {"name": "Amina Haddad", "email": email, "privacy_accepted": True}
    if hold:
        held = await people.client.post("/api/v1/holds", body)
        more |= {"hold": held.body["hold"]} if held.outcome is Outcome.ACKNOWLEDGED else {}
    people.ledger.appointments[email] = RecordedWrite(Outcome.UNKNOWN)
    answer = await people.client.post("/api/v1/appointments", body | more)
    if answer.code == "slot_taken" and answer.outcome is Outcome.REFUSED and answer.body.get("nearest"):
        nearest = people.chance.choice(answer.body["nearest"])
        body["starts_at"] = nearest["starts_at"] if isinstance(nearest, dict) else nearest
        answer = await people.client.post("/api/v1/appointments", body | more)
    people.ledger.appointments[email] = RecordedWrite(answer.outcome, _told_id(answer))
    return answer.body if answer.outcome is Outcome.ACKNOWLEDGED else None


async def change(people: Citizens, booked: dict[str, Any], call: str, state: str) -> None:
    answer = await people.client.post(f"/api/v1/appointments/{booked['token']}/{call}")
    if answer.outcome is Outcome.ACKNOWLEDGED:
        people.ledger.appointment_states[booked["id"]] = state


async def reschedule(people: Citizens, email: str, office: StaffedOffice, booked: dict[str, Any]) -> None:
    query = f"service={booked['service']}&mode={booked['mode']}&days=2"
    slots = await people.client.get(f"/api/v1/offices/{office.office.slug}/slots?{query}")
    if slots.outcome is not Outcome.ACKNOWLEDGED or not slots.body:
        return
    body = {"starts_at": people.chance.choice(slots.body)["starts_at"]}
    people.ledger.appointments[f"{email} moved"] = RecordedWrite(Outcome.UNKNOWN)
    answer = await people.client.post(f"/api/v1/appointments/{booked['token']}/reschedule", body)
    people.ledger.appointments[f"{email} moved"] = RecordedWrite(answer.outcome, _told_id(answer))
    if answer.outcome is Outcome.ACKNOWLEDGED:
        people.ledger.appointment_states[booked["id"]] = "rescheduled"


async def appointment_by_form(people: Citizens) -> None:
    """Book with the pages, without scripts."""
    email, office = people.new_email("booking form"), people.office()
    async with aiohttp.ClientSession(people.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        browser = CitizenBrowser(session, people.runtime)
        choices = f"office={office.office.slug}&service=documents&mode=in_person"
        page = await _load(people, lambda: browser.get(f"/appointments/new?{choices}"))
        times = [time for form in page.forms for time in form.option_values("starts_at")] if page else []
        if page is None or not times:
            return
        path = f"/appointments/new?{choices}&starts_at={people.chance.choice(times).replace('+', '%2B')}"
        details = await _load(people, lambda: browser.get(path))
        if details is None or not any(form.method == "post" for form in details.forms):
            return
        people.ledger.appointments[email] = RecordedWrite(Outcome.UNKNOWN)
        filled = {"name": "Amina Haddad", "email": email, "privacy_accepted": "1"}
        page = await _load(people, lambda: browser.send(details, **filled))
    if page is not None and page.path.startswith("/a/"):
        people.ledger.appointments[email] = RecordedWrite(Outcome.ACKNOWLEDGED)
    else:
        is_refused = page is not None and page.status < 500
        people.ledger.appointments[email] = RecordedWrite(Outcome.REFUSED if is_refused else Outcome.UNKNOWN)


async def talk_to_assistant(people: Citizens) -> None:
    """Book in a conversation."""
    email, office = people.new_email("assistant"), people.office()
    session: str | None = None
    said = f"documentos en {office.office.name}"
    outcome, is_asked = Outcome.REFUSED, False
    people.ledger.appointments[email] = RecordedWrite(Outcome.UNKNOWN)
    for _ in range(10):
        body = {"text": said, "language": "es", **({"session": session} if session else {})}
        answer = await people.client.post("/api/v1/chat", body)
        if answer.outcome is not Outcome.ACKNOWLEDGED:
            outcome = Outcome.UNKNOWN if is_asked else Outcome.REFUSED
            break
        session = answer.body["session"]
        if answer.body["done"]:
            link = str(answer.body["replies"][-1].get("link", ""))
            outcome = Outcome.ACKNOWLEDGED if "/a/" in link else Outcome.REFUSED
            break
        choices = [choice for reply in answer.body["replies"] for choice in reply.get("choices", [])]
        text = " ".join(reply["text"] for reply in answer.body["replies"])
        said = _reply_to(text, choices, email)
        is_asked = is_asked or said == "yes:"
    people.ledger.appointments[email] = RecordedWrite(outcome)


def _reply_to(text: str, choices: list[dict[str, str]], email: str) -> str:
    """Choose the reply to a question of the assistant."""
    if "correo" in text and not choices:
        return f"Amina Haddad, {email}"
    for start in ("Sí", "En persona", "En la oficina"):
        for choice in choices:
            if choice["label"].startswith(start):
                return choice["value"]
    return choices[0]["value"] if choices else f"Amina Haddad, {email}"
