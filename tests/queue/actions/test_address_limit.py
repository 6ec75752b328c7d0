"""Open tickets that an address takes without appointment."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest
from office360.appointments.service import BookingLimits, Requester
from office360.core.errors import Invalid, Office360Error, RateLimited, Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.queue import service
from office360.queue.actions.citizen import leave_line
from office360.queue.actions.notification_subscriptions import subscribe_number
from office360.queue.actions.standby import join_standby
from office360.queue.actions.ticket_request import IssuedTicket
from office360.queue.service import TicketRequest
from office360.queue.storage.tables import TicketAddressRow
from sqlalchemy import select

from ...appointments.support.requesters import with_fresh_proof
from ...conftest import MORNING, FakeClock
from ...notifications.support.channels import SMS_OFFERS, by_sms
from ...support.office_fixture import build_office
from ...support.statements import recorded_statements
from ..conftest import AT_11, OfficeDriver

WIFI = Requester(address="wifi", limits=BookingLimits(open_turns=5))


async def take(driver: OfficeDriver, requester: Requester = WIFI) -> IssuedTicket:
    return await driver.take_ticket(requester=requester)


async def take_with_proof(driver: OfficeDriver) -> IssuedTicket:
    return await take(driver, with_fresh_proof(driver.runtime, WIFI))


async def refusal(driver: OfficeDriver, requester: Requester = WIFI) -> str:
    with pytest.raises(Refused) as refused:
        await take(driver, requester)
    return refused.value.code


async def test_fourth_open_ticket_of_address_costs_a_proof(driver: OfficeDriver) -> None:
    for _ in range(3):
        await take(driver)
    assert await refusal(driver) == "proof_required"
    await take(driver, replace(WIFI, address="another"))
    proved = with_fresh_proof(driver.runtime, WIFI)
    await take(driver, proved)
    with pytest.raises(Invalid) as used:
        await take(driver, proved)
    assert used.value.fields[0].code == "proof_used"


async def test_open_tickets_of_address_are_capped(driver: OfficeDriver) -> None:
    issued = [await take(driver) for _ in range(3)]
    issued += [await take_with_proof(driver) for _ in range(2)]
    assert await refusal(driver, with_fresh_proof(driver.runtime, WIFI)) == "too_many_turns"
    await leave_line(driver.runtime, issued[0].token)
    await take_with_proof(driver)


async def test_standby_counts_as_open_ticket(driver: OfficeDriver) -> None:
    for _ in range(3):
        await join_standby(driver.runtime, "centro", TicketRequest(service="documents", requester=WIFI))
    with pytest.raises(Refused, match="proof_required"):
        await join_standby(driver.runtime, "centro", TicketRequest(service="documents", requester=WIFI))


async def test_other_office_counts_by_itself(driver: OfficeDriver) -> None:
    await build_office(driver.runtime, slug="norte", name="Oficina Norte", desks=1, position=1)
    for _ in range(3):
        await take(driver)
    await service.take_ticket(driver.runtime, "norte", TicketRequest(service="documents", requester=WIFI))


async def test_tickets_of_staff_and_appointments_are_not_counted(driver: OfficeDriver, clock: FakeClock) -> None:
    appointment = await driver.book_appointment(AT_11)
    clock.set(AT_11)
    await driver.check_in(appointment, requester=WIFI)
    for _ in range(5):
        await driver.take_ticket()
    for _ in range(3):
        await take(driver)


async def test_concurrent_requests_do_not_exceed_the_limit(driver: OfficeDriver) -> None:
    async def attempt(number: int) -> str:
        try:
            await driver.take_ticket(("documents", "certificate")[number % 2], requester=WIFI)
        except Office360Error as error:
            return error.code
        return "issued"

    results = await asyncio.gather(*(attempt(number) for number in range(8)))
    assert sorted(results) == ["issued"] * 3 + ["proof_required"] * 5


async def test_repeated_request_is_not_counted_again(driver: OfficeDriver) -> None:
    for _ in range(6):
        await driver.take_ticket(requester=WIFI, request_key="k", device="phone")
    await take(driver)


async def test_count_of_an_address_locks_no_other_tickets(driver: OfficeDriver, runtime: Runtime) -> None:
    await leave_line(runtime, (await take(driver)).token)
    with recorded_statements(runtime.db) as statements:
        await take(driver, replace(WIFI, address="another"))
    assert [sql for sql, _ in statements if sql.startswith("DELETE FROM ticket_addresses")] == []


async def test_address_of_ended_ticket_is_deleted(driver: OfficeDriver, runtime: Runtime, office: Office) -> None:
    issued = await take(driver)
    await leave_line(runtime, issued.token)
    await service.delete_old_contacts(runtime, MORNING)
    async with runtime.read_session() as session:
        assert (await session.execute(select(TicketAddressRow))).first() is None


async def test_sms_number_counts_once_and_with_its_ticket(driver: OfficeDriver) -> None:
    thrifty = replace(WIFI, limits=BookingLimits(open_turns=0, sms_numbers=1))
    with pytest.raises(Invalid):
        await driver.take_ticket("none", requester=thrifty, sms=True, phone="+34600000009")
    for _ in range(2):
        await driver.take_ticket(requester=thrifty, sms=True, phone="+34600000001")
    with pytest.raises(RateLimited):
        await driver.take_ticket(requester=thrifty, sms=True, phone="+34600000002")


def test_office_networks_have_no_limit_of_turns() -> None:
    limits = BookingLimits(office_networks=(ip_network("203.0.113.0/28"), ip_network("2001:db8::/48")))
    for address in ("203.0.113.7", "2001:db8::1:2"):
        free = limits.at(ip_address(address))
        assert (free.open_turns, free.sms_numbers, free.bookings) == (0, 0, limits.bookings)
    for address in ("203.0.113.16", "2001:db9::1"):
        assert limits.at(ip_address(address)) == limits
    assert limits.at(None) == limits


async def test_address_gives_a_limited_count_of_sms_numbers(driver: OfficeDriver, clock: FakeClock) -> None:
    thrifty = replace(WIFI, limits=BookingLimits(open_turns=0, sms_numbers=3))
    tickets = [await driver.take_ticket(requester=thrifty) for _ in range(3)]
    numbers = [f"+3460000000{number}" for number in range(5)]
    for issued, number in zip(tickets[:2], numbers, strict=False):
        await subscribe_number(driver.runtime, issued.token, *by_sms(number), offers=SMS_OFFERS, requester=thrifty)
    await driver.take_ticket(requester=thrifty, sms=True, phone=numbers[2])
    with pytest.raises(RateLimited) as limited:
        await driver.take_ticket(requester=thrifty, sms=True, phone=numbers[3])
    assert limited.value.retry_after_s == 24 * 3600
    clock.advance(minutes=20)  # after the window of guesses
    with pytest.raises(RateLimited):
        await subscribe_number(
            driver.runtime, tickets[2].token, *by_sms(numbers[4]), offers=SMS_OFFERS, requester=thrifty
        )
    stranger = replace(thrifty, address="another")
    await subscribe_number(
        driver.runtime, tickets[2].token, *by_sms(numbers[4]), offers=SMS_OFFERS, requester=stranger
    )
