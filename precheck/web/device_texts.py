"""Sentences about camera, microphone and speaker, and how each browser allows them."""

from __future__ import annotations

from ...core.i18n.catalogues import GettextFunction


def device_texts(t: GettextFunction) -> dict[str, str]:
    """Translate the sentences, by the keys of device_errors.js and device_picker.js."""
    return {
        "device_number": t("Device %(number)s"),
        "speaker_default": t("The usual speaker"),
        "camera_denied": t("The browser does not let us use the camera"),
        "camera_busy": t("Another program is using the camera"),
        "camera_missing": t("We cannot find a camera"),
        "microphone_denied": t("The browser does not let us use the microphone"),
        "microphone_busy": t("Another program is using the microphone"),
        "microphone_missing": t("We cannot find a microphone"),
        "both_denied": t("The browser does not let us use the camera and the microphone"),
        "allow_chrome": t("Press the icon next to the address. Allow camera and microphone there."),
        "allow_chrome_phone": t(
            "Press the icon next to the address, then Permissions. Allow camera and microphone there."
        ),
        "allow_firefox": t("Press the crossed-out camera next to the address. Remove the block there."),
        "allow_safari": t("Open the Safari menu, then Settings for this website. Allow camera and microphone."),
        "allow_safari_phone": t(
            "Press the page menu next to the address, then Website settings. Allow camera and microphone."
        ),
        "allow_other": t("Open the browser's settings for this page. Allow camera and microphone there."),
    }
