"""Public API of staff accounts and consoles for management and server."""

from __future__ import annotations

from .actions.account_links import NewAccountLink
from .actions.accounts import authenticate, create_user, set_password
from .actions.alert_pushes import delete_unused_devices, run_alert_pushes
from .actions.emergencies import erase_old_emergencies
from .actions.evacuation import evacuate_calls, push_evacuation, resume_calls
from .actions.federation.change_groups import remove_group, review_group, save_group
from .actions.federation.connect_accounts import connect_person, decline_connection
from .actions.federation.session_checks import delete_old_provider_data, run_session_checks
from .actions.federation.sign_in_setup import SignInSetup, build_sign_in_setup, remote_user, sign_in_setup
from .actions.keys import issue_key, load_manageable_key, revoke_key
from .actions.own_account import reencrypt_app_secrets
from .actions.people import (
    OPERATOR,
    change_person,
    disable_person,
    enable_person,
    end_sessions,
    invite_person,
    parse_email,
    require_manageable,
    send_link,
)
from .actions.second_factor import local_today
from .actions.sign_in_rules import (
    RULES_CHANGED,
    edit_sign_in_rules,
    reset_factors,
)
from .actions.transfer_pushes import push_transfer
from .consoles.person import STATE_BADGES
from .domain.device_label import device_label
from .domain.group_roles import AccessChange, GroupRole, group_audit_values, normalize_group
from .domain.people import (
    ALL_OFFICES,
    AccountDetails,
    AccountDisabled,
    PersonState,
    StaffApiKey,
    StaffPerson,
    account_values,
    grantable_roles,
)
from .domain.second_factor import FACTOR_ROLES, RuleValues, SignInRules, parse_rule_values, rule_values
from .queries.attention import load_open_emergencies
from .queries.factors import RoleFactors, list_role_factors, load_rule_values
from .queries.groups import load_group, load_group_overview
from .queries.message_people import people_of_messages
from .queries.people import (
    PersonListItem,
    PersonRecord,
    list_keys,
    list_people,
    load_person_record,
    person_by_username,
)
from .realtime.board_socket import run_board_refresh, run_board_resync
from .storage.alert_rows import AlertDevice, alert_devices
from .storage.staff_directory import DirectoryEntry, staff_directory, staff_names
from .storage.staff_rows import active_account_scopes
from .web.audit_texts import AUDIT_SENTENCES
from .web.cancel_preview import CancelPreview, parse_cancel_reason, preview_cancellation
from .web.login_page import show_login_for_form
from .web.messages_page import CHANNEL_NAMES, budget_limits, visit_path
from .web.staff_error_page import redirect_unknown_page, show_staff_error
from .web.staff_session import current_user, own_offices

__all__ = [
    "ALL_OFFICES",
    "AUDIT_SENTENCES",
    "CHANNEL_NAMES",
    "FACTOR_ROLES",
    "OPERATOR",
    "RULES_CHANGED",
    "STATE_BADGES",
    "AccessChange",
    "AccountDetails",
    "AccountDisabled",
    "AlertDevice",
    "CancelPreview",
    "DirectoryEntry",
    "GroupRole",
    "NewAccountLink",
    "PersonListItem",
    "PersonRecord",
    "PersonState",
    "RoleFactors",
    "RuleValues",
    "SignInRules",
    "SignInSetup",
    "StaffApiKey",
    "StaffPerson",
    "account_values",
    "active_account_scopes",
    "alert_devices",
    "authenticate",
    "budget_limits",
    "build_sign_in_setup",
    "change_person",
    "connect_person",
    "create_user",
    "current_user",
    "decline_connection",
    "delete_old_provider_data",
    "delete_unused_devices",
    "device_label",
    "disable_person",
    "edit_sign_in_rules",
    "enable_person",
    "end_sessions",
    "erase_old_emergencies",
    "evacuate_calls",
    "grantable_roles",
    "group_audit_values",
    "invite_person",
    "issue_key",
    "list_keys",
    "list_people",
    "list_role_factors",
    "load_group",
    "load_group_overview",
    "load_manageable_key",
    "load_open_emergencies",
    "load_person_record",
    "load_rule_values",
    "local_today",
    "normalize_group",
    "own_offices",
    "parse_cancel_reason",
    "parse_email",
    "parse_rule_values",
    "people_of_messages",
    "person_by_username",
    "preview_cancellation",
    "push_evacuation",
    "push_transfer",
    "redirect_unknown_page",
    "reencrypt_app_secrets",
    "remote_user",
    "remove_group",
    "require_manageable",
    "reset_factors",
    "resume_calls",
    "review_group",
    "revoke_key",
    "rule_values",
    "run_alert_pushes",
    "run_board_refresh",
    "run_board_resync",
    "run_session_checks",
    "save_group",
    "send_link",
    "set_password",
    "show_login_for_form",
    "show_staff_error",
    "sign_in_setup",
    "staff_directory",
    "staff_names",
    "visit_path",
]
