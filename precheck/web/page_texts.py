"""Sentences that the scripts of the connection test show."""

from __future__ import annotations

from ...core.i18n.catalogues import GettextFunction
from .device_texts import device_texts


def test_script_texts(t: GettextFunction) -> dict[str, str]:
    """Translate all sentences, by the keys that the scripts use."""
    return {
        **device_texts(t),
        **_step_texts(t),
        **_waiting_texts(t),
        **_unfinished_test_texts(t),
        **_device_step_texts(t),
        **_outcome_texts(t),
        **_figure_texts(t),
    }


def _step_texts(t: GettextFunction) -> dict[str, str]:
    return {
        "test": t("Connection test"),
        "step_number": t("Connection test, step %(number)s of %(total)s"),
        "title_whole": t("Test your camera, your microphone and your connection"),
        "lead_whole": t(
            "It takes less than a minute. Nothing is installed, and your picture and voice are not stored."
        ),
        "title_permissions": t("Allow camera and microphone"),
        "lead_permissions": t("Your browser will ask you now. Choose Allow."),
        "title_permissions_trouble": t("Camera and microphone"),
        "lead_permissions_trouble": t("Without them nobody can see or hear you."),
        "title_camera": t("Look at yourself for a moment"),
        "lead_camera": t("We check light and movement. The picture stays on this device."),
        "title_microphone": t("Say “good morning” aloud"),
        "lead_microphone": t("If the bars move, your microphone is working. You will then hear yourself."),
        "title_speaker_voice": t("Did you hear yourself?"),
        "lead_speaker_voice": t("We have played back what you said, on this device only."),
        "title_speaker_notes": t("Did you hear three notes?"),
        "lead_speaker_notes": t("That is how loud the office will sound."),
        "title_socket": t("We call the office"),
        "lead_socket": t("We check that messages arrive straight away."),
        "title_paths": t("We are looking for the best route"),
        "lead_paths": t("Picture and voice can travel by several routes. We try each one."),
        "title_media": t("Your picture goes to the office and back"),
        "lead_media": t("Stay on this page for about fifteen seconds. Nothing is stored."),
        "title_media_test": t("A test picture goes to the office and back"),
        "lead_media_test": t("Stay on this page for about fifteen seconds. Nothing is stored."),
        "title_send": t("We are preparing your result"),
        "lead_send": t("This takes a moment."),
    }


def _waiting_texts(t: GettextFunction) -> dict[str, str]:
    return {
        "title_full": t("Other people are testing right now"),
        "lead_full": t("Yours will start by itself. Keep this page open."),
        "title_busy": t("Other people are testing right now"),
        "lead_busy": t("Yours will start by itself. Keep this page open."),
        "place": t("You are number %(position)s in the queue."),
        "title_down": t("The test room is not answering"),
        "lead_down": t("What was measured is kept here. We keep trying."),
        "title_offline": t("No connection"),
        "lead_offline": t("What was measured is kept here. We will send it when the network is back."),
        "title_limited": t("You have tested several times in a row"),
        "lead_limited": t("You can test again from %(time)s."),
    }


def _unfinished_test_texts(t: GettextFunction) -> dict[str, str]:
    """Translate the sentences about a test that was left before its end."""
    return {
        "left_open": t("Your test is half done"),
        "left_left": t("Your test of %(time)s was not finished"),
        "left_refused": t("Your test of %(time)s could not be kept"),
        "left_sent_help": t("What was measured up to %(time)s has been kept."),
        "left_kept_help": t(
            "What was measured up to %(time)s is still on this device. It will be sent as soon as possible."
        ),
        "left_refused_help": t("The office no longer accepts it. Start another test."),
        "row_at": t("%(outcome)s, %(time)s"),
    }


def _device_step_texts(t: GettextFunction) -> dict[str, str]:
    return {
        "busy_help": t("Close the other program and press Try again. You can also continue as you are."),
        "missing_help": t("Check that it is connected and press Try again. You can also continue as you are."),
        "denied_go_on": t("You can also continue without it: we will measure the connection."),
        "camera_black": t("Your picture is black"),
        "camera_black_help": t("Open the cover of the camera, or choose another camera."),
        "camera_dark": t("Your picture is very dark"),
        "camera_dark_help": t("Turn on a light in front of you, and uncover the camera."),
        "camera_flat": t("Nothing can be seen in your picture"),
        "camera_flat_help": t("Uncover the camera and clean it."),
        "camera_frozen": t("Your picture does not move"),
        "camera_frozen_help": t("Close other programs that use the camera, or choose another camera."),
        "camera_none": t("The camera gives no picture"),
        "camera_none_help": t("Close other programs that use the camera, or choose another camera."),
        "microphone_silent": t("We cannot hear you"),
        "microphone_silent_help": t("Check that it is not muted, or choose another microphone. Then speak."),
        "microphone_muted": t("Your microphone gives no sound at all"),
        "microphone_muted_help": t(
            "It is muted. Turn it on with its switch or in the device settings. Then speak."
        ),
        "microphone_weak": t("We can hardly hear you"),
        "microphone_weak_help": t("Bring the microphone closer, or speak up."),
        "speaker_silent": t("Turn the volume up"),
        "speaker_silent_help": t("Check your headphones, or choose another speaker. Then listen again."),
    }


def _outcome_texts(t: GettextFunction) -> dict[str, str]:
    return {
        "row_now": t("Now"),
        "row_again": t("Again in a moment"),
        "row_denied": t("Not allowed"),
        "row_skipped": t("Not tried"),
        "row_unknown": t("Unknown"),
        "row_browser_good": t("Up to date"),
        "row_permissions_both": t("Given"),
        "row_permissions_camera": t("Camera only"),
        "row_permissions_microphone": t("Microphone only"),
        "row_permissions_denied": t("Refused"),
        "row_permissions_none": t("No devices"),
        "row_camera_good": t("We can see you well"),
        "row_camera_black": t("Black"),
        "row_camera_dark": t("Very dark"),
        "row_camera_flat": t("Covered"),
        "row_camera_frozen": t("Does not move"),
        "row_camera_none": t("No picture"),
        "row_microphone_good": t("We can hear you well"),
        "row_microphone_weak": t("Faint"),
        "row_microphone_silent": t("Not heard"),
        "row_microphone_muted": t("It is muted"),
        "row_microphone_clipping": t("Distorted"),
        "row_microphone_none": t("No microphone"),
        "row_speaker_good": t("You can hear well"),
        "row_speaker_silent": t("Not heard"),
        "row_socket_good": t("Straight away"),
        "row_socket_bad": t("Blocked"),
        "row_paths_open": t("All routes open"),
        "row_paths_some": t("Some routes closed"),
        "row_paths_closed": t("All routes closed"),
        "row_paths_direct": t("Direct route"),
        "row_media_done": t("Measured"),
        "row_media_none": t("Did not arrive"),
        "row_media_lost": t("Cut off"),
    }


def _figure_texts(t: GettextFunction) -> dict[str, str]:
    return {
        "heard_voice": t("Yes, I can hear myself"),
        "heard_notes": t("Yes, I can hear them"),
        "media_way": t("Finding a route"),
        "media_down": t("How much reaches you"),
        "media_up": t("How much you send"),
        "media_picture": t("Picture and voice"),
        "sent_picture": t("You"),
        "sent_test_picture": t("Test picture"),
        "figure_kbps": t("%(value)s kbps"),
        "figure_mbps": t("%(value)s Mbps"),
        "figure_ms": t("%(value)s ms"),
        "figure_pct": t("%(value)s %%").replace("%%", "%"),
        "figure_fps": t("%(value)s fps"),
    }
