"""Rules of the second factor by role, and the reset of a person's factors."""

from __future__ import annotations

from office360.staff.actions import own_account, second_factor
from office360.staff.actions.second_factor import LoginBrowser
from office360.staff.actions.totp import matching_step
from office360.staff.queries.people import person_by_username

from ...conftest import AppServer
from ...staff.conftest import PASSWORD
from ...staff.web.test_sign_in_pages import SECRET, code_now
from ..conftest import SignIn

RULES = "/staff/manage/people/sign-in"


async def test_administrator_sets_rule_after_review_and_undoes_it(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("elena") as elena:
        page = await elena.get(RULES)
        assert "2 of 2 have no second factor" in page.text  # carmen and diego
        changes = {"rule-manager": "now", "rule-agent": "from", "day-agent": "2026-12-01"}
        review = await elena.send(page, RULES, **changes, step="review")
        assert "2 people have no second factor yet" in review.text
        assert "Required from" in review.text
        saved = await elena.send(review, RULES, step="save")
        assert "Saved" in saved.text
        rules = next(form for form in saved.forms if form.action == RULES)
        assert (rules.value("rule-manager"), rules.value("day-agent")) == ("now", "2026-12-01")
        undone = await elena.send(saved, "/undo")
        assert next(form for form in undone.forms if form.action == RULES).value("rule-manager") == "none"
        audit = await elena.get("/staff/manage/audit")
        assert "Changed which roles need a second factor" in audit.text


async def test_missing_day_is_named_beside_its_field(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("elena") as elena:
        page = await elena.get(RULES)
        wrong = await elena.send(page, RULES, **{"rule-host": "from", "day-host": ""}, step="review")
        assert wrong.status == 422
        assert 'id="day-host-error"' in wrong.html


async def test_second_administrator_sees_the_first_ones_rules(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("elena") as elena:
        old = await elena.get(RULES)
        review = await elena.send(old, RULES, **{"rule-agent": "now"}, step="review")
        await elena.send(review, RULES, step="save")
        conflict = await elena.send(old, RULES, **{"rule-host": "now"}, step="review")
        assert conflict.status == 409
        assert "Agents is now: Required at the next sign-in" in conflict.text
        shown = next(form for form in conflict.forms if form.action == RULES)
        assert (shown.value("rule-agent"), shown.value("rule-host")) == ("now", "now")
        review = await elena.send(conflict, RULES, step="review")
        assert "Save these changes?" in review.text


async def test_manager_sees_no_rules(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        assert (await carmen.get(RULES)).status == 403
        assert RULES not in (await carmen.get("/staff/manage/people")).links


async def test_manager_removes_lost_factors_of_a_person(managers: AppServer, sign_in_as: SignIn) -> None:
    runtime = managers.runtime
    begun = await second_factor.begin_login(runtime, "boris", PASSWORD, LoginBrowser("192.0.2.9"))
    own = await own_account.load_own_session(runtime, begun.session_token)
    assert own is not None
    assert matching_step(SECRET, code_now(managers), runtime.now(), -1)
    await own_account.add_app(runtime, own, SECRET, code_now(managers), "en")
    async with runtime.read_session() as session:
        boris = await person_by_username(session, "boris")
    assert boris is not None
    path = f"/staff/manage/people/{boris.id}"
    async with sign_in_as("carmen") as carmen:
        assert "Authenticator app. 10 recovery codes" in (await carmen.get(path)).text
        page = await carmen.get(f"{path}/factors")
        done = await carmen.send(page, f"{path}/factors")
        assert "The second factors are removed" in done.text
        assert "Removed the second factors" in done.text  # in the latest changes
    again = await second_factor.begin_login(runtime, "boris", PASSWORD, LoginBrowser("192.0.2.9"))
    assert again.session_token
