"""Context of a conversation: offices and time, and choices and links made from them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from ...appointments.domain.booking_url import booking_url
from ...core.ids import group_locator
from ...offices.domain.words import MODE_NAMES, NEED_NAMES, ServiceMode
from ..domain.catalogue import CatalogueOffice, CatalogueService, OfficeCatalogue
from .replies import DayList, LocalInstant, LocalizedName, ModePhrase, ReplyChoice, Sentence
from .state import ConversationState
from .texts import PHONE_HOURS, PLACE_NAME, SERVICE_NAME, WHEN_DAY, WHEN_TIME


@dataclass(frozen=True, slots=True)
class DialogueContext:
    """Facts that do not depend on the conversation.

    `horizon`: the last day that can be booked. `help_phone`: the installation's number.
    """

    catalogue: OfficeCatalogue
    now: datetime
    horizon: date
    help_phone: str

    def zone(self, office: str | None = None) -> ZoneInfo:
        """Return the time zone of an office; without an office, of the first."""
        found = self.catalogue.office(office) or next(iter(self.catalogue.offices), None)
        return found.timezone if found else ZoneInfo("UTC")

    def local_day(self, office: str | None = None) -> date:
        return self.now.astimezone(self.zone(office)).date()

    def phone_to_call(self, office: str | None = None) -> str:
        """Return the number of the office, the installation or any office; else empty."""
        return _keep_on_one_line(self._phone_and_hours(office)[0])

    def phone_hours(self, office: str | None = None) -> Mapping[str, str] | None:
        """Return when the number of `phone_to_call` is answered; None if that is not recorded."""
        return self._phone_and_hours(office)[1]

    def _phone_and_hours(self, office: str | None) -> tuple[str, Mapping[str, str] | None]:
        found = self.catalogue.office(office)
        numbers = {known.phone: known.phone_hours for known in reversed(self.catalogue.offices)}
        phones = [(found.phone, found.phone_hours)] if found else []
        phones += [(self.help_phone, numbers.get(self.help_phone)), *reversed(numbers.items())]
        return next((phone for phone in phones if phone[0]), ("", None))

    def country(self, office: str | None = None) -> str | None:
        """Return the country of an office; without an office, of the first."""
        found = self.catalogue.office(office) or next(iter(self.catalogue.offices), None)
        return found.country if found else None

    def office(self, office: str | None) -> CatalogueOffice:
        """Return an office that exists: a state holds no other."""
        found = self.catalogue.office(office)
        assert found is not None
        return found

    def service(self, service: str | None) -> CatalogueService:
        """Return a service that exists."""
        found = self.catalogue.service(service)
        assert found is not None
        return found


def service_name(context: DialogueContext, slug: str) -> LocalizedName:
    return LocalizedName(context.service(slug).names)


def format_unbroken_locator(locator: str) -> str:
    """Format a locator in two groups with a no-break space: `7K3M 9Q2X`."""
    return _keep_on_one_line(group_locator(locator))


def call_sentences(text: str, context: DialogueContext, office: str | None = None) -> tuple[Sentence, ...]:
    """Tell the number to call, and when it is answered if that is recorded."""
    told = (Sentence(text, {"phone": context.phone_to_call(office)}),)
    hours = context.phone_hours(office)
    return (*told, Sentence(PHONE_HOURS, {"hours": LocalizedName(hours)})) if hours else told


def _keep_on_one_line(text: str) -> str:
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def service_choice(context: DialogueContext, slug: str) -> ReplyChoice:
    return ReplyChoice(Sentence(SERVICE_NAME, {"service": service_name(context, slug)}), f"service:{slug}")


def mode_choice(mode: ServiceMode) -> ReplyChoice:
    return ReplyChoice(Sentence(MODE_NAMES[mode]), f"mode:{mode}")


def office_choice(office: CatalogueOffice, detail: Sentence | None = None) -> ReplyChoice:
    return ReplyChoice(Sentence(PLACE_NAME, {"office": office.name}), f"office:{office.slug}", detail)


def day_choice(day: date, zone: ZoneInfo, detail: Sentence | None = None) -> ReplyChoice:
    noon = datetime.combine(day, time(12), zone)
    label = Sentence(WHEN_DAY, {"day": LocalInstant(noon, zone, "brief")})
    return ReplyChoice(label, f"date:{day.isoformat()}", detail)


def time_choice(starts_at: datetime, zone: ZoneInfo, *, with_day: bool) -> ReplyChoice:
    """Offer a time. `with_day`: the label is the day and the detail is the time."""
    value = f"time:{starts_at.astimezone(zone).isoformat(timespec='minutes')}"
    clock_time = Sentence(WHEN_TIME, {"time": LocalInstant(starts_at, zone, "time")})
    if not with_day:
        return ReplyChoice(clock_time, value)
    return ReplyChoice(Sentence(WHEN_DAY, {"day": LocalInstant(starts_at, zone, "brief")}), value, clock_time)


def slot_choice(office: CatalogueOffice, mode: ServiceMode, starts_at: datetime) -> ReplyChoice:
    """Offer a time of an office: a single press chooses both."""
    local = starts_at.astimezone(office.timezone).isoformat(timespec="minutes")
    when = Sentence(WHEN_DAY, {"day": LocalInstant(starts_at, office.timezone, "short")})
    label = Sentence(PLACE_NAME, {"office": office.name})
    return ReplyChoice(label, f"slot:{office.slug}:{mode}:{local}", when)


def carried_facts(state: ConversationState, context: DialogueContext) -> tuple[Any, ...]:
    """List what the link to the booking form carries."""
    services = [service_name(context, slug) for slug in state.services]
    mode = [ModePhrase(state.mode)] if state.mode else []
    office = context.catalogue.office(state.office)
    needs = [Sentence(NEED_NAMES[code]) for code in state.booking_needs]
    return (*services, *mode, *([office.name] if office else []), *_carried_time(state, context), *needs)


def _carried_time(state: ConversationState, context: DialogueContext) -> list[LocalInstant | DayList]:
    if state.starts_at is not None:
        return [LocalInstant(state.starts_at, context.zone(state.office))]
    return [DayList(state.days.days)] if state.days is not None and len(state.days.days) == 1 else []


def booking_form_link(state: ConversationState, context: DialogueContext) -> str:
    """Build the link to the booking form with all known values but the name and the contacts."""
    return booking_url(*_form_values(state, context))


def booking_form_fields(state: ConversationState, context: DialogueContext) -> tuple[tuple[str, str], ...]:
    """Return the fields of the form with name and contacts; empty if it cannot keep them."""
    details = [("name", state.name), ("email", state.email), ("phone", state.phone)]
    given = [(name, value) for name, value in details if value]
    if not given or not (state.service and state.mode and state.named_office):
        return ()
    step = "time" if state.starts_at is None else "details"
    return (*_form_values(state, context), ("step", step), *given)


def _form_values(state: ConversationState, context: DialogueContext) -> list[tuple[str, str]]:
    known = [("office", state.office), ("service", state.service), ("mode", state.mode)]
    if state.starts_at is not None and state.office and state.service and state.mode:
        local = state.starts_at.astimezone(context.zone(state.office))
        known.append(("starts_at", local.isoformat(timespec="seconds")))
    elif state.days is not None and len(state.days.days) == 1:
        known.append(("day", state.days.days[0].isoformat()))
    known[2:2] = [("more", slug) for slug in state.more]
    known.extend(("needs", need) for need in state.booking_needs)
    known.append(("lang", state.language))
    return [(name, value) for name, value in known if value]
