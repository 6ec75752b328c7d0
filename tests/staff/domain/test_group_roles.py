"""Rules of groups and claims of an identity provider."""

from __future__ import annotations

from typing import Any

import pytest
from office360.core.auth import StaffRole
from office360.staff.domain.group_roles import GrantedAccess, GroupRole, access_changes, granted_access
from office360.staff.domain.people import AccountDetails, PersonState, StaffPerson
from office360.staff.domain.provider_claims import (
    UnusableClaims,
    free_usernames,
    identity_from_claims,
    read_groups,
)

AGENTS = GroupRole("1", "agents", StaffRole.AGENT, frozenset({"centro", "norte"}))
HOSTS = GroupRole("2", "hosts", StaffRole.HOST, frozenset({"sur"}))
CHIEFS = GroupRole("3", "chiefs", StaffRole.ADMINISTRATOR, None)
EVERYWHERE = GroupRole("4", "flying", StaffRole.AGENT, None)
ALL = [AGENTS, HOSTS, CHIEFS, EVERYWHERE]


@pytest.mark.parametrize(
    ("groups", "access"),
    [
        ([], None),
        (["choir"], None),
        (["Agents"], None),
        (["/agents", "choir"], GrantedAccess(StaffRole.AGENT, frozenset({"centro", "norte"}))),
        (["agents", "hosts"], GrantedAccess(StaffRole.HOST, frozenset({"centro", "norte", "sur"}))),
        (["hosts", "flying"], GrantedAccess(StaffRole.HOST, None)),
        (["agents", "chiefs"], GrantedAccess(StaffRole.ADMINISTRATOR, None)),
    ],
)
def test_highest_role_and_all_offices_of_groups_count(groups: list[str], access: GrantedAccess | None) -> None:
    assert granted_access(groups, ALL) == access


def test_changes_name_people_with_other_access() -> None:
    boris, carmen = (
        StaffPerson(name, name, AccountDetails(name, None, StaffRole.AGENT, None), PersonState.ACTIVE, None)
        for name in ("boris", "carmen")
    )
    changes = access_changes({boris: ["agents", "hosts"], carmen: ["agents"]}, ALL, [AGENTS, CHIEFS])
    assert [(change.person.name, change.after) for change in changes] == [("boris", AGENTS.access)]
    assert [change.after for change in access_changes({carmen: ["agents"]}, ALL, [HOSTS])] == [None]


@pytest.mark.parametrize(
    ("claims", "groups"),
    [
        ({"groups": ["b", "/a", 7, " "]}, ["a", "b"]),
        ({"groups": "a"}, ["a"]),
        ({"groups": []}, []),
        ({"groups": None}, None),
        ({}, None),
        ({"groups": ["x" * 256]}, []),
    ],
)
def test_groups_are_read_from_lists_and_texts(claims: dict[str, Any], groups: list[str] | None) -> None:
    assert read_groups(claims, "groups") == groups


def test_groups_are_read_from_nested_claims() -> None:
    assert read_groups({"realm_access": {"roles": ["a"]}}, "realm_access.roles") == ["a"]
    assert read_groups({"realm_access": "none"}, "realm_access.roles") is None


def test_identity_takes_usable_claims_only() -> None:
    found = identity_from_claims(
        "https://login.example.org",
        {"sub": "7", "preferred_username": " Boris ", "given_name": "Boris", "family_name": "B\nC", "email": "b"},
        "groups",
    )
    assert (found.external_id, found.username, found.name, found.email) == (
        "https://login.example.org 7",
        "boris",
        "Boris B C",
        None,
    )
    unverified = {"sub": "7", "email": "b@example.org", "email_verified": False}
    assert identity_from_claims("i", unverified, "groups").email is None
    assert identity_from_claims("i", {"sub": "7", "email": "b@example.org"}, "groups").username == "b@example.org"


@pytest.mark.parametrize("claims", [{}, {"sub": ""}, {"sub": 7}, {"sub": "x" * 256}])
def test_claims_without_subject_name_no_person(claims: dict[str, Any]) -> None:
    with pytest.raises(UnusableClaims):
        identity_from_claims("https://login.example.org", claims, "groups")


def test_taken_usernames_get_a_number_and_fit() -> None:
    names = list(free_usernames("x" * 64))
    assert names[:2] == ["x" * 64, "x" * 61 + "-2"]
    assert max(map(len, names)) == 64
