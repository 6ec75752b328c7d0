"""Public API of staff accounts and consoles for management and server."""

from __future__ import annotations

from .actions.account_links import NewAccountLink
from .actions.accounts import authenticate, create_user, set_password
from .actions.keys import issue_key, load_manageable_key, revoke_key
from .actions.people import (
    OPERATOR,
    AccountChanged,
    change_person,
    disable_person,
    enable_person,
    end_sessions,
    invite_person,
    parse_email,
    require_manageable,
    send_link,
)
from .domain.people import (
    AccountDetails,
    AccountDisabled,
    PersonState,
    StaffApiKey,
    StaffPerson,
    grantable_roles,
)
from .queries.people import (
    PersonListItem,
    PersonRecord,
    list_keys,
    list_people,
    load_person_record,
    person_by_username,
)
from .realtime.board_socket import run_board_refresh
from .storage.staff_directory import DirectoryEntry, staff_directory, staff_names
from .storage.staff_rows import active_account_scopes
from .web.staff_session import current_user

__all__ = [
    "OPERATOR",
    "AccountChanged",
    "AccountDetails",
    "AccountDisabled",
    "DirectoryEntry",
    "NewAccountLink",
    "PersonListItem",
    "PersonRecord",
    "PersonState",
    "StaffApiKey",
    "StaffPerson",
    "active_account_scopes",
    "authenticate",
    "change_person",
    "create_user",
    "current_user",
    "disable_person",
    "enable_person",
    "end_sessions",
    "grantable_roles",
    "invite_person",
    "issue_key",
    "list_keys",
    "list_people",
    "load_manageable_key",
    "load_person_record",
    "parse_email",
    "person_by_username",
    "require_manageable",
    "revoke_key",
    "run_board_refresh",
    "send_link",
    "set_password",
    "staff_directory",
    "staff_names",
]
