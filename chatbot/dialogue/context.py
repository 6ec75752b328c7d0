"""What a conversation takes place in: the catalogue, the moment, and small questions about both. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from ...appointments.domain.booking_url import booking_url
from ...core.ids import group_locator
from .catalogue import CatalogueOffice, CatalogueService, OfficeCatalogue, ServiceMode
from .effects import LocalInstant, LocalizedName, ReplyChoice, Sentence
from .state import ConversationState
from .texts import AT_OFFICE, BY_VIDEO, PLACE_NAME, SERVICE_NAME, WHEN_DAY, WHEN_TIME


@dataclass(frozen=True, slots=True)
class DialogueContext:
    """`horizon`: the last day that can be booked. `help_phone`: of the installation."""

    catalogue: OfficeCatalogue
    now: datetime
    horizon: date
    help_phone: str

    def zone(self, office: str | None = None) -> ZoneInfo:
        """The office's clock, or the first one's."""
        place = self.catalogue.office(office) or next(iter(self.catalogue.offices), None)
        return place.timezone if place else ZoneInfo("UTC")

    def local_day(self, office: str | None = None) -> date:
        return self.now.astimezone(self.zone(office)).date()

    def phone_to_call(self, office: str | None = None) -> str:
        """Whom to call: the office's own number, else the installation's; no line ends in the middle of it."""
        place = self.catalogue.office(office)
        return (place.phone if place else self.help_phone).replace(" ", "\N{NO-BREAK SPACE}")

    def office(self, office: str | None) -> CatalogueOffice:
        """An office that is known to exist: states hold no others."""
        found = self.catalogue.office(office)
        assert found is not None
        return found

    def service(self, service: str | None) -> CatalogueService:
        found = self.catalogue.service(service)
        assert found is not None
        return found


def service_name(context: DialogueContext, slug: str) -> LocalizedName:
    return LocalizedName(context.service(slug).names)


def format_unbroken_locator(locator: str) -> str:
    """`7K3M 9Q2X`, which no line ends in the middle of."""
    return group_locator(locator).replace(" ", "\N{NO-BREAK SPACE}")


def service_choice(context: DialogueContext, slug: str) -> ReplyChoice:
    return ReplyChoice(Sentence(SERVICE_NAME, {"service": service_name(context, slug)}), f"service:{slug}")


def mode_choice(mode: ServiceMode) -> ReplyChoice:
    return ReplyChoice(Sentence(BY_VIDEO if mode == "video" else AT_OFFICE), f"mode:{mode}")


def office_choice(place: CatalogueOffice, detail: Sentence | None = None) -> ReplyChoice:
    return ReplyChoice(Sentence(PLACE_NAME, {"office": place.name}), f"office:{place.slug}", detail)


def day_choice(day: date, zone: ZoneInfo, detail: Sentence | None = None) -> ReplyChoice:
    noon = datetime.combine(day, time(12), zone)
    return ReplyChoice(
        Sentence(WHEN_DAY, {"day": LocalInstant(noon, zone, "brief")}), f"date:{day.isoformat()}", detail
    )


def time_choice(moment: datetime, zone: ZoneInfo, *, with_day: bool) -> ReplyChoice:
    """A time of a day that was named, or one of several days: then the day is the label."""
    value = f"time:{moment.astimezone(zone).isoformat(timespec='minutes')}"
    clock = Sentence(WHEN_TIME, {"time": LocalInstant(moment, zone, "time")})
    if not with_day:
        return ReplyChoice(clock, value)
    return ReplyChoice(Sentence(WHEN_DAY, {"day": LocalInstant(moment, zone, "brief")}), value, clock)


def booking_form_link(state: ConversationState, context: DialogueContext) -> str:
    """The booking form with everything that is known already, in the language of the conversation."""
    known = [("office", state.office), ("service", state.service), ("mode", state.mode)]
    if state.starts_at is not None and state.office and state.service and state.mode:
        zone = context.zone(state.office)
        known.append(("starts_at", state.starts_at.astimezone(zone).isoformat(timespec="seconds")))
    pairs = [(name, value) for name, value in (*known, ("lang", state.language)) if value]
    return booking_url(*pairs)
