"""Sentences for the scripts of a room, as JavaScript files contain no visible text."""

from __future__ import annotations

from ...core.i18n.catalogues import GettextFunction
from ...precheck.service import device_texts
from .papers_texts import papers_script_texts
from .people_texts import people_script_texts
from .record_texts import record_script_texts


def room_script_texts(t: GettextFunction) -> dict[str, str]:
    """Return the sentences in the reader's language, by the key that the scripts use."""
    return {
        **device_texts(t),
        **_preview_texts(t),
        **_lobby_texts(t),
        **_call_texts(t),
        **_picture_and_text_texts(t),
        **_device_texts(t),
        **_quality_texts(t),
        **_staff_texts(t),
        **people_script_texts(t),
        **papers_script_texts(t),
        **record_script_texts(t),
    }


def early_script_texts(t: GettextFunction) -> dict[str, str]:
    """Return the sentences of the page before the room opens."""
    return {
        "opens_minutes": t("It opens in %(minutes)s minutes"),
        "opens_minute": t("It opens in one minute"),
        "opens_now": t("It opens now"),
    }


def _preview_texts(t: GettextFunction) -> dict[str, str]:
    return {
        "title_preview": t("See and hear yourself before you go in"),
        "go_back_in": t("Go back in"),
        "elsewhere": t("You are already in the call, in another window or on another device"),
        "elsewhere_help": t("If you go in here, it will close there."),
        "mirror_starting": t(
            "Your browser is asking whether we may use your camera and microphone. Choose Allow."
        ),
        "mirror_off": t("Your camera is off. You will be heard."),
        "mirror_silent": t("You will go in without picture or voice. You will be able to see, hear and write."),
        "busy_help": t("Close the other program and press Try again. You can also go in as you are."),
        "missing_help": t("Check that it is connected and press Try again. You can also go in as you are."),
        "denied_go_on": t("You can also go in without them: you will see, hear and be able to write."),
        "level_silent": t("Say something: the bar should move."),
        "level_good": t("We can hear you."),
        "level_muted": t("Your microphone is off."),
    }


def _lobby_texts(t: GettextFunction) -> dict[str, str]:
    return {
        "title_lobby": t("Waiting room of your video call"),
        "ordinal_one": t("%(number)sst"),
        "ordinal_two": t("%(number)snd"),
        "ordinal_few": t("%(number)srd"),
        "ordinal_other": t("%(number)sth"),
        "place_first": t("You are first in the queue"),
        "place_other": t("People ahead of you: %(before)s"),
        "agent_available": t("%(name)s is already in the room."),
        "agent_busy": t("%(name)s is finishing another appointment."),
        "agent_away": t("The adviser will join you soon."),
        "agent_away_known": t("%(name)s is away for a moment."),
        "lobby_soon": t("We will let you in soon"),
        "lobby_later": t("You are in the waiting room"),
        "eta_between": t("We will let you in between %(earliest)s and %(latest)s."),
        "eta_until": t("We will let you in before %(latest)s."),
        "test_voice": t("Your camera and your connection work"),
        "test_voice_help": t("Say something so that we can test your voice too."),
        "test_so_far": t("Good so far"),
        "returned": t("The office asks you to wait here for a moment."),
    }


def _call_texts(t: GettextFunction) -> dict[str, str]:
    return {
        "title_call": t("Video call with %(office)s"),
        "with_people": t("with %(names)s"),
        "picture_of": t("Picture of %(name)s"),
        "you": t("You"),
        "other_person": t("The other person"),
        "chat_again": t("Send again"),
        "chat_alone": t("You are alone in the call, so this was not sent"),
        "chat_unsent_to": t("Not delivered to %(names)s"),
        "chat_unsent": t("Not delivered"),
        "no_picture": t("%(name)s has the camera off"),
        "muted_name": t("%(name)s, muted"),
        "is_typing": t("%(name)s is typing"),
        "own_lost": t("You have lost the connection. Reconnecting."),
        "path_lost": t("The connection with %(name)s is interrupted. Reconnecting."),
        "lost_seconds": t("%(seconds)s s"),
        "other_away": t("%(name)s has closed the page. We are waiting."),
        "other_lost": t("%(name)s has lost the connection. We are waiting."),
        "connecting_to": t("Connecting with %(name)s"),
        "left": t("You have left the video call"),
        "left_lobby": t("You have left the waiting room"),
        "left_help": t("You can come back until %(time)s. We are keeping your place."),
        "removed": t("The office has taken you out of the room"),
        "removed_help": t("You can ask to join again."),
        "replaced": t("The video call continues in another window or on another device"),
        "replaced_help": t("You can close this page, or bring the call back to it."),
        "refused": t("You can no longer join with this page"),
        "refused_help": t("Open the link in your e-mail again."),
        "back_in": t("Join again"),
        "use_here": t("Continue here"),
        "reload": t("Open again"),
    }


