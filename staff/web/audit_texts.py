"""Audit sentences of accounts, sign-in, alerts and emergencies.

Each action that the feature writes has a sentence; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...core.i18n.catalogues import N_

AUDIT_SENTENCES: Mapping[str, str] = {
    "person.created": N_("Added the account"),
    "person.invited": N_("Invited the person"),
    "person.reset": N_("Sent a link for a new password"),
    "person.password_set": N_("Chose a password"),
    "person.changed": N_("Changed the account"),
    "person.enabled": N_("Enabled the account"),
    "person.disabled": N_("Disabled the account"),
    "person.connected": N_("Connected the account with the organisation's login"),
    "person.connection_declined": N_("Refused to connect the account with the organisation's login"),
    "group.added": N_("Gave a group a role"),
    "group.changed": N_("Changed the role of a group"),
    "group.removed": N_("Took the role of a group away"),
    "session.ended": N_("Ended a session"),
    "factor.passkey_added": N_("Added a passkey"),
    "factor.passkey_removed": N_("Removed a passkey"),
    "factor.app_added": N_("Connected an authenticator app"),
    "factor.app_removed": N_("Removed the authenticator app"),
    "factor.codes_renewed": N_("Made new recovery codes"),
    "factor.recovery_used": N_("Signed in with a recovery code"),
    "factor.reset": N_("Removed the second factors"),
    "sign_in.changed": N_("Changed which roles need a second factor"),
    "key.created": N_("Created the API key"),
    "key.revoked": N_("Revoked the API key"),
    "alerts.changed": N_("Chose other alerts"),
    "alerts.device_added": N_("Added a device for alerts"),
    "alerts.device_removed": N_("Removed a device for alerts"),
    "emergency.started": N_("Pressed the emergency button"),
    "emergency.answered": N_("Answered an emergency"),
    "emergency.ended": N_("Ended an emergency"),
}
