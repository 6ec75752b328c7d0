"""The monthly figures by e-mail: who gets them, and the job that writes them once a month.

A worker that was down on the day writes them when it runs again. Claim and outbox row are one transaction, so that
a month is written once, whichever process does it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from ...core.auth import Principal, StaffRole
from ...core.db.audit_entries import AuditActor, add_audit_entry
from ...core.db.outbox import build_outbox_row, enqueue_unless_present
from ...core.db.rate_limits import record_guess
from ...core.errors import FieldError, Invalid, Refused
from ...core.failures import log_failure
from ...core.i18n.dates import local_instant
from ...core.i18n.languages import LANGUAGES
from ...core.ids import new_id
from ...core.periodic import run_every
from ...core.runtime import Runtime, Transaction
from ...figures.service import (
    MONTHLY_FIGURES,
    FigurePeriod,
    first_working_day,
    load_office_months,
    monthly_payload,
    previous_month,
)
from ...notifications.service import MessageGroup, is_group_stopped, restart_group
from ...offices.service import Office, all_offices, hours
from ...staff.service import AccountDisabled, PersonState, StaffPerson, load_person_record
from ..storage import figure_mail_rows
from ..storage.figure_mail_rows import FigureMail

logger = logging.getLogger(__name__)

CHECK_INTERVAL_S = 600
# local hours of the first office: an e-mail by night helps no reader
SENT_FROM, SENT_UNTIL = 8, 20
MAX_MAIL_OFFICES = 20  # each is read for three months
TESTS_AT_ONCE = 3  # in a quarter of an hour
ROLES = (StaffRole.MANAGER, StaffRole.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class FigureMailState:
    """The monthly figures of a person.

    `email`: of the account, which may have none. `mail`: None if turned off. `is_stopped`: by the link in an
    e-mail. `offices`: those of `mail` that the person still manages.
    """

    email: str | None
    mail: FigureMail | None
    is_stopped: bool
    offices: tuple[Office, ...]

    @property
    def is_on(self) -> bool:
        return self.mail is not None and not self.is_stopped and self.email is not None and bool(self.offices)


async def load_figure_mail(runtime: Runtime, principal: Principal) -> FigureMailState:
    """Load the monthly figures of the person who is logged in."""
    async with runtime.read_session() as session:
        record = await load_person_record(session, principal.id, runtime.now())
        email = record.person.details.email if record else None
        mail = await figure_mail_rows.figure_mail_of_user(session, principal.id)
        is_stopped = bool(email) and await is_group_stopped(
            session, runtime.tokens, email or "", MessageGroup.FIGURES
        )
        offices = await all_offices(session)
    own = [
        office
        for office in offices
        if mail and office.slug in mail.offices and principal.can_access_office(office.slug)
    ]
    return FigureMailState(email, mail, is_stopped, tuple(own))


async def turn_on_figure_mail(
    runtime: Runtime, principal: Principal, offices: Sequence[str], language: str
) -> None:
    """Send the figures of these offices from the next time on, also after a stop.

    Raises Invalid("offices", "language"), Refused("account_without_email").
    """
    state = await load_figure_mail(runtime, principal)
    if state.email is None:
        raise Refused("account_without_email")
    async with runtime.read_session() as session:
        known = {office.slug: office for office in await all_offices(session)}
    chosen = check_mail_offices(principal, offices, known)
    if language not in LANGUAGES:
        raise Invalid(FieldError("language", "not_a_choice"))
    month = previous_month(_local_day(chosen[0], runtime.now()))
    if runtime.now() < send_time(month, chosen):
        month = previous_month(month.first)
    slugs = [office.slug for office in chosen]
    before = {"offices": list(state.mail.offices), "language": state.mail.language} if state.mail else None
    after = {"offices": sorted(slugs), "language": language}
    async with runtime.transaction() as tx:
        await restart_group(tx.session, runtime.tokens, state.email, MessageGroup.FIGURES)
        await figure_mail_rows.save_figure_mail(tx.session, principal.id, language, slugs, month.first, tx.now)
        if before != after or state.is_stopped:
            _audit(tx, principal, "person.figures_mail_set", before, after)


async def turn_off_figure_mail(runtime: Runtime, principal: Principal) -> None:
    """Send no more monthly figures. Idempotent. Unsent e-mails are void."""
    async with runtime.transaction() as tx:
        if await figure_mail_rows.delete_figure_mail(tx.session, principal.id):
            await tx.void_messages(_subject(principal.id), [MONTHLY_FIGURES])
            _audit(tx, principal, "person.figures_mail_stopped", None, None)


def check_mail_offices(principal: Principal, slugs: Sequence[str], known: dict[str, Office]) -> list[Office]:
    """Return the chosen offices in the order of the list. Raises Invalid."""
    chosen = [office for slug, office in known.items() if slug in slugs]
    if not chosen:
        raise Invalid(FieldError("offices", "offices_required"))
    if len(chosen) < len(set(slugs)) or not all(principal.can_access_office(office.slug) for office in chosen):
        raise Invalid(FieldError("offices", "not_a_choice"))
    if len(chosen) > MAX_MAIL_OFFICES:
        raise Invalid(FieldError("offices", "too_many", {"max": MAX_MAIL_OFFICES}))
    return chosen


async def build_monthly_payload(runtime: Runtime, offices: Sequence[Office]) -> dict[str, Any]:
    """Compute the payload of the newest month that is over."""
    month = previous_month(_local_day(offices[0], runtime.now()))
    months = await load_office_months(runtime, offices, month)
    return monthly_payload(month, months, offices[0].timezone.key, runtime.now())


async def send_figure_mail_now(runtime: Runtime, principal: Principal) -> None:
    """Send the newest month once more, as a test.

    Raises Refused("figure_mail_off"), RateLimited beyond TESTS_AT_ONCE.
    """
    state = await load_figure_mail(runtime, principal)
    if not state.is_on or state.mail is None or state.email is None:
        raise Refused("figure_mail_off")
    await record_guess(runtime, f"figure mail:{principal.id}", guesses=TESTS_AT_ONCE)
    payload = await build_monthly_payload(runtime, state.offices)
    async with runtime.transaction() as tx:
        tx.enqueue_message(
            MONTHLY_FIGURES,
            subject=_subject(principal.id),
            recipient=state.email,
            payload=payload,
            key=f"{MONTHLY_FIGURES}:{principal.id}:test:{new_id()}",
            language=state.mail.language,
        )


async def end_figure_mail(tx: Transaction, disabled: AccountDisabled) -> None:
    """Delete the monthly figures of a disabled account, in the transaction of its end."""
    if await figure_mail_rows.delete_figure_mail(tx.session, disabled.user_id):
        await tx.void_messages(_subject(disabled.user_id), [MONTHLY_FIGURES])


# The job


async def run_figure_mails(runtime: Runtime, stop: asyncio.Event) -> None:
    """Write the due e-mails now and every ten minutes, until `stop` is set."""
    await run_every(
        CHECK_INTERVAL_S,
        stop,
        lambda: send_due_figure_mails(runtime),
        logger=logger,
        failure_event="figure_mails_failed",
    )


async def send_due_figure_mails(runtime: Runtime) -> int:
    """Write the e-mails that are due. Returns how many were written.

    An e-mail that fails is logged and tried again at the next check; the others are still written.
    """
    latest = previous_month(runtime.now().date() + timedelta(days=1))  # of the time zone that is furthest ahead
    async with runtime.read_session() as session:
        mails = await figure_mail_rows.figure_mails_before(session, latest.first)
        offices = {office.slug: office for office in await all_offices(session)} if mails else {}
    written = 0
    for mail in mails:
        try:
            written += await _send_if_due(runtime, mail, offices)
        except Exception as error:
            log_failure(logger, "figure_mail_failed", error, user=mail.user_id)
    return written


async def _send_if_due(runtime: Runtime, mail: FigureMail, known: dict[str, Office]) -> bool:
    """Write the e-mail of an account. False if it is not due, or has no recipient."""
    async with runtime.read_session() as session:
        record = await load_person_record(session, mail.user_id, runtime.now())
    person = record.person if record else None
    offices = [office for slug, office in known.items() if slug in mail.offices and _may_read(person, slug)]
    if person is None or not offices or person.details.email is None:
        return False
    month = previous_month(_local_day(offices[0], runtime.now()))
    if mail.reported_month >= month.first or not is_send_time(month, offices, runtime.now()):
        return False
    async with runtime.read_session() as session:
        if await is_group_stopped(session, runtime.tokens, person.details.email, MessageGroup.FIGURES):
            return False
    payload = await build_monthly_payload(runtime, offices)
    async with runtime.transaction() as tx:
        if not await figure_mail_rows.claim_month(tx.session, mail.user_id, month.first):
            return False
        row = build_outbox_row(
            MONTHLY_FIGURES,
            subject=_subject(mail.user_id),
            recipient=person.details.email,
            payload=payload,
            key=f"{MONTHLY_FIGURES}:{mail.user_id}:{month.first:%Y-%m}",
            language=mail.language,
            channel="email",
            created_at=tx.now,
            not_before=None,
        )
        await enqueue_unless_present(tx.session, [row])
    return True


def _may_read(person: StaffPerson | None, office: str) -> bool:
    """Tell whether an account may still read the figures of an office."""
    if person is None or person.state is not PersonState.ACTIVE or person.role not in ROLES:
        return False
    return person.offices is None or office in person.offices


def send_time(month: FigurePeriod, offices: Sequence[Office]) -> datetime:
    """Return when the e-mail about a month is sent: on the first working day after it."""
    day = first_working_day(
        month.last + timedelta(days=1),
        lambda day: any(hours.opening_intervals(office.hours, day) for office in offices),
    )
    return local_instant(day, time(SENT_FROM), offices[0].timezone)


def next_send_time(offices: Sequence[Office], now: datetime) -> datetime:
    """Return when the next e-mail will be sent."""
    today = _local_day(offices[0], now)
    due = send_time(previous_month(today), offices)
    if due > now:
        return due
    this_month = previous_month((today.replace(day=28) + timedelta(days=4)).replace(day=1))
    return send_time(this_month, offices)


def is_send_time(month: FigurePeriod, offices: Sequence[Office], now: datetime) -> bool:
    """Tell whether the e-mail about a month may be sent now: by day, from its time on."""
    is_day = SENT_FROM <= now.astimezone(offices[0].timezone).hour < SENT_UNTIL
    return is_day and now >= send_time(month, offices)


def _local_day(office: Office, now: datetime) -> date:
    return hours.to_local_day(office.hours, now)


def _subject(user_id: str) -> str:
    return f"person:{user_id}"


def _audit(
    tx: Transaction,
    principal: Principal,
    action: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    add_audit_entry(
        tx.session,
        tx.now,
        AuditActor.from_principal(principal),
        action,
        ("person", principal.id, principal.name),
        before=before,
        after=after,
    )
