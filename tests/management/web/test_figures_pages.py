"""Pages of figures: periods, comparison, charts with tables, CSV, targets, roles."""

from __future__ import annotations

import re

import pytest
from office360.offices.service import office_by_slug

from ...conftest import AppServer, FakeClock
from ...figures.support.office_day import play_office_day
from ..conftest import SignIn
from ..support.console_forms import send_form

PAGE = "/staff/manage/figures"
TARGETS = "/staff/manage/o/centro/targets"


async def targets_of_office(server: AppServer) -> dict[str, int]:
    async with server.runtime.read_session() as session:
        return dict((await office_by_slug(session, "centro")).targets)


async def test_page_shows_charts_with_the_tables_beside(
    managers: AppServer, sign_in_as: SignIn, clock: FakeClock
) -> None:
    async with managers.runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
    await play_office_day(managers.runtime, office, clock)
    async with sign_in_as("carmen") as carmen:
        page = await carmen.get(f"{PAGE}?period=today&by=hour")
        charts, tables = page.html.count('role="img"'), page.html.count("<table")
        assert (
            charts == 2 * (tables - 2) > 0
        )  # two sizes of each; two tables have none: hours of desks, all figures
        assert "style=" not in page.html
        key_marks = page.html.partition('class="figure-marks key-marks"')[2].partition("</ul>")[0]
        labels = re.findall(r'<li><span class="soft">([^<]+)</span>', key_marks)
        assert labels == [
            "People attended",
            "Usual wait",
            "Nine in ten waited at most",
            "Called and did not come",
            "Called inside the range shown",
        ]
        folded = re.findall(r'<details class="figure-fold" id="([^"]+)">', page.html)  # none is open
        assert folded == ["more-visits", "video-calls", "telephone-calls", "desk-times", "charts", "all-figures"]
        assert "Called inside the range shown" in page.text
        by_activity = page.html.partition('id="desk-times"')[2].partition("</details>")[0]
        assert re.findall(r'<th scope="row">([^<]+)</th>', by_activity)[0] == "Desks open"
        assert "Video appointments that were held: 3 of 5." in page.text
        assert "There was no visit to compare with" in page.text
        ids = re.findall(r'\bid="([^"]+)"', page.html)
        assert len(ids) == len(set(ids))
        compared = await carmen.get(f"{PAGE}?period=today&compare=own&compare_from=2026-11-25")
        by_line = compared.html.partition('aria-labelledby="wait-by-line"')[2].partition("</section>")[0]
        assert 'class="before usual"' in by_line
        assert "Usual before" in by_line
        saved = await send_form(carmen, await carmen.get(TARGETS), "save", wait_p90_min="1", promise_pct="1")
        assert saved.status == 200
        judged = await carmen.get(f"{PAGE}?period=today")
        assert "Outside the target: 1 min" in judged.text
        assert "Within the target: 1%" in judged.text


async def test_period_without_visits_says_so(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        assert "There was no visit" in (await carmen.get(f"{PAGE}?period=today")).text
        assert "still to come" in (await carmen.get(f"{PAGE}?from=2027-01-04&to=2027-01-08")).text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=2026-11-25&to=2026-11-24", "The first day is after the last one."),
        ("from=2025-11-24&to=2026-11-25", "Choose at most 366 days."),
        ("period=own&from=yesterday", "Write a day like this: 2026-11-25."),
        ("period=today&compare=own", "Choose the first day to compare with."),
    ],
)
async def test_wrong_period_is_answered_beside_the_field(
    managers: AppServer, sign_in_as: SignIn, query: str, sentence: str
) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await carmen.get(f"{PAGE}?{query}")
        assert (page.status, sentence in page.text, 'aria-invalid="true"' in page.html) == (422, True, True)
        assert (await carmen.get(f"{PAGE}.csv?{query}")).status == 422  # leads to the page


async def test_figures_are_for_managers_of_the_office(managers: AppServer, sign_in_as: SignIn) -> None:
    for path in (PAGE, f"{PAGE}.csv"):
        async with sign_in_as("diego") as diego:
            assert (await diego.get(f"{path}?office=centro")).status == 403
        async with sign_in_as("boris") as boris:
            assert (await boris.get(path)).status == 403
    async with sign_in_as("elena") as elena:
        page = await elena.get(f"{PAGE}?period=this_year")
        assert page.status == 200
        assert "All my offices" in page.text
        assert (await elena.get(f"{PAGE}?office=nowhere")).status == 404
    async with sign_in_as("diego") as diego:
        assert (await diego.get(TARGETS)).status == 403


async def test_targets_are_reviewed_saved_and_undone(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await carmen.get(TARGETS)
        assert await targets_of_office(managers) == {}
        assert "Usual: 20" in page.text
        wrong = await send_form(carmen, page, "review", wait_p90_min="0", wait_within_pct="80")
        assert wrong.status == 422
        assert "Enter a number between 1 and 240." in wrong.text
        assert "Fill in both: the share, and the minutes that it is about." in wrong.text
        review = await send_form(carmen, page, "review", wait_p90_min="25")
        assert "Nine in ten wait at most, in minutes" in review.text
        saved = await send_form(carmen, review, "save")
        assert await targets_of_office(managers) == {"wait_p90_min": 25}
        await carmen.send(saved, "/undo")
        assert await targets_of_office(managers) == {}
