"""Settings, tokens and errors of the identity provider. Imports no HTTP library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ...domain.provider_claims import ProviderIdentity

CALLBACK_PATH = "/staff/oidc/callback"


class ProviderAway(Exception):
    """The provider does not answer, or answers with an error of its own. A retry may succeed."""


class ProviderRefused(Exception):
    """The provider says no: the code or refresh token is not valid any more."""


class InvalidAnswer(Exception):
    """An answer of the provider breaks the protocol, or a token is not what it must be."""


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """The provider and how this installation is registered there.

    `check_interval`: how often sessions are confirmed. `grace`: how long they work without an answer after it.
    """

    issuer: str
    client_id: str
    client_secret: str
    name: str
    scopes: str
    groups_claim: str
    check_interval: timedelta
    grace: timedelta
    public_url: str
    allows_http: bool = False

    @property
    def redirect_uri(self) -> str:
        return self.public_url + CALLBACK_PATH


@dataclass(frozen=True, slots=True)
class ProviderTokens:
    """Tokens of the provider that a session keeps, encrypted.

    `groups_from`: where the provider names groups, `userinfo` or `id_token`; None if it named none yet.
    """

    access_token: str
    refresh_token: str | None
    id_token: str
    groups_from: str | None = None
    id_token_is_new: bool = True

    def to_json(self) -> Mapping[str, Any]:
        return {
            "access_token": self.access_token,
            "refresh_token": self.refresh_token,
            "id_token": self.id_token,
            "groups_from": self.groups_from,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ProviderTokens:
        return cls(**values, id_token_is_new=False)


@dataclass(frozen=True, slots=True)
class VerifiedLogin:
    """A person who has just signed in at the provider. `sid`: the provider's session."""

    identity: ProviderIdentity
    sid: str | None
    tokens: ProviderTokens


@dataclass(frozen=True, slots=True)
class LogoutNotice:
    """A verified logout token: the provider's session `sid`, or all sessions of the person."""

    external_id: str | None
    sid: str | None
    issued_at: datetime
