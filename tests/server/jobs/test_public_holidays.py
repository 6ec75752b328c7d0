"""Public holidays: closures by command and by night, and affected appointments."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from office360.appointments import service as appointments
from office360.core.errors import Invalid, Refused
from office360.core.runtime import Runtime
from office360.offices.domain.public_holidays import public_holidays_by_day
from office360.offices.service import Office, bump_office_versions, office_by_slug
from office360.offices.storage.tables import ClosureRow, OfficeRow
from office360.server.checks.check_result import CheckState
from office360.server.cli import main
from office360.server.installation_check import check_installation
from office360.server.jobs.public_holidays import close_offices_at_night, close_on_holidays
from office360.server.settings import Settings
from sqlalchemy import delete, update

from ...appointments.support.requesters import AMINA, make_booking_request
from ...conftest import TEST_SECRET, FakeClock

CHRISTMAS = date(2026, 12, 25)
NIGHT = datetime(2026, 11, 26, 1, 30, tzinfo=UTC)  # 2:30 in Madrid
sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def load_closures(runtime: Runtime, slug: str = "centro") -> dict[date, str]:
    async with runtime.read_session() as session:
        return dict((await office_by_slug(session, slug)).hours.closures)


async def change_office(runtime: Runtime, office: Office, **values: Any) -> None:
    async with runtime.transaction() as tx:
        await tx.session.execute(update(OfficeRow).where(OfficeRow.id == office.id).values(**values))
        await bump_office_versions(tx.session, [office.id])


async def add_closure(runtime: Runtime, office: Office, day: date, reason: str) -> None:
    async with runtime.transaction() as tx:
        tx.session.add(ClosureRow(office_id=office.id, day=day, reason=reason))
        await bump_office_versions(tx.session, [office.id])


def test_madrid_has_regional_holidays() -> None:
    days = public_holidays_by_day("ES", "MD", [2026])
    assert days[CHRISTMAS] == "Natividad del Señor"
    assert days[date(2026, 5, 2)] == "Fiesta de la Comunidad de Madrid"
    assert date(2026, 5, 2) not in public_holidays_by_day("ES", "CT", [2026])
    assert public_holidays_by_day("FR", None, [2026])[date(2026, 7, 14)] == "Fête nationale"


@pytest.mark.parametrize(
    ("country", "subdivision", "field"),
    [("XX", None, "country"), ("ES", "XX", "subdivision"), ("", None, "country")],
)
def test_unknown_holiday_region_is_named(country: str, subdivision: str | None, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        public_holidays_by_day(country, subdivision, [2026])
    assert [error.field for error in caught.value.fields] == [field]


async def test_holidays_keep_own_closures_of_office(runtime: Runtime, office: Office) -> None:
    await add_closure(runtime, office, CHRISTMAS, "Obras")
    await add_closure(runtime, office, date(2026, 12, 9), "Inventario")
    added = await close_on_holidays(runtime, "centro", [2026, 2027])
    assert CHRISTMAS not in added.days
    assert date(2027, 1, 6) in added.days
    now = await load_closures(runtime)
    assert (now[CHRISTMAS], now[date(2026, 12, 9)], now[date(2027, 1, 6)]) == (
        "Obras",
        "Inventario",
        "Epifanía del Señor",
    )
    assert (await close_on_holidays(runtime, "centro", [2026, 2027])).days == ()


async def test_appointments_on_new_closure_are_kept_and_reported(
    runtime: Runtime, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    at_ten = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)
    hit = await appointments.book_appointment(runtime, "centro", make_booking_request(AMINA, starts_at=at_ten))
    with caplog.at_level(logging.WARNING):
        added = await close_on_holidays(runtime, "centro", [2026])
    assert added.affected_appointments == (hit,)
    assert [record.__dict__["appointment"] for record in caplog.records] == [hit.id]
    async with runtime.read_session() as session:
        assert (await appointments.appointment_by_id(session, hit.id)).state == "confirmed"


@sqlite_only
async def test_nightly_job_adds_holidays_of_two_years(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    await close_offices_at_night(runtime)
    assert await load_closures(runtime) == {}  # it is not night
    clock.set(NIGHT)
    await close_offices_at_night(runtime)
    assert {day.year for day in await load_closures(runtime)} == {2026, 2027}


@sqlite_only
async def test_removed_holiday_is_not_added_again(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    clock.set(NIGHT)
    await close_offices_at_night(runtime)
    async with runtime.transaction() as tx:
        await tx.session.execute(delete(ClosureRow).where(ClosureRow.day == CHRISTMAS))
        await bump_office_versions(tx.session, [office.id])
    clock.set(NIGHT + timedelta(days=1))
    await close_offices_at_night(runtime)
    assert CHRISTMAS not in await load_closures(runtime)
    clock.set(NIGHT.replace(year=2027))
    await close_offices_at_night(runtime)
    assert {day.year for day in await load_closures(runtime)} == {2026, 2027, 2028}
    assert CHRISTMAS not in await load_closures(runtime)


@sqlite_only
async def test_office_without_country_gets_no_holidays(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    await change_office(runtime, office, country=None)
    clock.set(NIGHT)
    await close_offices_at_night(runtime)
    assert await load_closures(runtime) == {}
    with pytest.raises(Refused, match="no_country"):
        await close_on_holidays(runtime, "centro", [2026])


@sqlite_only
async def test_unknown_region_does_not_stop_other_offices(
    runtime: Runtime, office: Office, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    await change_office(runtime, office, country="XX")
    clock.set(NIGHT)
    await close_offices_at_night(runtime)
    assert [record.message for record in caplog.records] == ["holidays_unknown"]


@sqlite_only
async def test_check_names_unknown_holiday_region(runtime: Runtime, office: Office, settings: Settings) -> None:
    assert not [result for result in await check_installation(settings) if result.part.startswith("holidays")]
    await change_office(runtime, office, subdivision="XX")
    (holidays,) = [result for result in await check_installation(settings) if result.part == "holidays of centro"]
    assert (holidays.problem or "").startswith("the holidays of this subdivision are unknown")
    assert holidays.state is CheckState.WARNING


@sqlite_only
def test_holidays_command_prints_closures_and_appointments(
    runtime: Runtime,
    office: Office,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(
        "office360.server.process.logging.configure_logging", lambda *_, **__: None
    )  # it is this process's too
    monkeypatch.setenv("OFFICE360_DATABASE_URL", database_url)
    monkeypatch.setenv("OFFICE360_SECRET_KEY", TEST_SECRET)
    monkeypatch.setenv("OFFICE360_PUBLIC_URL", "https://citas.example.org")
    main(["holidays", "--office", "centro", "--years", "2027"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Oficina Centro: closed on 12 more days."
    assert "2027-01-06  Epifanía del Señor" in lines
    for wrong, said in ((["--office", "nowhere"], "no office nowhere"), (["--years", "27"], "such as 2026,2027")):
        with pytest.raises(SystemExit) as ended:
            main(["holidays", "--office", "centro", "--years", "2027", *wrong])
        assert said in f"{ended.value.code}{capsys.readouterr().err}"
