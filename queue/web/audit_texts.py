"""Audit sentences of tickets, and of calls that an office stops or resumes.

Each action that the feature writes has one sentence; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...core.i18n.catalogues import N_

AUDIT_SENTENCES: Mapping[str, str] = {
    "ticket.issued": N_("Gave the ticket"),
    "ticket.called": N_("Called the person"),
    "ticket.recalled": N_("Called the person again"),
    "ticket.put_back": N_("Put the ticket back in the queue"),
    "ticket.started": N_("Began to serve the person"),
    "ticket.held": N_("Put the turn on hold"),
    "ticket.hold_ended": N_("The time on hold ended"),
    "ticket.finished": N_("Finished the visit"),
    "ticket.missed": N_("The person did not come to the desk"),
    "ticket.no_show_undone": N_("Called a person who had not come"),
    "ticket.no_show": N_("Ended the ticket: the person did not come"),
    "ticket.transferred": N_("Passed the ticket on"),
    "ticket.priority_set": N_("Decided on priority attention"),
    "ticket.placed": N_("Put the person first"),
    "ticket.help_asked": N_("Asked for help"),
    "ticket.help_given": N_("Went to help"),
    "ticket.left": N_("Gave up the ticket"),
    "ticket.rejoined": N_("Rejoined the queue"),
    "ticket.postponed": N_("Asked for more time"),
    "ticket.admitted": N_("Moved from the reserve to the queue"),
    "ticket.notify_asked": N_("Asked for notices"),
    "ticket.notify_ended": N_("Ended the notices"),
    "ticket.paused": N_("The call was taken back: the office stopped its calls"),
    "ticket.resumed": N_("The time to come back began again: the office calls again"),
    "ticket.desk_closed": N_("No longer waits for one desk: it was closed"),
    "ticket.desk_opened": N_("Waits for the desk that was opened"),
    "ticket.expired": N_("The ticket ended with the day"),
    "office.paused": N_("Paused the office"),
    "office.resumed": N_("Resumed the office"),
    "office.walk_ins_stopped": N_("Stopped tickets without appointment"),
    "office.walk_ins_opened": N_("Allowed tickets without appointment again"),
    "office.desk_opened": N_("Opened a desk"),
    "office.desk_closed": N_("Closed a desk"),
    "office.desk_paused": N_("Paused a desk"),
    "office.desk_resumed": N_("Ended the pause of a desk"),
}
# The same actions, if the citizen did them.
CITIZEN_SENTENCES: Mapping[str, str] = {"ticket.issued": N_("Joined the queue")}
