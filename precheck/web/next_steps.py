"""Buttons of a result page: labels and addresses of what a person can do next. No SQL."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from ...core.contact.phone_numbers import tel_url
from ...core.i18n.catalogues import GettextFunction
from ..domain.fault_location import Fault
from ..domain.outcomes import Button
from ..domain.report import ConnectionTest
from ..domain.verdict import Grade


@dataclass(frozen=True, slots=True)
class NextStep:
    """A link that looks like a button."""

    label: str
    href: str
    icon: str | None = None


@dataclass(frozen=True, slots=True)
class ResultPlace:
    """Addresses around a result, and the other ways to be attended.

    `here`: the test page. `key`: the part of the result's address after it. `appointment`: its page, empty without
    an appointment. `phone`: as people read it, may be empty. `modes`: to which the appointment can be changed.
    """

    here: str
    key: str
    appointment: str = ""
    phone: str = ""
    modes: tuple[str, ...] = ()

    @property
    def again(self) -> str:
        return f"{self.here}?with={quote(self.key)}"

    def repeat(self, part: str) -> str:
        return f"{self.here}?repeat={part}&with={quote(self.key)}"


def main_step(test: ConnectionTest, place: ResultPlace, t: GettextFunction) -> NextStep:
    """Return the only large button of the page."""
    button = test.outcome.button
    if button is Button.TELEPHONE:
        return _telephone_step(place, t)
    if button is Button.APPOINTMENT and place.appointment:
        return NextStep(t("Back to your appointment"), place.appointment)
    return _test_steps(place, t).get(button) or _test_steps(place, t)[Button.RUN_AGAIN]


def _test_steps(place: ResultPlace, t: GettextFunction) -> dict[Button, NextStep]:
    return {
        Button.RUN_AGAIN: NextStep(t("Run the test again"), place.again),
        Button.FINISH: NextStep(t("Finish the test"), place.again),
        Button.REPEAT_DEVICES: NextStep(t("Test the camera again"), place.repeat("devices")),
        Button.REPEAT_VOICE: NextStep(t("Test microphone and speaker again"), place.repeat("voice")),
        Button.REPEAT_NETWORK: NextStep(t("Measure the connection again"), place.repeat("network")),
        Button.MOBILE_DATA: NextStep(t("Try with mobile data"), f"{place.again}&mobile=1"),
        Button.WALK: NextStep(t("Find a spot with a good signal"), f"{place.here}/walk"),
    }


def _telephone_step(place: ResultPlace, t: GettextFunction) -> NextStep:
    """Return the best way to a telephone call.

    The office calls; else the citizen calls the office; else another network may carry the video call.
    """
    if "phone" in place.modes:
        return _mode_steps(place, t)["phone"]
    if place.phone:
        return NextStep(t("Call %(phone)s") % {"phone": place.phone}, tel_url(place.phone), "phone")
    return _test_steps(place, t)[Button.MOBILE_DATA]


def other_steps(test: ConnectionTest, place: ResultPlace, t: GettextFunction) -> list[NextStep]:
    """List the quiet buttons below the large button."""
    steps, main = _test_steps(place, t), main_step(test, place, t)
    wanted = []
    if test.outcome.button not in (Button.RUN_AGAIN, Button.FINISH):
        wanted.append(Button.RUN_AGAIN)
    is_network_bad = test.outcome.fault in (Fault.WIFI, Fault.PROVIDER)
    if is_network_bad and not test.outcome.is_cellular:
        wanted.append(Button.MOBILE_DATA)
    return [steps[button] for button in wanted if steps[button] != main]


def help_steps(test: ConnectionTest, place: ResultPlace, t: GettextFunction) -> list[NextStep]:
    """List the ways to be attended without this video call, for a red verdict only."""
    if test.verdict.grade is not Grade.RED:
        return []
    main, steps = main_step(test, place, t), _mode_steps(place, t)
    return [steps[mode] for mode in ("phone", "in_person") if mode in place.modes and steps[mode] != main]


def enter_steps(test: ConnectionTest, place: ResultPlace, t: GettextFunction) -> list[NextStep]:
    """List the ways into the call in spite of a red verdict, for an appointment only."""
    if test.verdict.grade is not Grade.RED or not place.appointment:
        return []
    room = f"{place.appointment}/room"
    return [
        NextStep(t("Go in anyway"), room, "video"),
        NextStep(t("Go in with your voice only"), f"{room}?camera=off", "microphone"),
    ]


def _mode_steps(place: ResultPlace, t: GettextFunction) -> dict[str, NextStep]:
    change = f"{place.appointment}/reschedule?mode="
    return {
        "phone": NextStep(t("Ask for a telephone call"), f"{change}phone", "phone"),
        "in_person": NextStep(t("Come in person instead"), f"{change}in_person", "desk"),
    }
