"""Sentences for the scripts of a room, as JavaScript files contain no visible text."""

from __future__ import annotations

from collections.abc import Mapping

from ...core.i18n.catalogues import N_, GettextFunction
from ...precheck.service import DEVICE_TEXTS
from .papers_texts import PAPERS_TEXTS
from .people_texts import PEOPLE_TEXTS
from .record_texts import RECORD_TEXTS

EARLY_TEXTS: Mapping[str, str] = {
    "opens_minutes": N_("It opens in %(minutes)s minutes"),
    "opens_minute": N_("It opens in one minute"),
    "opens_now": N_("It opens now"),
}
# By the key that the scripts use.
ROOM_TEXTS: Mapping[str, str] = {
    **DEVICE_TEXTS,
    # before the person goes in
    "title_preview": N_("See and hear yourself before you go in"),
    "go_back_in": N_("Go back in"),
    "elsewhere": N_("You are already in the call, in another window or on another device"),
    "elsewhere_help": N_("If you go in here, it will close there."),
    "mirror_starting": N_("Your browser is asking whether we may use your camera and microphone. Choose Allow."),
    "mirror_off": N_("Your camera is off. You will be heard."),
    "mirror_silent": N_("You will go in without picture or voice. You will be able to see, hear and write."),
    "busy_help": N_("Close the other program and press Try again. You can also go in as you are."),
    "missing_help": N_("Check that it is connected and press Try again. You can also go in as you are."),
    "denied_go_on": N_("You can also go in without them: you will see, hear and be able to write."),
    "level_silent": N_("Say something: the bar should move."),
    "level_good": N_("We can hear you."),
    "level_muted": N_("Your microphone is off."),
    # in the lobby
    "title_lobby": N_("Waiting room of your video call"),
    "ordinal_one": N_("%(number)sst"),
    "ordinal_two": N_("%(number)snd"),
    "ordinal_few": N_("%(number)srd"),
    "ordinal_other": N_("%(number)sth"),
    "place_first": N_("You are first in the queue"),
    "place_other": N_("People ahead of you: %(before)s"),
    "agent_available": N_("%(name)s is already in the room."),
    "agent_busy": N_("%(name)s is finishing another appointment."),
    "agent_away": N_("The adviser will join you soon."),
    "agent_away_known": N_("%(name)s is away for a moment."),
    "lobby_soon": N_("We will let you in soon"),
    "lobby_later": N_("You are in the waiting room"),
    "eta_between": N_("We will let you in between %(earliest)s and %(latest)s."),
    "eta_until": N_("We will let you in before %(latest)s."),
    "test_voice": N_("Your camera and your connection work"),
    "test_voice_help": N_("Say something so that we can test your voice too."),
    "test_so_far": N_("Good so far"),
    "returned": N_("The office asks you to wait here for a moment."),
    # in the call
    "title_call": N_("Video call with %(office)s"),
    "with_people": N_("with %(names)s"),
    "picture_of": N_("Picture of %(name)s"),
    "you": N_("You"),
    "other_person": N_("The other person"),
    "chat_again": N_("Send again"),
    "chat_alone": N_("You are alone in the call, so this was not sent"),
    "chat_unsent_to": N_("Not delivered to %(names)s"),
    "chat_unsent": N_("Not delivered"),
    "no_picture": N_("%(name)s has the camera off"),
    "muted_name": N_("%(name)s, muted"),
    "is_typing": N_("%(name)s is typing"),
    "own_lost": N_("You have lost the connection. Reconnecting."),
    "path_lost": N_("The connection with %(name)s is interrupted. Reconnecting."),
    "lost_seconds": N_("%(seconds)s s"),
    "other_away": N_("%(name)s has closed the page. We are waiting."),
    "other_lost": N_("%(name)s has lost the connection. We are waiting."),
    "connecting_to": N_("Connecting with %(name)s"),
    "left": N_("You have left the video call"),
    "left_lobby": N_("You have left the waiting room"),
    "left_help": N_("You can come back until %(time)s. We are keeping your place."),
    "removed": N_("The office has taken you out of the room"),
    "removed_help": N_("You can ask to join again."),
    "replaced": N_("The video call continues in another window or on another device"),
    "replaced_help": N_("You can close this page, or bring the call back to it."),
    "refused": N_("You can no longer join with this page"),
    "refused_help": N_("Open the link in your e-mail again."),
    "back_in": N_("Join again"),
    "use_here": N_("Continue here"),
    "reload": N_("Open again"),
    # pictures, typed text and captions
    "pin_person": N_("Make %(name)s large"),
    "pinned": N_("(kept large)"),
    "spoken_by": N_("%(name)s (voice)"),
    "is_speaking": N_("%(name)s is speaking"),
    "text_alone": N_("No one else is in the call, so your text was not sent."),
    "captions_local": N_(
        "The other side can read what you say. Your voice stays on this device; nothing is kept."
    ),
    "captions_remote": N_(
        "The other side can read what you say. Your browser may send your voice to its maker to recognise"
        " it. We keep nothing."
    ),
    "captions_by": N_(
        "%(name)s has turned on captions of their own voice. Yours is not captioned. Nothing is kept."
    ),
    "captions_over": N_("%(name)s has turned off the captions."),
    "captions_failed": N_("This browser cannot recognise your voice now. The captions are off."),
    # camera and microphone
    "camera_lost": N_("Your camera has stopped. We are trying to get it back."),
    "microphone_lost": N_("Your microphone has stopped: nobody can hear you. We are trying to get it back."),
    "both_lost": N_("Your camera and microphone have stopped. We are trying to get them back."),
    "camera_back": N_("Your camera works again."),
    "microphone_back": N_("You can be heard again."),
    "camera_swapped": N_("Your camera was unplugged. We are using another one."),
    "microphone_swapped": N_("Your microphone was unplugged. We are using another one."),
    "other_camera_lost": N_("The camera of %(name)s has stopped."),
    "other_microphone_lost": N_("%(name)s cannot be heard: the microphone has stopped."),
    # quality of the connection
    "why_voice_up": N_("Your voice is breaking up."),
    "why_voice_up_more": N_("Move closer to your router."),
    "why_voice_down": N_("The others' voices are breaking up."),
    "why_voice_down_more": N_("Your connection, or the other side's, is weak."),
    "why_slow": N_("Your connection is slow."),
    "why_weak": N_("The connection of the other side, or yours, is weak."),
    "why_other_slow": N_("Smaller picture."),
    "why_other_slow_more": N_("The connection of the other side is slow."),
    "why_bandwidth": N_("Smaller picture."),
    "why_bandwidth_more": N_("Your connection is slow."),
    "why_bandwidth_fine": N_("Your connection is slow; the voice is fine."),
    "why_cpu": N_("Smaller picture."),
    "why_cpu_more": N_("Your device is busy; close other programs."),
    "why_loss_up": N_("Your picture freezes for the others."),
    "why_loss_up_more": N_("Move closer to your router."),
    "why_loss_up_fine": N_("The voice is fine. Move closer to your router."),
    "why_loss_down": N_("The picture freezes."),
    "why_loss_down_more": N_("Your connection, or the other side's, is weak."),
    "why_loss_down_fine": N_("The voice is fine. Your connection, or the other side's, is weak."),
    "why_delay": N_("There is a delay."),
    "why_delay_more": N_("Wait a moment before you answer."),
    "sound_only_weak_connection": N_("Your picture is paused so that you can be heard well."),
    "sound_only_own_choice": N_("You are sending your voice only."),
    "sound_only_of": N_("%(name)s is sending the voice only"),
    "slow_signs": N_("The picture of %(name)s has %(rate)s frames a second: signs are hard to read."),
    # for staff
    "title_staff": N_("Video call with %(guest)s"),
    "start_asked": N_("Do you want to start the video call with %(guest)s?"),
    "start_asked_help": N_("Your camera and your microphone will turn on."),
    "start_now": N_("Start now"),
    "guest_waits": N_("%(name)s has been waiting since %(time)s"),
    "guest_expected": N_("%(name)s has not come yet"),
    "guest_expected_help": N_("You will see it here as soon as they come in."),
    "guest_left": N_("%(name)s was here and has left"),
    "guest_lost": N_("%(name)s has lost the connection"),
    "guest_lost_help": N_("The place is kept. You will see it here when they are back."),
    "interpreter": N_("Interpreter"),
    "guest_test_green": N_("Tested before: good connection"),
    "guest_test_amber": N_("Tested before: the picture may freeze"),
    "guest_test_red": N_("Tested before: the call may not work"),
    "guest_test_unknown": N_("Tested before: not complete"),
    "guest_test_green_now": N_("Tested now: good connection"),
    "guest_test_amber_now": N_("Tested now: the picture may freeze"),
    "guest_test_red_now": N_("Tested now: the call may not work"),
    "guest_test_unknown_now": N_("Tested now: not everything could be measured"),
    "called_back": N_("Notified by %(channels)s at %(time)s."),
    "channel_push": N_("a notification on the phone"),
    "channel_email": N_("e-mail"),
    "told": N_("Sent to the waiting room"),
    # of static/staff, by which staff press the emergency button
    "no_answer": N_("There was no answer. Press again: nothing is done twice."),
    "not_done": N_("That was not done. Try again."),
    "blocked": N_("Not done: there is no connection."),
    **PEOPLE_TEXTS,
    **PAPERS_TEXTS,
    **RECORD_TEXTS,
}


def room_script_texts(t: GettextFunction) -> dict[str, str]:
    """Return the sentences of a room in the reader's language."""
    return {key: t(text) for key, text in ROOM_TEXTS.items()}


def early_script_texts(t: GettextFunction) -> dict[str, str]:
    """Return the sentences of the page before the room opens."""
    return {key: t(text) for key, text in EARLY_TEXTS.items()}
