"""Public holidays: by command, by night, and what becomes of appointments. `office360 holidays` as it is run."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from office360.appointments import service as appointments
from office360.core.errors import Invalid, Refused
from office360.core.runtime import Runtime
from office360.offices.public_holidays import public_holidays
from office360.offices.service import Office, bump_offices, office_by_slug
from office360.offices.tables import ClosureRow, OfficeRow
from office360.server.cli import main
from office360.server.installation_check import Finding, findings
from office360.server.jobs.public_holidays import close_by_night, close_on_holidays
from office360.server.settings import Settings
from sqlalchemy import delete, update

from ...appointments.support.requesters import AMINA, asking
from ...conftest import SECRET, FakeClock

CHRISTMAS = date(2026, 12, 25)
NIGHT = datetime(2026, 11, 26, 1, 30, tzinfo=UTC)  # 2:30 in Madrid
sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def closed(runtime: Runtime, slug: str = "centro") -> dict[date, str]:
    async with runtime.reading() as session:
        return dict((await office_by_slug(session, slug)).hours.closures)


async def change(runtime: Runtime, office: Office, **values: Any) -> None:
    async with runtime.transaction() as tx:
        await tx.session.execute(update(OfficeRow).where(OfficeRow.id == office.id).values(**values))
        await bump_offices(tx.session, [office.id])


async def close_for(runtime: Runtime, office: Office, day: date, reason: str) -> None:
    async with runtime.transaction() as tx:
        tx.session.add(ClosureRow(office_id=office.id, day=day, reason=reason))
        await bump_offices(tx.session, [office.id])


def test_the_region_of_madrid_has_its_own_holidays() -> None:
    days = public_holidays("ES", "MD", [2026])
    assert days[CHRISTMAS] == "Natividad del Señor"
    assert days[date(2026, 5, 2)] == "Fiesta de la Comunidad de Madrid"
    assert date(2026, 5, 2) not in public_holidays("ES", "CT", [2026])
    assert public_holidays("FR", None, [2026])[date(2026, 7, 14)] == "Fête nationale"


@pytest.mark.parametrize(
    ("country", "subdivision", "field"),
    [("XX", None, "country"), ("ES", "XX", "subdivision"), ("", None, "country")],
)
def test_a_place_that_nobody_knows_is_named(country: str, subdivision: str | None, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        public_holidays(country, subdivision, [2026])
    assert [one.field for one in caught.value.fields] == [field]


async def test_an_offices_own_closures_stay_as_they_are(runtime: Runtime, office: Office) -> None:
    await close_for(runtime, office, CHRISTMAS, "Obras")
    await close_for(runtime, office, date(2026, 12, 9), "Inventario")
    added = await close_on_holidays(runtime, "centro", [2026, 2027])
    assert CHRISTMAS not in added.days
    assert date(2027, 1, 6) in added.days
    now = await closed(runtime)
    assert (now[CHRISTMAS], now[date(2026, 12, 9)], now[date(2027, 1, 6)]) == (
        "Obras",
        "Inventario",
        "Epifanía del Señor",
    )
    assert (await close_on_holidays(runtime, "centro", [2026, 2027])).days == ()


async def test_appointments_on_a_new_closure_are_kept_and_named(
    runtime: Runtime, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    at_ten = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)
    hit = await appointments.book(runtime, "centro", asking(AMINA, starts_at=at_ten))
    with caplog.at_level(logging.WARNING):
        added = await close_on_holidays(runtime, "centro", [2026])
    assert added.hit == (hit,)
    assert [record.__dict__["appointment"] for record in caplog.records] == [hit.id]
    async with runtime.reading() as session:
        assert (await appointments.appointment_by_id(session, hit.id)).state == "confirmed"


@sqlite_only
async def test_each_night_an_office_without_them_gets_those_of_this_year_and_the_next(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await close_by_night(runtime)
    assert await closed(runtime) == {}  # it is morning
    clock.set(NIGHT)
    await close_by_night(runtime)
    assert {day.year for day in await closed(runtime)} == {2026, 2027}


@sqlite_only
async def test_a_holiday_that_was_taken_out_is_not_put_back(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    clock.set(NIGHT)
    await close_by_night(runtime)
    async with runtime.transaction() as tx:
        await tx.session.execute(delete(ClosureRow).where(ClosureRow.day == CHRISTMAS))
        await bump_offices(tx.session, [office.id])
    clock.set(NIGHT + timedelta(days=1))
    await close_by_night(runtime)
    assert CHRISTMAS not in await closed(runtime)
    clock.set(NIGHT.replace(year=2027))
    await close_by_night(runtime)
    assert {day.year for day in await closed(runtime)} == {2026, 2027, 2028}
    assert CHRISTMAS not in await closed(runtime)


@sqlite_only
async def test_an_office_without_a_country_keeps_nobodys_holidays(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await change(runtime, office, country=None)
    clock.set(NIGHT)
    await close_by_night(runtime)
    assert await closed(runtime) == {}
    with pytest.raises(Refused, match="no_country"):
        await close_on_holidays(runtime, "centro", [2026])


@sqlite_only
async def test_a_place_that_nobody_knows_costs_no_other_office_its_holidays(
    runtime: Runtime, office: Office, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    await change(runtime, office, country="XX")
    clock.set(NIGHT)
    await close_by_night(runtime)
    assert [record.message for record in caplog.records] == ["holidays_unknown"]


@sqlite_only
async def test_a_place_that_nobody_knows_is_named_by_the_check(
    runtime: Runtime, office: Office, settings: Settings
) -> None:
    assert await findings(settings) == [Finding("database")]
    await change(runtime, office, subdivision="XX")
    said = Finding("holidays of centro", "nobody knows this subdivision; see the table offices")
    assert said in await findings(settings)


@sqlite_only
def test_the_command_says_what_it_closed_and_whom_to_tell(
    runtime: Runtime,
    office: Office,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(
        "office360.server.process.logging.configure", lambda *_, **__: None
    )  # it is this process's too
    monkeypatch.setenv("OFFICE360_DATABASE_URL", database_url)
    monkeypatch.setenv("OFFICE360_SECRET_KEY", SECRET)
    monkeypatch.setenv("OFFICE360_PUBLIC_URL", "https://citas.example.org")
    main(["holidays", "--office", "centro", "--years", "2027"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Oficina Centro: closed on 12 more days."
    assert "2027-01-06  Epifanía del Señor" in lines
    for wrong, said in ((["--office", "nowhere"], "no office nowhere"), (["--years", "27"], "such as 2026,2027")):
        with pytest.raises(SystemExit) as ended:
            main(["holidays", "--office", "centro", "--years", "2027", *wrong])
        assert said in f"{ended.value.code}{capsys.readouterr().err}"
