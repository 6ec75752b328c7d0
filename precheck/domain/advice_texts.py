"""Sentences about a test: titles of gates, grades, advice.

Titles of verdicts are in outcomes.py.
"""

from __future__ import annotations

from ...core.i18n.catalogues import N_
from .deciding_cause import Cause
from .grade_scales import Grade

GATE_TITLES: dict[str, str] = {
    "path": N_("Route to us"),
    "rtt_ms": N_("There and back"),
    "jitter_ms": N_("Unsteadiness"),
    "loss_up_pct": N_("Loss when sending"),
    "loss_down_pct": N_("Loss when receiving"),
    "up_kbps": N_("Speed when sending"),
    "down_kbps": N_("Speed when receiving"),
    "mos": N_("Quality of the voice"),
    "websocket_ok": N_("Messages with the office"),
    "video": N_("Returned picture"),
    "permissions": N_("Permissions"),
    "devices": N_("Devices"),
    "microphone_dbfs": N_("Microphone"),
    "microphone_clipping_pct": N_("Voice distortion"),
    "camera_luma": N_("Light"),
    "camera_std": N_("Sharpness"),
    "camera_moving": N_("Movement of the picture"),
}
GRADE_TEXTS: dict[Grade, str] = {
    Grade.GREEN: N_("Good"),
    Grade.AMBER: N_("Fair"),
    Grade.RED: N_("Bad"),
    Grade.UNKNOWN: N_("Unknown"),
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
AT_LEAST_TEXT = N_("at least %(value)s")
RANGE_TEXT = N_("%(low)s–%(high)s")
UNIT_FORMATS: dict[str, str] = {
    "ms": N_("%(value)s ms"),
    "%": N_("%(value)s %%"),
    "kbps": N_("%(value)s kb/s"),
    "fps": N_("%(value)s fps"),
    "dBFS": N_("%(value)s dB"),
    "": N_("%(value)s"),
}

SIGN_LANGUAGE_TEXTS: dict[Grade, str] = {
    Grade.GREEN: N_("Your connection is good enough for sign language."),
    Grade.AMBER: N_("Your connection is just good enough for sign language."),
    Grade.RED: N_("Your connection is not good enough for sign language."),
    Grade.UNKNOWN: N_("We do not know whether your connection is good enough for sign language."),
}
ADVICE_TEXTS: dict[str, str] = {
    "nearer_to_router": N_("Move closer to your router and run the test again."),
    "use_cable": N_("Connect by cable, or move closer to the router."),
    "close_other_programs": N_("Close other programs and downloads, and run the test again."),
    "speak_louder": N_("Speak up, or bring the microphone closer."),
    "unmute_microphone": N_("Check that the microphone is not muted, or choose another one."),
    "lower_microphone": N_("Turn down the microphone level on your device."),
    "more_light": N_("Turn on a light in front of you."),
    "uncover_camera": N_("Uncover the camera and clean it."),
    "audio_only": N_("Turn off your picture in the call. Voice needs less."),
    "use_telephone": N_("Ask the office to call you by telephone."),
    "other_network": N_("Try another network, such as your mobile data."),
    "wifi_network": N_("Try another network, such as Wi-Fi."),
    "pause_downloads": N_("Pause downloads and videos on all devices at home, and run the test again."),
    "restart_camera": N_("Close other programs that use the camera, and try again."),
    "allow_devices": N_("Allow camera and microphone in the browser, and try again."),
    "free_devices": N_("Close the other program that uses the camera or the microphone, and try again."),
    "connect_devices": N_("Connect what is missing, and try again."),
}
# The same advice where only the camera or only the microphone fails.
ADVICE_TEXTS_BY_CAUSE: dict[tuple[str, Cause], str] = {
    ("allow_devices", Cause.CAMERA_DENIED): N_("Allow the camera in the browser, and try again."),
    ("allow_devices", Cause.MICROPHONE_DENIED): N_("Allow the microphone in the browser, and try again."),
    ("free_devices", Cause.CAMERA_BUSY): N_("Close the other program that uses the camera, and try again."),
    ("free_devices", Cause.MICROPHONE_BUSY): N_(
        "Close the other program that uses the microphone, and try again."
    ),
    ("connect_devices", Cause.CAMERA_MISSING): N_("Connect a camera, or use your phone."),
    ("connect_devices", Cause.MICROPHONE_MISSING): N_("Connect a microphone, or use your phone."),
    ("connect_devices", Cause.DEVICES_MISSING): N_("Connect camera and microphone, or use your phone."),
    ("connect_devices", Cause.SPEAKER_SILENT): N_("Turn up the volume, or connect headphones."),
}


def advice_text(code: str, cause: Cause) -> str:
    """Return the untranslated sentence of an advice."""
    return ADVICE_TEXTS_BY_CAUSE.get((code, cause)) or ADVICE_TEXTS[code]
