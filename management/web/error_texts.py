"""Texts of the error codes of management."""

from __future__ import annotations

from ...core.i18n.catalogues import N_

ERROR_TEXTS: dict[str, str] = {
    # Fields of an office
    "needed_with": N_("Fill in both: the share, and the minutes that it is about."),
    "not_one_of": N_("Write one of these: %(allowed)s."),
    "too_many": N_("At most %(max)s are possible."),
    "not_a_slug": N_("Use small letters without accents, digits and hyphens, such as new-office."),
    "not_a_letter": N_("Use one capital letter from A to Z."),
    "unknown_line": N_("There is no queue %(line)s."),
    "taken": N_("%(by)s already has this letter."),
    "unknown_timezone": N_("Use a name of the time zone database, such as Europe/Madrid."),
    "unknown_region": N_("The public holidays of this place are unknown. Use ISO 3166 codes, such as ES and MD."),
    "not_a_day": N_("Write the day like this: 2026-12-25."),
    "not_an_interval": N_("Write hours like this: 09:00-14:00. The end of a day is 24:00."),
    "overlapping_hours": N_("These hours overlap."),
    "hours_incomplete": N_("Write both the start and the end."),
    "not_a_clock_time": N_("Write times like this: 09:00."),
    "ends_before_start": N_(
        "The end is before the start. For hours after midnight, end this day at 00:00 and begin the next at 00:00."
    ),
    "not_a_date": N_("Write a day of the calendar."),
    "ends_before_first_day": N_("The last day is before the first."),
    "range_too_long": N_("Close at most %(max)s days at once."),
    "day_past": N_("This day is over."),
    # Appointments that no longer fit
    "tick_one": N_("Tick at least one appointment."),
    "settlement_missing": N_("Choose what happens with these appointments. Nothing is saved yet."),
    "fits_again": N_("It fits the hours again."),
    "no_free_time": N_("There is no available time."),
    "email_unverified": N_("Its e-mail is not confirmed, so that it cannot be moved."),
    "new_time_taken": N_("The new time has been taken meanwhile."),
    "changed_meanwhile": N_("It was changed meanwhile: moved, cancelled, or the person is here."),
    "list_empty": N_("A list needs at least one entry. Or take the default list."),
    "short_name_taken": N_("This short name is already used here. Choose another."),
    "number_for_several": N_("To add several desks, begin with a number."),
    "desks_taken": N_("These desks exist already: %(desks)s."),
    "choose_modes": N_("Choose at least one."),
    # What-if simulation
    "too_few_desks": N_("Desks open on the quietest of these days: %(count)s. One of them must stay."),
    "line_without_desk": N_("Then no desk would serve queue %(line)s."),
    "opens_too_late": N_("The office would open after it closes."),
    "closes_too_early": N_("The office would close before it opens."),
    "no_arrivals": N_("Write how many people come in at least one hour."),
    "simulation_busy": N_("Another simulation is running. Try again in a moment."),
    "simulation_failed": N_("The simulation did not end. Try again, or ask for fewer changes."),
    "little_history": N_("There are too few visits to learn from."),
    "no_recorded_desks": N_(
        "No desk is recorded on them, so that nothing says how many could call. Choose other days."
    ),
    "no_desk": N_("The office has no desk that calls a queue."),
    "no_service": N_("The office has no service in person."),
    # Monthly figures by e-mail
    "account_without_email": N_("Your account has no e-mail. Ask a manager to add it."),
    "figure_mail_off": N_("Turn the e-mail on first."),
    # Refusals
    "slug_taken": N_("Another office has this short name."),
    "desk_taken": N_("Another desk has this name."),
    "no_own_email": N_("Your account has no e-mail address. A colleague who manages accounts can add it."),
    "not_subscribed": N_("This browser gets no pushes yet."),
    "screen_taken": N_("Another screen of this office has this name."),
    "line_in_use": N_("People wait in queue %(lines)s. Remove it when they have been attended."),
    "desk_in_use": N_("An agent works at desk %(desks)s. Remove it when it is closed."),
    "line_has_services": N_(
        "These services use the queue: %(services)s. Give them another queue or remove them first."
    ),
    "not_ready": N_("Something is still missing. Complete the steps first."),
    "cannot_undo": N_("This change cannot be undone here."),
    "changed_since": N_("These values were changed again since then. Change them on their page."),
}
