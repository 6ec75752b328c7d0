"""Check of the identity provider: discovery, keys, redirect address, secret."""

from __future__ import annotations

from datetime import datetime

from .provider_values import InvalidAnswer, ProviderAway, ProviderRefused, ProviderSettings

PROBE = "office360-check"  # no state, nonce or code of a login


async def find_provider_problem(settings: ProviderSettings, now: datetime) -> str | None:
    """Return the first problem with its remedy; None if a login can work.

    Asks for the login page, as a browser does, and for tokens with a code that cannot exist.
    """
    from .identity_provider import IdentityProvider  # imported late, with HTTP client and token formats

    provider = IdentityProvider(settings)
    try:
        await provider.load_keys()
    except ProviderAway as away:
        return f"{away}; is OIDC_ISSUER its address?"
    except InvalidAnswer as invalid:
        return f"{invalid}; OIDC_ISSUER must be what its discovery document names"
    try:
        url = await provider.authorization_url(state=PROBE, nonce=PROBE, verifier=PROBE * 4)
        answer = await provider.get(url)
    except ProviderAway as away:
        return f"the login page: {away}"
    if answer.status_code >= 400 or "error=" in answer.headers.get("location", ""):
        return (
            f"the login page answers {answer.status_code}; register OIDC_CLIENT_ID there with the redirect "
            f"address {settings.redirect_uri} and the scopes {settings.scopes}"
        )
    try:
        await provider.finish_login(code=PROBE, verifier=PROBE * 4, nonce=PROBE, now=now)
    except ProviderRefused:
        return None
    except (ProviderAway, InvalidAnswer) as error:
        return f"{error}; is OIDC_CLIENT_SECRET right?"
    return "it gave tokens for a code that cannot exist"
