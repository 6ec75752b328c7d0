"""Timers of appointments and their handlers, except the reminders."""

from __future__ import annotations

from collections.abc import Mapping

from ...core.db.timers import TimerHandler
from .book import FORGET_TIMER
from .early_video_start import NO_SHOW_TIMER, invite_next
from .freed_slots import FREED_SLOT_TIMER, advance_freed_slot
from .telephone.phone_calls import FORGOTTEN_CALL_TIMER, end_forgotten_call
from .verification_emails import UNVERIFIED_TIMER
from .verify_email import expire_unverified_appointment, forget_requester
from .waitlist import WAITLIST_END_TIMER, expire_waitlist_entry
from .waitlist_scan import WAITLIST_SCAN_TIMER, scan_waitlist

TIMERS: Mapping[str, TimerHandler] = {
    FREED_SLOT_TIMER: advance_freed_slot,
    WAITLIST_END_TIMER: expire_waitlist_entry,
    WAITLIST_SCAN_TIMER: scan_waitlist,
    NO_SHOW_TIMER: invite_next,
    UNVERIFIED_TIMER: expire_unverified_appointment,
    FORGET_TIMER: forget_requester,
    FORGOTTEN_CALL_TIMER: end_forgotten_call,
}
