"""Sentences about a test: titles of gates, verdicts, locations of faults, advice."""

from __future__ import annotations

from ...core.i18n.catalogues import N_
from .fault_location import Fault
from .verdict import Grade

GATE_TITLES: dict[str, str] = {
    "path": N_("Way to us"),
    "rtt_ms": N_("There and back"),
    "jitter_ms": N_("Unsteadiness"),
    "loss_up_pct": N_("Loss when sending"),
    "loss_down_pct": N_("Loss when receiving"),
    "up_kbps": N_("Speed when sending"),
    "down_kbps": N_("Speed when receiving"),
    "mos": N_("Quality of the voice"),
    "websocket_ok": N_("Messages with the office"),
    "video": N_("Picture that came back"),
    "permissions": N_("Permissions"),
    "devices": N_("Devices"),
    "microphone_dbfs": N_("Microphone"),
    "microphone_clipping_pct": N_("Crackling of the voice"),
    "camera_luma": N_("Light"),
    "camera_std": N_("Sharpness"),
    "camera_moving": N_("Movement of the picture"),
}
GRADE_TEXTS: dict[Grade, str] = {
    Grade.GREEN: N_("Good"),
    Grade.AMBER: N_("Fair"),
    Grade.RED: N_("Bad"),
    Grade.UNKNOWN: N_("Not known"),
}
NOT_MEASURED_TEXT = N_("not tried")
VALUE_TEXTS: dict[str, str] = {
    "True": N_("yes"),
    "False": N_("no"),
    "udp": N_("direct"),
    "tcp": N_("by a detour"),
    "tls": N_("by a detour"),
    "none": N_("none"),
    "granted": N_("given"),
    "denied": N_("refused"),
    "unavailable": N_("not possible"),
    "camera": N_("no camera"),
    "microphone": N_("no microphone"),
    "speaker": N_("no loudspeaker"),
}
# Figures with their unit. The value of the gate `video` is already a text.
UNIT_FORMATS: dict[str, str] = {
    "ms": N_("%(value)s ms"),
    "%": N_("%(value)s %%"),
    "kbps": N_("%(value)s kb/s"),
    "fps": N_("%(value)s fps"),
    "dBFS": N_("%(value)s dB"),
    "": N_("%(value)s"),
}

VERDICT_TITLES: dict[Grade, str] = {
    Grade.GREEN: N_("Your video call will go well."),
    Grade.AMBER: N_("You will be heard well. The picture may freeze."),
    Grade.RED: N_("The video call will not go well like this."),
    Grade.UNKNOWN: N_("The test is not complete."),
}
# More exact titles, by the gate that decides; the first one that applies is shown.
RED_TITLES_BY_GATE: dict[str, str] = {
    "permissions": N_("The browser does not let us use camera and microphone."),
    "path": N_("This network lets no video call through."),
    "microphone_dbfs": N_("We do not hear you."),
    "devices": N_("A camera or a microphone is missing."),
}
NOT_FINISHED_TITLE = N_("The test was not finished.")
DEVICE_IN_USE_TITLE = N_("Another program is using the camera or the microphone.")
DEVICE_AMBER_TITLE = N_("It will go well. Something can still be better.")
MAY_FALTER_TITLE = N_("The call may falter.")
VOICE_ONLY_TITLE = N_("Only the voice will go well.")
FAULT_TEXTS: dict[Fault, str] = {
    Fault.NONE: N_("There is nothing to change."),
    Fault.DEVICE: N_("It is something on this device."),
    Fault.WIFI: N_("Your Wi-Fi loses or delays data."),
    Fault.PROVIDER: N_("Your company's network is slow or blocks the call."),
    Fault.US: N_("It is on our side. Run the test again in a few minutes."),
    Fault.UNKNOWN: N_("Run the test again to know more."),
}
SIGN_LANGUAGE_TEXTS: dict[Grade, str] = {
    Grade.GREEN: N_("It is enough for sign language."),
    Grade.AMBER: N_("It is just enough for sign language."),
    Grade.RED: N_("It is not enough for sign language."),
    Grade.UNKNOWN: N_("We do not know whether it is enough for sign language."),
}
ADVICE_TEXTS: dict[str, str] = {
    "nearer_to_router": N_("Move nearer to your router and run the test again."),
    "use_cable": N_("Connect by cable, or move nearer to the router."),
    "close_other_programs": N_("Close other programs and downloads, and run the test again."),
    "speak_louder": N_("Speak louder, or bring the microphone nearer."),
    "unmute_microphone": N_("Check that the microphone is not muted, or choose another one."),
    "lower_microphone": N_("Lower the microphone's level on your device."),
    "more_light": N_("Turn on a light in front of you."),
    "uncover_camera": N_("Uncover the camera and clean it."),
    "audio_only": N_("Turn off your picture in the call. The voice needs less."),
    "use_telephone": N_("Ask the office to call you by telephone."),
    "other_network": N_("Try another network, such as your mobile data."),
    "restart_camera": N_("Close other programs that use the camera, and try again."),
    "allow_devices": N_("Allow camera and microphone in the browser, and try again."),
    "free_devices": N_("Close the other program that uses the camera or the microphone, and try again."),
    "connect_devices": N_("Connect what is missing, and try again."),
}
