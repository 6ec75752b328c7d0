"""Ways to sign in of this installation, and the person whom a trusted proxy names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from ...domain.account import MAX_USERNAME_LENGTH
from .provider_values import ProviderSettings

if TYPE_CHECKING:
    from .identity_provider import IdentityProvider


@dataclass(frozen=True, slots=True)
class SignInSetup:
    """Ways to sign in. `remote_user_header`: empty if no header is read."""

    provider: IdentityProvider | None = None
    has_local_form: bool = True
    remote_user_header: str = ""

    @property
    def provider_name(self) -> str | None:
        """Return the provider's name; None without a provider."""
        return self.provider.settings.name if self.provider else None


def build_sign_in_setup(
    provider: ProviderSettings | None, *, has_local_form: bool, remote_user_header: str
) -> SignInSetup:
    """Build the ways to sign in.

    The provider is asked at the first login, so that it may be away now.
    """
    if provider is None:
        return SignInSetup(None, has_local_form, remote_user_header)
    from .identity_provider import IdentityProvider  # imported late, with HTTP client and token formats

    return SignInSetup(IdentityProvider(provider), has_local_form, remote_user_header)


def sign_in_setup(connection: HTTPConnection) -> SignInSetup:
    """Return the ways to sign in of the installation that serves the request."""
    setup: SignInSetup = connection.state.sign_in
    return setup


def remote_user(connection: HTTPConnection) -> str | None:
    """Return the person whom the proxy has authenticated; None if the header may be forged.

    Only a peer of TRUSTED_PROXIES may name one. Its mark is a client port of 0, which uvicorn sets when it takes
    the client's address from a trusted peer's header, and which no connection has. A header that occurs twice
    is ignored: the proxy may have added its own to a forged one.
    """
    header = sign_in_setup(connection).remote_user_header
    if not header or connection.client is None or connection.client.port != 0:
        return None
    sent = connection.headers.getlist(header)
    if len(sent) != 1:
        return None
    name = sent[0].strip()
    is_usable = 0 < len(name) <= MAX_USERNAME_LENGTH and name.isprintable() and "," not in name
    return name if is_usable else None
