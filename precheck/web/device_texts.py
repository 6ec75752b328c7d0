"""Sentences about camera, microphone and speaker, and how each browser allows them."""

from __future__ import annotations

from collections.abc import Mapping

from ...core.i18n.catalogues import N_

# By the keys of device_errors.js and device_picker.js.
DEVICE_TEXTS: Mapping[str, str] = {
    "device_number": N_("Device %(number)s"),
    "speaker_default": N_("The usual speaker"),
    "camera_denied": N_("The browser does not let us use the camera"),
    "camera_busy": N_("Another program is using the camera"),
    "camera_missing": N_("We cannot find a camera"),
    "microphone_denied": N_("The browser does not let us use the microphone"),
    "microphone_busy": N_("Another program is using the microphone"),
    "microphone_missing": N_("We cannot find a microphone"),
    "both_denied": N_("The browser does not let us use the camera and the microphone"),
    "allow_chrome": N_("Press the icon next to the address. Allow camera and microphone there."),
    "allow_chrome_phone": N_(
        "Press the icon next to the address, then Permissions. Allow camera and microphone there."
    ),
    "allow_firefox": N_("Press the crossed-out camera next to the address. Remove the block there."),
    "allow_safari": N_("Open the Safari menu, then Settings for this website. Allow camera and microphone."),
    "allow_safari_phone": N_(
        "Press the page menu next to the address, then Website settings. Allow camera and microphone."
    ),
    "allow_other": N_("Open the browser's settings for this page. Allow camera and microphone there."),
}