def _picture_and_text_texts(t: GettextFunction) -> dict[str, str]:
    return {
        "pin_person": t("Make %(name)s large"),
        "pinned": t("(kept large)"),
        "spoken_by": t("%(name)s (voice)"),
        "is_speaking": t("%(name)s is speaking"),
        "text_alone": t("No one else is in the call, so your text was not sent."),
        "captions_local": t(
            "The other side can read what you say. Your voice stays on this device; nothing is kept."
        ),
        "captions_remote": t(
            "The other side can read what you say. Your browser may send your voice to its maker to recognise"
            " it. We keep nothing."
        ),
        "captions_by": t(
            "%(name)s has turned on captions of their own voice. Yours is not captioned. Nothing is kept."
        ),
        "captions_over": t("%(name)s has turned off the captions."),
        "captions_failed": t("This browser cannot recognise your voice now. The captions are off."),
    }


def _device_texts(t: GettextFunction) -> dict[str, str]:
    return {
        "camera_lost": t("Your camera has stopped. We are trying to get it back."),
        "microphone_lost": t("Your microphone has stopped: nobody can hear you. We are trying to get it back."),
        "both_lost": t("Your camera and microphone have stopped. We are trying to get them back."),
        "camera_back": t("Your camera works again."),
        "microphone_back": t("You can be heard again."),
        "camera_swapped": t("Your camera was unplugged. We are using another one."),
        "microphone_swapped": t("Your microphone was unplugged. We are using another one."),
        "other_camera_lost": t("The camera of %(name)s has stopped."),
        "other_microphone_lost": t("%(name)s cannot be heard: the microphone has stopped."),
    }


def _quality_texts(t: GettextFunction) -> dict[str, str]:
    return {
        "why_voice_up": t("Your voice is breaking up."),
        "why_voice_up_more": t("Move closer to your router."),
        "why_voice_down": t("The others' voices are breaking up."),
        "why_voice_down_more": t("Your connection, or the other side's, is weak."),
        "why_slow": t("Your connection is slow."),
        "why_weak": t("The connection of the other side, or yours, is weak."),
        "why_other_slow": t("Smaller picture."),
        "why_other_slow_more": t("The connection of the other side is slow."),
        "why_bandwidth": t("Smaller picture."),
        "why_bandwidth_more": t("Your connection is slow."),
        "why_bandwidth_fine": t("Your connection is slow; the voice is fine."),
        "why_cpu": t("Smaller picture."),
        "why_cpu_more": t("Your device is busy; close other programs."),
        "why_loss_up": t("Your picture freezes for the others."),
        "why_loss_up_more": t("Move closer to your router."),
        "why_loss_up_fine": t("The voice is fine. Move closer to your router."),
        "why_loss_down": t("The picture freezes."),
        "why_loss_down_more": t("Your connection, or the other side's, is weak."),
        "why_loss_down_fine": t("The voice is fine. Your connection, or the other side's, is weak."),
        "why_delay": t("There is a delay."),
        "why_delay_more": t("Wait a moment before you answer."),
        "sound_only_weak_connection": t("Your picture is paused so that you can be heard well."),
        "sound_only_own_choice": t("You are sending your voice only."),
        "sound_only_of": t("%(name)s is sending the voice only"),
        "slow_signs": t("The picture of %(name)s has %(rate)s frames a second: signs are hard to read."),
    }


def _staff_texts(t: GettextFunction) -> dict[str, str]:
    return {
        "title_staff": t("Video call with %(guest)s"),
        "start_asked": t("Do you want to start the video call with %(guest)s?"),
        "start_asked_help": t("Your camera and your microphone will turn on."),
        "start_now": t("Start now"),
        "guest_waits": t("%(name)s has been waiting since %(time)s"),
        "guest_expected": t("%(name)s has not come yet"),
        "guest_expected_help": t("You will see it here as soon as they come in."),
        "guest_left": t("%(name)s was here and has left"),
        "guest_lost": t("%(name)s has lost the connection"),
        "guest_lost_help": t("The place is kept. You will see it here when they are back."),
        "interpreter": t("Interpreter"),
        "guest_test_green": t("Tested before: good connection"),
        "guest_test_amber": t("Tested before: the picture may freeze"),
        "guest_test_red": t("Tested before: the call may not work"),
        "guest_test_unknown": t("Tested before: not complete"),
        "guest_test_green_now": t("Tested now: good connection"),
        "guest_test_amber_now": t("Tested now: the picture may freeze"),
        "guest_test_red_now": t("Tested now: the call may not work"),
        "guest_test_unknown_now": t("Tested now: not everything could be measured"),
        "called_back": t("Notified by %(channels)s at %(time)s."),
        "channel_push": t("a notification on the phone"),
        "channel_email": t("e-mail"),
        "told": t("Sent to the waiting room"),
        # of static/staff, by which staff press the emergency button
        "no_answer": t("There was no answer. Press again: nothing is done twice."),
        "not_done": t("That was not done. Try again."),
        "blocked": t("Not done: there is no connection."),
    }
