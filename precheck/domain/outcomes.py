"""Outcomes of a test by deciding cause and place. Pure.

Each has a title, an explanation and a single main button.
The tables are complete for all combinations that occur, and a test checks them for contradictions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ...core.i18n.catalogues import N_
from .deciding_cause import Cause
from .fault_location import FAULTS, Fault, Reason
from .grade_scales import Grade


class Button(StrEnum):
    """The main thing to do next. Pages turn it into a label and an address."""

    RUN_AGAIN = "run_again"
    FINISH = "finish"
    REPEAT_VOICE = "repeat_voice"
    REPEAT_DEVICES = "repeat_devices"
    REPEAT_NETWORK = "repeat_network"
    MOBILE_DATA = "mobile_data"
    WALK = "walk"
    TELEPHONE = "telephone"
    APPOINTMENT = "appointment"


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """The sentences and the button on top of a result. Sentences are untranslated."""

    cause: Cause
    reason: Reason
    fault: Fault
    title: str
    text: str
    button: Button
    is_cellular: bool = False  # so "mobile data" is no other network


@dataclass(frozen=True, slots=True)
class OutcomeFacts:
    """Facts of a test beside its cause that change what can be said or done."""

    grade: Grade
    reason: Reason
    finished: bool = True
    quick: bool = False
    is_voice_good: bool = True  # whether the microphone is green: a title must not promise an untested voice
    is_cellular: bool = False


DEVICE_TEXT = N_("The problem is on this device.")
# the short test has no parts that could be repeated
QUICK_TEXT = N_("The full test tells you more.")
MAY_FALTER_TITLE = N_("The call may break up.")
HEARD_WELL_TITLE = N_("You will be heard well. The picture may freeze.")

# A title for each cause; figures of the network have a title for each grade.
TITLES: Mapping[Cause, str] = {
    Cause.ALL_WELL: N_("Your video call will go well."),
    Cause.CAMERA_DENIED: N_("The browser does not let us use the camera."),
    Cause.MICROPHONE_DENIED: N_("The browser does not let us use the microphone."),
    Cause.DEVICES_DENIED: N_("The browser does not let us use camera and microphone."),
    Cause.CAMERA_MISSING: N_("This device has no camera."),
    Cause.MICROPHONE_MISSING: N_("This device has no microphone."),
    Cause.DEVICES_MISSING: N_("This device has no camera and no microphone."),
    Cause.CAMERA_BUSY: N_("Another program is using the camera."),
    Cause.MICROPHONE_BUSY: N_("Another program is using the microphone."),
    Cause.DEVICES_BUSY: N_("Another program is using the camera or the microphone."),
    Cause.MICROPHONE_SILENT: N_("We cannot hear you."),
    Cause.MICROPHONE_FAINT: N_("We can hardly hear you."),
    Cause.MICROPHONE_CLIPPING: N_("Your voice sounds distorted."),
    Cause.SPEAKER_SILENT: N_("You may not hear the office."),
    Cause.CAMERA_DARK: N_("Your picture is very dark."),
    Cause.CAMERA_COVERED: N_("Nothing can be seen in your picture."),
    Cause.CAMERA_FROZEN: N_("Your picture does not move."),
    Cause.NO_PATH: N_("This network does not let video calls through."),
    Cause.MESSAGES_BLOCKED: N_("This network blocks the messages with the office."),
    Cause.TOO_SLOW_FOR_VOICE: N_("This connection is too slow for a call."),
    Cause.VOICE_ONLY: N_("Only the voice will go well."),
    Cause.NOT_REPORTED: N_("The test is not complete."),
    Cause.NOT_FINISHED: N_("The test was not finished."),
    Cause.NETWORK_NOT_MEASURED: N_("Your connection could not be measured."),
    Cause.CAMERA_NOT_MEASURED: N_("We have not seen your picture."),
    Cause.VOICE_NOT_MEASURED: N_("We have not heard your voice."),
    Cause.LOSS_UNDECIDED: N_("The test needs to measure a little longer."),
}
RED_NETWORK_TITLES: Mapping[Cause, str] = {
    Cause.LOSS: N_("The video call will not go well like this."),
    Cause.DELAY: N_("You will hear each other too late."),
    Cause.JITTER: N_("The voice will break up."),
    Cause.PICTURE: N_("Your picture will be hard to see."),
    Cause.VOICE_QUALITY: N_("You will be hard to understand."),
}
AMBER_NETWORK_TITLES: Mapping[Cause, str] = {
    Cause.DELAY: N_("You will hear each other a little late."),
    Cause.DETOUR: N_("The call will work, by a detour."),
    Cause.VOICE_QUALITY: MAY_FALTER_TITLE,
}  # all others: heard well, if the microphone is good

TEXTS_BY_CAUSE: Mapping[Cause, str] = {
    Cause.ALL_WELL: N_("You do not need to change anything."),
    Cause.NO_PATH: N_("Your internet provider, or the network here, blocks it."),
    Cause.MESSAGES_BLOCKED: N_("Your internet provider, or the network here, blocks it."),
    Cause.NOT_REPORTED: N_("Nothing has been measured yet."),
    Cause.NOT_FINISHED: N_("Finish it to know more."),
    Cause.NETWORK_NOT_MEASURED: N_("Repeat this part. If it fails again, try another network."),
    Cause.CAMERA_NOT_MEASURED: N_("Repeat the part with the camera."),
    Cause.VOICE_NOT_MEASURED: N_("Repeat the part with the microphone."),
    Cause.LOSS_UNDECIDED: N_("Some data was lost, and too little was sent to judge it."),
}
TEXTS_BY_REASON: Mapping[Reason, str] = {
    Reason.DEVICE: DEVICE_TEXT,
    Reason.BUSY_DEVICE: N_("This device is too busy to keep up."),
    Reason.US: N_("The problem is at our end. Run the test again in a few minutes."),
    Reason.BLOCKED: N_("Your internet provider, or the network here, closes the direct route."),
    Reason.UDP_WORSE: N_("Your internet provider slows down video calls. Other data gets through well."),
    Reason.LOAD: N_("Another device or program on your home network is using the connection."),
    Reason.SLOW: N_("Your internet provider's line is slow but steady."),
    Reason.UNSTEADY: N_("Your home network or Wi-Fi loses or delays data."),
    Reason.DISTANT: N_("The route through your internet provider is long but steady."),
    Reason.UNKNOWN: N_("One test cannot tell where the problem is."),
}

BUTTONS_BY_CAUSE: Mapping[Cause, Button] = {
    Cause.ALL_WELL: Button.APPOINTMENT,
    Cause.MICROPHONE_SILENT: Button.REPEAT_VOICE,
    Cause.MICROPHONE_FAINT: Button.REPEAT_VOICE,
    Cause.MICROPHONE_CLIPPING: Button.REPEAT_VOICE,
    Cause.SPEAKER_SILENT: Button.REPEAT_VOICE,
    Cause.NOT_REPORTED: Button.RUN_AGAIN,
    Cause.NOT_FINISHED: Button.FINISH,
    Cause.NETWORK_NOT_MEASURED: Button.REPEAT_NETWORK,
    Cause.CAMERA_NOT_MEASURED: Button.REPEAT_DEVICES,
    Cause.VOICE_NOT_MEASURED: Button.REPEAT_VOICE,
    Cause.LOSS_UNDECIDED: Button.REPEAT_NETWORK,
}
BUTTONS_BY_REASON: Mapping[Reason, Button] = {
    Reason.DEVICE: Button.REPEAT_DEVICES,
    Reason.BUSY_DEVICE: Button.REPEAT_NETWORK,
    Reason.US: Button.RUN_AGAIN,
    Reason.BLOCKED: Button.MOBILE_DATA,
    Reason.UDP_WORSE: Button.MOBILE_DATA,
    Reason.LOAD: Button.REPEAT_NETWORK,
    Reason.SLOW: Button.MOBILE_DATA,
    Reason.UNSTEADY: Button.WALK,
    Reason.DISTANT: Button.MOBILE_DATA,
    Reason.UNKNOWN: Button.MOBILE_DATA,
}


def decide_outcome(cause: Cause, facts: OutcomeFacts) -> TestOutcome:
    """Look up the outcome of a combination."""
    text = TEXTS_BY_CAUSE.get(cause) or TEXTS_BY_REASON[facts.reason]
    if facts.quick and facts.grade is Grade.UNKNOWN:
        text = QUICK_TEXT
    fault, button = FAULTS[facts.reason], _main_button(cause, facts)
    return TestOutcome(cause, facts.reason, fault, _title(cause, facts), text, button, facts.is_cellular)


def _title(cause: Cause, facts: OutcomeFacts) -> str:
    if cause in TITLES:
        return TITLES[cause]
    if facts.grade is Grade.RED:
        return RED_NETWORK_TITLES[cause]
    if cause in AMBER_NETWORK_TITLES:
        return AMBER_NETWORK_TITLES[cause]
    return HEARD_WELL_TITLE if facts.is_voice_good else MAY_FALTER_TITLE


def _main_button(cause: Cause, facts: OutcomeFacts) -> Button:
    if facts.quick and facts.grade is Grade.UNKNOWN:
        return Button.RUN_AGAIN  # the short test has no parts of its own
    if not facts.finished and cause not in (Cause.NO_PATH, Cause.NOT_REPORTED):
        return Button.FINISH
    button = BUTTONS_BY_CAUSE.get(cause) or BUTTONS_BY_REASON[facts.reason]
    if cause is Cause.TOO_SLOW_FOR_VOICE and facts.reason in (Reason.SLOW, Reason.UNKNOWN):
        button = Button.TELEPHONE
    if button is Button.MOBILE_DATA and facts.is_cellular:
        return Button.REPEAT_NETWORK  # on another network, as its advice says
    return button
