"""Texts of the ticket page, for the server and for the script of the page. Pure.

Both fill the same sentences, so that an updated page shows the same as a reloaded one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from gettext import NullTranslations
from typing import Any

from ...core.i18n.catalogues import N_
from ...core.i18n.dates import clock_time_of_rfc3339
from ...core.i18n.languages import plural_examples
from ..domain.ticket import ENDED_STATES
from ..domain.ticket_notifications import is_next
from ..domain.wait_estimate import ROUNDING_STEP

TICKET_PAGE_TEXTS: Mapping[str, str] = {
    "between": N_("We will call you between"),
    "before": N_("We will call you before"),
    "any_moment": N_("We can call you at any moment"),
    "range": N_("%(start)s and %(end)s"),
    "range_end": N_("%(end)s"),
    "was_between": N_("At %(time)s we expected to call you between"),
    "no_range": N_("We are working out your time"),
    "nobody_called": N_("Nobody is being called for now"),
    "no_desk": N_("No desk is open yet"),
    "ahead_0": N_("You are next"),
    "desk": N_("Desk"),
    "postponed": N_("We will not call you before %(time)s."),
    "wait_until": N_("We will wait for you until %(time)s."),
    "wait_open": N_("We will wait for you. There is no hurry."),
    "help_asked": N_("We know that you need help"),
    "help_asked_more": N_("A member of staff will come and find you."),
    "help_answered": N_("A member of staff is on the way to you"),
    "help_answered_more": N_("Stay where you are: we have read that you need help."),
    "help_out_asked": N_("We know that you need help to get out"),
    "help_out_asked_more": N_("A member of staff will come and find you."),
    "help_out_answered": N_("A member of staff is on the way to you"),
    "help_out_answered_more": N_("We have read that you need help to get out."),
    "postpone_until": N_("We would then not call you before %(time)s."),
    "postpone_now": N_("The time counts from the moment you press."),
    "missed": N_("We called you and you did not come"),
    "missed_help": N_("You asked for help, and we keep your place"),
    "no_show": N_("We called you and you did not come. You can join the queue again."),
    "no_show_help": N_("We did not get to you in time. Ask for help at the entrance, or join the queue again."),
    "rejoin_until": N_("You can rejoin the queue until %(time)s."),
    "rejoin_open": N_("You can rejoin the queue. There is no hurry."),
    "rejoin_over": N_("In a minute you can join the queue again."),
    "hold_until": N_("We will call you again at %(time)s."),
    "offline_since": N_("Offline since %(time)s"),
    "passed_appointment_due": N_("A person with an appointment has gone ahead of you"),
    "passed_preferential": N_("A person with priority has gone ahead of you"),
    "passed_returned": N_("A person who was ahead of you has come back"),
    "passed_transfer": N_("A person from another desk has gone ahead of you"),
    "passed_host": N_("The office has let someone go ahead of you"),
    "age_seconds": N_("%(seconds)s s ago"),
    "age_minutes": N_("%(minutes)s min ago"),
    "title_evacuation": N_("Leave the building now"),
    "title_waiting": N_("%(code)s, %(ahead)s"),
    "title_next": N_("%(code)s, come back to the waiting room"),
    "title_standby": N_("%(code)s, on standby"),
    "title_called": N_("Desk %(desk)s: it is your turn, %(code)s"),
    "title_serving": N_("%(code)s, at desk %(desk)s"),
    "title_on_hold": N_("%(code)s, on hold"),
    "title_missed": N_("%(code)s, we called you"),
    "title_finished": N_("%(code)s, finished"),
    "title_no_show": N_("%(code)s, missed"),
    "title_left": N_("%(code)s, left"),
    "title_expired": N_("%(code)s, closed"),
    "title_offline": N_("%(code)s, offline"),
    "say_offline": N_("Offline since %(time)s. You are still in the queue."),
    "call": N_("It is your turn"),
    "call_again": N_("We are calling you again"),
    "say_evacuation_over": N_("The evacuation is over. You have kept your place."),
    "say_paused": N_("The office is paused. You keep your place."),
    "say_called_again": N_("We are calling you again. Desk %(desk)s. %(way)s"),
    "say_called": N_("It is your turn. Desk %(desk)s. %(way)s"),
    "say_before": N_("%(ahead)s. We will call you before %(end)s."),
    "say_waiting": N_("%(ahead)s. We will call you between %(start)s and %(end)s."),
}


class TicketPageTexts:
    """The texts of the ticket page in one language."""

    def __init__(self, translations: NullTranslations, language: str) -> None:
        self._t = translations
        self._language = language

    def text(self, key: str, **values: object) -> str:
        """Return a text with its values."""
        text = self._t.gettext(TICKET_PAGE_TEXTS[key])
        return text % values if values else text

    def counted_texts(self) -> dict[str, str]:
        """Return each counted text in every plural form: `ahead_one`, `ahead_other`.

        `%(num)s` is not replaced.
        """
        return {
            f"{key}_{form}": text
            for form, count in plural_examples(self._language).items()
            for key, text in self._texts_for_count(count).items()
        }

    def _texts_for_count(self, count: int) -> dict[str, str]:
        ngettext = self._t.ngettext
        return {
            "ahead": ngettext("%(num)s person ahead", "%(num)s people ahead", count),
            "others": ngettext(
                "The same desks also call another queue: %(num)s person in it is before you.",
                "The same desks also call other queues: %(num)s people in them are before you.",
                count,
            ),
            "postpone": ngettext("%(num)s more minute", "%(num)s more minutes", count),
            "desks": ngettext("%(num)s desk open", "%(num)s desks open", count),
            "promise": ngettext(
                "At most %(num)s more person can go ahead of you.",
                "At most %(num)s more people can go ahead of you.",
                count,
            ),
        }

    def counted_text(self, key: str, number: int) -> str:
        """Return the text for a number in its plural form."""
        return self._texts_for_count(number)[key] % {"num": number}

    def all_texts(self) -> dict[str, str]:
        """Return all texts, for the script of the page."""
        return {key: self._t.gettext(text) for key, text in TICKET_PAGE_TEXTS.items()} | self.counted_texts()


def page_state(seen: Mapping[str, Any]) -> str:
    """Return the variant of the page: the state, `next` if the call is near, or `evacuation`."""
    if seen.get("evacuation") and seen["state"] not in ENDED_STATES:
        return "evacuation"
    if seen["state"] != "waiting":
        return str(seen["state"])
    earliest = datetime.fromisoformat(seen["eta"]["earliest"]) if seen["eta"] else None
    is_near = is_next(seen["ahead"], earliest, datetime.fromisoformat(seen["sent_at"]))
    return "next" if is_near and seen["until"] is None and not seen["paused"] else "waiting"


def page_values(seen: Mapping[str, Any], texts: TicketPageTexts) -> dict[str, str]:
    """Return the text of each slot of the page, as static/queue/ticket_texts.js does."""
    desk = seen["desk"] or {"name": "", "way": ""}
    until = clock_time_of_rfc3339(seen["until"])
    ahead_text = _ahead_text(seen["ahead"], texts)
    values = {"code": seen["code"], "ahead": ahead_text, "desk": desk["name"]}
    return {
        "label": _range_label(seen, texts),
        "range": _range_text(seen, texts),
        "ahead": ahead_text,
        "desks": texts.counted_text("desks", seen["desks_open"]) if seen["desks_open"] else texts.text("no_desk"),
        "others": _other_lines_text(seen, texts),
        "promise": _overtaking_limit_text(seen, texts),
        "passed": texts.text(f"passed_{seen['reason']}") if seen["reason"] else "",
        "call": texts.text("call_again" if seen["recalls"] else "call"),
        "desk": desk["name"],
        "way": desk["way"],
        "wait_until": texts.text("wait_until", time=until) if until else texts.text("wait_open"),
        **_help_texts(seen, texts),
        **_postpone_texts(seen, texts),
        "missed": texts.text("missed_help" if needs_help(seen) else "missed"),
        "no_show": texts.text("no_show_help" if needs_help(seen) else "no_show"),
        "postponed": texts.text("postponed", time=until) if until else "",
        "hold_until": texts.text("hold_until", time=until) if until else "",
        "rejoin": _rejoin_text(seen, until, texts),
        "pause": seen["pause_message"] or "",
        "title": texts.text(f"title_{page_state(seen)}", **values),
    }


def _ahead_text(ahead: int | None, texts: TicketPageTexts) -> str:
    if ahead is None:
        return ""
    return texts.counted_text("ahead", ahead) if ahead else texts.text("ahead_0")


def _help_texts(seen: Mapping[str, Any], texts: TicketPageTexts) -> dict[str, str]:
    """Return the confirmation of a request for help: heading and sentence."""
    verb = "answered" if seen["help_answered"] else "asked"
    key = f"help_out_{verb}" if seen.get("evacuation") else f"help_{verb}"
    return {"help": texts.text(key), "help_more": texts.text(f"{key}_more")}


def needs_help(seen: Mapping[str, Any]) -> bool:
    """Return whether the person asked for help and was not served since."""
    return bool(seen["help"] or seen["help_answered"])


def _postpone_texts(seen: Mapping[str, Any], texts: TicketPageTexts) -> dict[str, str]:
    """Return the label of "more time", and until when it would be; empty if not offered."""
    postpone = seen["postpone"]
    if postpone is None:
        return {"postpone": "", "postpone_until": ""}
    until = clock_time_of_rfc3339(postpone["until"])
    return {
        "postpone": texts.counted_text("postpone", postpone["minutes"]),
        "postpone_until": texts.text("postpone_until", time=until) if until else texts.text("postpone_now"),
    }


def _other_lines_text(seen: Mapping[str, Any], texts: TicketPageTexts) -> str:
    """Explain that people of other lines are before; empty without any."""
    count = seen["ahead_in_other_lines"]
    return texts.counted_text("others", count) if count else ""


def _rejoin_text(seen: Mapping[str, Any], until: str, texts: TicketPageTexts) -> str:
    """Return the text about rejoining. While the office is paused it has no end."""
    if "rejoin" not in seen["may"]:
        return texts.text("rejoin_over")
    return texts.text("rejoin_until", time=until) if until else texts.text("rejoin_open")


def _range_label(seen: Mapping[str, Any], texts: TicketPageTexts) -> str:
    return texts.text("before" if _range_has_begun(seen) else "between") if seen["eta"] else ""


def _range_text(seen: Mapping[str, Any], texts: TicketPageTexts) -> str:
    eta = seen["eta"]
    if eta is None:
        return texts.text("nobody_called" if seen["paused"] else "no_range")
    end = clock_time_of_rfc3339(eta["latest"])
    if _range_has_begun(seen):
        return texts.text("range_end", end=end)
    return texts.text("range", start=clock_time_of_rfc3339(eta["earliest"]), end=end)


def _range_has_begun(seen: Mapping[str, Any]) -> bool:
    """Whether the call may come before the next time to which ranges are rounded."""
    begins_in = datetime.fromisoformat(seen["eta"]["earliest"]) - datetime.fromisoformat(seen["sent_at"])
    return begins_in < ROUNDING_STEP


def _overtaking_limit_text(seen: Mapping[str, Any], texts: TicketPageTexts) -> str:
    at_most = seen["at_most_overtaken_by"]
    return "" if at_most is None else texts.counted_text("promise", at_most)
