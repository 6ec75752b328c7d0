"""What a conversation takes place in: the catalogue, the moment, and small questions about both. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from ...core.ids import spoken_locator
from .catalogue import Catalogue, Mode, Offer, Place
from .effects import At, Choice, Line, Named
from .state import State
from .texts import AT_OFFICE, BY_VIDEO, PLACE_NAME, SERVICE_NAME, WHEN_DAY, WHEN_TIME

FORM = "/appointments/new"


@dataclass(frozen=True, slots=True)
class World:
    """`horizon`: the last day that can be booked. `help_phone`: of the installation."""

    catalogue: Catalogue
    now: datetime
    horizon: date
    help_phone: str

    def zone(self, office: str | None = None) -> ZoneInfo:
        """The office's clock, or the first one's."""
        place = self.catalogue.place(office) or next(iter(self.catalogue.places), None)
        return place.timezone if place else ZoneInfo("UTC")

    def local_day(self, office: str | None = None) -> date:
        return self.now.astimezone(self.zone(office)).date()

    def phone(self, office: str | None = None) -> str:
        """Whom to call: the office's own number, else the installation's; no line ends in the middle of it."""
        place = self.catalogue.place(office)
        return (place.phone if place else self.help_phone).replace(" ", "\N{NO-BREAK SPACE}")

    def place(self, office: str | None) -> Place:
        """An office that is known to exist: states hold no others."""
        found = self.catalogue.place(office)
        assert found is not None
        return found

    def offer(self, service: str | None) -> Offer:
        found = self.catalogue.service(service)
        assert found is not None
        return found


def service_name(world: World, slug: str) -> Named:
    return Named(world.offer(slug).names)


def unbroken(locator: str) -> str:
    """`7K3M 9Q2X`, which no line ends in the middle of."""
    return spoken_locator(locator).replace(" ", "\N{NO-BREAK SPACE}")


def service_choice(world: World, slug: str) -> Choice:
    return Choice(Line(SERVICE_NAME, {"service": service_name(world, slug)}), f"service:{slug}")


def mode_choice(mode: Mode) -> Choice:
    return Choice(Line(BY_VIDEO if mode == "video" else AT_OFFICE), f"mode:{mode}")


def office_choice(place: Place, detail: Line | None = None) -> Choice:
    return Choice(Line(PLACE_NAME, {"office": place.name}), f"office:{place.slug}", detail)


def day_choice(day: date, zone: ZoneInfo, detail: Line | None = None) -> Choice:
    noon = datetime.combine(day, time(12), zone)
    return Choice(Line(WHEN_DAY, {"day": At(noon, zone, "brief")}), f"date:{day.isoformat()}", detail)


def time_choice(moment: datetime, zone: ZoneInfo, *, with_day: bool) -> Choice:
    """A time of a day that was named, or one of several days: then the day is the label."""
    value = f"time:{moment.astimezone(zone).isoformat(timespec='minutes')}"
    clock = Line(WHEN_TIME, {"time": At(moment, zone, "time")})
    if not with_day:
        return Choice(clock, value)
    return Choice(Line(WHEN_DAY, {"day": At(moment, zone, "brief")}), value, clock)


def form_link(state: State, world: World) -> str:
    """The booking form with everything that is known already, in the language of the conversation."""
    known = [("office", state.office), ("service", state.service), ("mode", state.mode)]
    if state.starts_at is not None and state.office and state.service and state.mode:
        zone = world.zone(state.office)
        known.append(("starts_at", state.starts_at.astimezone(zone).isoformat(timespec="seconds")))
    pairs = [(name, value) for name, value in (*known, ("lang", state.language)) if value]
    return f"{FORM}?{urlencode(pairs)}"
