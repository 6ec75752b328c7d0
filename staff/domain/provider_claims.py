"""Claims of an identity provider about a person, and the account that they describe. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .account import MAX_NAME_LENGTH, MAX_USERNAME_LENGTH, normalize_username
from .group_roles import MAX_GROUP_NAME_LENGTH, normalize_group

MAX_EXTERNAL_ID_LENGTH = 512
MAX_SUBJECT_LENGTH = 255  # OpenID Connect Core 1.0 section 2
# Of a person; more is a provider without a filter, whose list is cut.
MAX_GROUPS = 500
MAX_SUFFIX = 99  # of usernames that the provider gave to several people in turn
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f]+")


class UnusableClaims(Exception):
    """The claims name no person: the subject is missing or too long."""


@dataclass(frozen=True, slots=True)
class ProviderIdentity:
    """A person as the provider describes them. `external_id`: issuer and subject."""

    external_id: str
    username: str
    name: str
    email: str | None
    groups: tuple[str, ...]


def identity_from_claims(issuer: str, claims: Mapping[str, Any], groups_claim: str) -> ProviderIdentity:
    """Build the identity of verified claims. Raises UnusableClaims.

    The username is `preferred_username`, else the e-mail, else the subject. An e-mail that the provider did not
    verify is ignored.
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT_LENGTH:
        raise UnusableClaims
    external_id = f"{issuer} {subject}"
    if len(external_id) > MAX_EXTERNAL_ID_LENGTH:
        raise UnusableClaims
    email = _text(claims, "email")
    if not _EMAIL.fullmatch(email) or len(email) > 254 or claims.get("email_verified") is False:
        email = ""
    names = (normalize_username(name) for name in (_text(claims, "preferred_username"), email, subject))
    username = next((name for name in names if 0 < len(name) <= MAX_USERNAME_LENGTH), "")
    return ProviderIdentity(
        external_id,
        username or subject[:MAX_USERNAME_LENGTH],
        (_full_name(claims) or username or subject)[:MAX_NAME_LENGTH],
        email or None,
        tuple(read_groups(claims, groups_claim) or ()),
    )


def read_groups(claims: Mapping[str, Any], groups_claim: str) -> list[str] | None:
    """Return the groups of a claim; None if there is no such claim.

    The claim is a list of texts, or a single text. A name with dots may lead into nested objects, such as
    `realm_access.roles`.
    """
    value = claims.get(groups_claim)
    if value is None and "." in groups_claim:
        value = claims
        for part in groups_claim.split("."):
            value = value.get(part) if isinstance(value, dict) else None
    if value is None:
        return None
    texts = value if isinstance(value, list) else [value]
    names = {normalize_group(text) for text in texts if isinstance(text, str)}
    return sorted(name for name in names if 0 < len(name) <= MAX_GROUP_NAME_LENGTH)[:MAX_GROUPS]


def free_usernames(username: str) -> Iterator[str]:
    """Yield the username, then with a number: a provider may give it to another person later."""
    yield username
    for number in range(2, MAX_SUFFIX + 1):
        yield f"{username[: MAX_USERNAME_LENGTH - 3]}-{number}"


def _full_name(claims: Mapping[str, Any]) -> str:
    parts = (_text(claims, "given_name"), _text(claims, "family_name"))
    return _text(claims, "name") or " ".join(part for part in parts if part)


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return _INVISIBLE.sub(" ", value).strip() if isinstance(value, str) else ""
