"""Stored data and data in the browser, as `/privacy` tells them. No SQL, no settings.

A test compares the tables with the schema, and the names in the browser with the scripts and the cookies, so a
new table or key needs a sentence here. `%(contacts)s` and `%(acceptances)s` are the settings of the retention.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...core.i18n.catalogues import N_


@dataclass(frozen=True, slots=True)
class PrivacyFact:
    """A sentence about personal data.

    `names`: the tables that hold them; of data in the browser the cookies, or what the names of stored values and
    caches begin with.
    """

    sentence: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FactGroup:
    """Facts under one heading."""

    title: str
    facts: tuple[PrivacyFact, ...]


STORED: tuple[FactGroup, ...] = (
    FactGroup(
        N_("Appointments and queues"),
        (
            PrivacyFact(
                N_(
                    "For an appointment: your name and e-mail, and if you give them your telephone, identity "
                    "document and needs. Until %(contacts)s after the visit."
                ),
                ("appointments",),
            ),
            PrivacyFact(
                N_(
                    "Until the appointment is over, a code made of your device and your connection, from "
                    "which neither can be read: so that nobody keeps all the places."
                ),
                ("appointments", "holds"),
            ),
            PrivacyFact(
                N_(
                    "For a ticket: when you joined the queue and what for and, if you give them, your name,"
                    " e-mail and mobile. These are deleted %(contacts)s after the ticket ends."
                ),
                ("tickets",),
            ),
            PrivacyFact(
                N_(
                    "While your ticket is open, a code of your connection, so that a few people cannot take"
                    " every place."
                ),
                ("ticket_addresses",),
            ),
            PrivacyFact(
                N_(
                    "What happened and when: arrival, calls, desk, who saw you, and the result. Without your"
                    " name, this is kept for statistics."
                ),
                (
                    "ticket_events",
                    "ticket_segments",
                    "office_events",
                    "phone_calls",
                    "desk_activities",
                    "desk_sessions",
                    "figure_days",
                ),
            ),
            PrivacyFact(
                N_(
                    "Notes that staff write about your visit, so that you do not have to explain everything"
                    " again. Until %(contacts)s after they were written."
                ),
                ("visit_notes",),
            ),
            PrivacyFact(
                N_(
                    "If you are waiting for a time or an earlier one: your e-mail, until you stop waiting. A"
                    " code made from it, and the offers, for %(contacts)s more."
                ),
                ("waiting_list", "earlier_wishes", "offers"),
            ),
            PrivacyFact(
                N_("That an e-mail address is yours: a code made from it, for a day at most."),
                ("mailboxes", "mailbox_checks"),
            ),
        ),
    ),
    FactGroup(
        N_("Messages and questions"),
        (
            PrivacyFact(
                N_(
                    "The messages we send you, with your address or number: until %(contacts)s after they are due."
                ),
                ("outbox", "sent_messages", "notice_events"),
            ),
            PrivacyFact(
                N_(
                    "That you want no more messages of a kind: a code made from your contact details, until you"
                    " ask for them again."
                ),
                ("notice_refusals",),
            ),
            PrivacyFact(
                N_("If you connect a chat: a code made from that of the link, until you use it, for 15 minutes."),
                ("channel_links",),
            ),
            PrivacyFact(
                N_(
                    "If you turn notifications on: the address at which your browser gets them, until the end of"
                    " that day. Only your browser can read what they say."
                ),
                ("push_subscriptions",),
            ),
            PrivacyFact(
                N_(
                    "What you write to the assistant: until two hours after the last message. Once you have "
                    "your appointment, your details are in it and no longer in the conversation."
                ),
                ("chat_sessions",),
            ),
        ),
    ),
    FactGroup(
        N_("Video calls"),
        (
            PrivacyFact(
                N_(
                    "Picture and sound go from browser to browser, encrypted, and are not recorded. "
                    "What you write is passed on and not stored."
                ),
                (),
            ),
            PrivacyFact(
                N_(
                    "Who was in the call, when, and what was done, such as which kind of identity document "
                    "was shown; no picture or number of it. Names, and what you write while you wait, go "
                    "after %(contacts)s."
                ),
                ("rooms", "room_participants", "room_presences", "room_events"),
            ),
            PrivacyFact(
                N_(
                    "Name and contact of a person who is invited to the call: until %(contacts)s after the "
                    "invitation."
                ),
                ("room_invites",),
            ),
            PrivacyFact(
                N_(
                    "Documents that are sent in a call: until %(contacts)s afterwards, or until their sender "
                    "deletes them."
                ),
                ("room_documents", "room_document_parts"),
            ),
            PrivacyFact(
                N_(
                    "Texts that you accept in a call: the words, the time, your name and part of your "
                    "contact, for %(acceptances)s. Afterwards the text stays without your name."
                ),
                ("room_acceptances",),
            ),
            PrivacyFact(
                N_(
                    "Your answers about a call: the ratings are kept without your name, your own words for"
                    " %(contacts)s."
                ),
                ("room_surveys",),
            ),
            PrivacyFact(
                N_(
                    "A connection test: what it measured, for 30 days, and a day if it measured nothing. No "
                    "picture or sound is stored."
                ),
                ("connection_tests",),
            ),
            PrivacyFact(
                N_("How good the connection of a call was: without your name, for statistics."),
                ("call_qualities",),
            ),
        ),
    ),
    FactGroup(
        N_("Safety and checks"),
        (
            PrivacyFact(
                N_(
                    "What staff changed, and when: with their name and your booking reference or ticket code,"
                    " never with your name. This is kept."
                ),
                ("audit_entries",),
            ),
            PrivacyFact(
                N_(
                    "If staff press the emergency button: where and when. Their note and their names go after"
                    " %(contacts)s."
                ),
                ("emergencies",),
            ),
            PrivacyFact(
                N_(
                    "Against misuse, and so that pressing twice does nothing twice: codes of your connection and"
                    " the answers you got, for a day at most."
                ),
                ("guesses", "idempotent_requests"),
            ),
            PrivacyFact(
                N_("For people who work here: their account, how and when they signed in, and their settings."),
                (
                    "users",
                    "user_offices",
                    "staff_sessions",
                    "provider_sessions",
                    "link_requests",
                    "account_links",
                    "pending_logins",
                    "passkeys",
                    "authenticator_apps",
                    "recovery_codes",
                    "alert_settings",
                    "alert_devices",
                    "figure_mails",
                    "figure_mail_offices",
                    "room_transfers",
                ),
            ),
        ),
    ),
)

# Configuration, counters and machines: no row is about a person.
TABLES_WITHOUT_PERSONS = frozenset(
    {
        "agendas",
        "api_key_offices",
        "api_keys",
        "closed_spans",
        "closures",
        "desk_lines",
        "desks",
        "display_screens",
        "extra_openings",
        "group_role_offices",
        "group_roles",
        "leases",
        "line_days",
        "lines",
        "notice_alarms",
        "offices",
        "openings",
        "process_heartbeats",
        "schema_versions",
        "services",
        "sign_in_rules",
        "site",
        "spent_proofs",
        "timers",
        "used_challenges",
    }
)

COOKIES: tuple[PrivacyFact, ...] = (
    PrivacyFact(
        N_("A cookie that tells your browser apart, so that it finds your ticket again: 400 days."),
        ("office360_device",),
    ),
    PrivacyFact(N_("A cookie for the language you chose."), ("office360_lang",)),
    PrivacyFact(N_("A cookie for your conversation with the assistant: two hours."), ("office360_chat",)),
    PrivacyFact(
        N_("For people who work here: cookies that sign them in."),
        ("office360_staff", "office360_known", "office360_login", "office360_oidc"),
    ),
)

STORED_IN_BROWSER: tuple[PrivacyFact, ...] = (
    PrivacyFact(
        N_("Your ticket page as you last saw it, and the files of this site: so that it opens offline."),
        ("office360_turn", "pages", "files-"),
    ),
    PrivacyFact(
        N_("Whether your ticket page may make a sound, whether it has, and whether notifications are on."),
        ("office360_muted", "office360_rung", "office360_follows", "followed"),
    ),
    PrivacyFact(
        N_("What a connection test measured, for a day, and links to your last eight results."),
        ("office360 test", "office360 tests", "regions of test rooms", "tested", "start of a tested line"),
    ),
    PrivacyFact(
        N_(
            "For a video call: that you joined, until the call is over for you; how fast the connection was,"
            " until you close the tab."
        ),
        ("entered", "last bit rate of a call", "call reloaded"),
    ),
    PrivacyFact(
        N_("What you typed, if you change the language of a form: until the next page."), ("office360-typed",)
    ),
    PrivacyFact(
        N_("For people who work here and for waiting-room screens: sound, keys, and alerts that were seen."),
        (
            "office360-folds",
            "office360_screen_sound",
            "office360_screen_voice",
            "office360_alerts_muted",
            "office360_alerts_known",
            "office360-keys",
            "room link of the console",
        ),
    ),
)
