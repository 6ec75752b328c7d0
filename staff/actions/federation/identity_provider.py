"""Client of the organisation's OpenID Connect provider. No SQL, no transaction.

Sources: OpenID Connect Core 1.0, Discovery 1.0, RP-Initiated Logout 1.0, Back-Channel Logout 1.0; RFC 7636 (PKCE),
RFC 9207 (`iss` of the answer).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from authlib.integrations.base_client import OAuthError
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from ...domain.provider_claims import ProviderIdentity, UnusableClaims, identity_from_claims, read_groups
from .provider_http import TIMEOUT_S, AsyncOAuth2Client, BoundedTransport
from .provider_values import (
    InvalidAnswer,
    LogoutNotice,
    ProviderAway,
    ProviderRefused,
    ProviderSettings,
    ProviderTokens,
    VerifiedLogin,
)

logger = logging.getLogger(__name__)

LOGGED_OUT_PATH = "/staff/"
TOTAL_TIMEOUT_S = 15.0  # of a request with its connection
METADATA_LIFETIME_S = 3600.0  # a provider announces changed addresses long before
KEY_RELOAD_INTERVAL_S = 60.0  # an unknown key reloads the keys, but a stranger's tokens must not cause a flood
CLOCK_SKEW_S = 120
LOGOUT_TOKEN_LIFETIME = timedelta(minutes=5)  # an older one is a replay
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
# Signatures with a public key only: with HS256, every program that knows the client's secret could sign.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
MAX_HINT_LENGTH = 6_000  # of an address that every browser and server accepts


class IdentityProvider:
    """The provider of an installation. Keeps its addresses and keys for an hour."""

    def __init__(self, settings: ProviderSettings) -> None:
        self.settings = settings
        self._metadata: dict[str, Any] = {}
        self._metadata_until_s = 0.0
        self._keys: KeySet | None = None
        self._keys_until_s = self._keys_loaded_at_s = 0.0
        self._lock = asyncio.Lock()

    # Login

    async def authorization_url(self, *, state: str, nonce: str, verifier: str, prompt: str | None = None) -> str:
        """Return the address at which the person signs in. Raises ProviderAway."""
        metadata = await self.metadata()
        async with self._client(metadata) as client:
            options = {"prompt": prompt} if prompt else {}
            url, _ = client.create_authorization_url(
                metadata["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier, **options
            )
            return str(url)

    async def check_issuer(self, iss: str | None) -> None:
        """Check the `iss` of an answer (RFC 9207 section 2.4). Raises InvalidAnswer, ProviderAway."""
        metadata = await self.metadata()
        is_required = bool(metadata.get("authorization_response_iss_parameter_supported"))
        if (iss is None and is_required) or (iss is not None and iss != metadata["issuer"]):
            raise InvalidAnswer("iss")

    async def finish_login(self, *, code: str, verifier: str, nonce: str, now: datetime) -> VerifiedLogin:
        """Exchange the code for tokens, and verify them.

        Raises ProviderRefused for a code that was used or is too old, InvalidAnswer, ProviderAway.
        """
        metadata = await self.metadata()
        async with self._client(metadata) as client:
            answer = await self._call(
                client.fetch_token(
                    metadata["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                    redirect_uri=self.settings.redirect_uri,
                )
            )
        id_token = answer.get("id_token")
        if not isinstance(id_token, str) or not isinstance(answer.get("access_token"), str):
            raise InvalidAnswer("tokens are missing")
        claims = await self._verify_id_token(id_token, now, nonce=nonce, access_token=answer["access_token"])
        tokens = ProviderTokens(answer["access_token"], _optional_text(answer, "refresh_token"), id_token)
        identity, tokens = await self._load_identity(tokens, claims, now)
        sid = _optional_text(claims, "sid")
        return VerifiedLogin(identity, sid[:255] if sid else None, tokens)

    # Checks of a session

    async def refresh(self, tokens: ProviderTokens) -> ProviderTokens:
        """Use the refresh token. The old one may be void afterwards, so store the new one at once.

        Without a refresh token, the access token must do. Raises ProviderRefused, InvalidAnswer, ProviderAway.
        """
        if tokens.refresh_token is None:
            return tokens
        metadata = await self.metadata()
        async with self._client(metadata, with_scope=False) as client:
            client.token = {"access_token": tokens.access_token, "token_type": "Bearer"}
            answer = await self._call(
                client.refresh_token(metadata["token_endpoint"], refresh_token=tokens.refresh_token)
            )
        if not isinstance(answer.get("access_token"), str):
            raise InvalidAnswer("tokens are missing")
        id_token = _optional_text(answer, "id_token")
        return replace(
            tokens,
            access_token=answer["access_token"],
            refresh_token=_optional_text(answer, "refresh_token") or tokens.refresh_token,
            id_token=id_token or tokens.id_token,
            id_token_is_new=id_token is not None,
        )

    async def load_identity(
        self, tokens: ProviderTokens, external_id: str, now: datetime
    ) -> tuple[ProviderIdentity, ProviderTokens]:
        """Load the person's claims again. Raises ProviderRefused, InvalidAnswer, ProviderAway.

        Raises InvalidAnswer for another person, and if the provider does not name groups where it did before.
        """
        claims: Mapping[str, Any] = {"sub": external_id.removeprefix(f"{self.settings.issuer} ")}
        if tokens.id_token_is_new:
            claims = await self._verify_id_token(tokens.id_token, now)
        identity, checked = await self._load_identity(tokens, claims, now)
        if identity.external_id != external_id:
            raise InvalidAnswer("sub")
        if tokens.groups_from == "id_token" and not tokens.id_token_is_new:
            raise InvalidAnswer("no new ID token names groups")
        return identity, checked

    async def _load_identity(
        self, tokens: ProviderTokens, id_claims: Mapping[str, Any], now: datetime
    ) -> tuple[ProviderIdentity, ProviderTokens]:
        """Merge the claims of ID token and userinfo. Groups of userinfo count first."""
        info = await self._load_userinfo(tokens.access_token, now)
        if info is not None and info.get("sub") != id_claims.get("sub"):
            raise InvalidAnswer("sub of userinfo")  # OpenID Connect Core 1.0 section 5.3.2
        claim = self.settings.groups_claim
        merged = {**id_claims, **(info or {})}
        in_userinfo, in_token = read_groups(info or {}, claim), read_groups(id_claims, claim)
        try:
            identity = identity_from_claims(self.settings.issuer, merged, claim)
        except UnusableClaims:
            raise InvalidAnswer("sub") from None
        groups = in_userinfo if in_userinfo is not None else in_token
        source = "userinfo" if in_userinfo is not None else "id_token" if in_token is not None else None
        found = replace(tokens, groups_from=source or tokens.groups_from)
        return replace(identity, groups=tuple(groups or ())), found

    async def _load_userinfo(self, access_token: str, now: datetime) -> Mapping[str, Any] | None:
        """Load userinfo; None if the provider has none.

        Raises ProviderRefused, ProviderAway, InvalidAnswer.
        """
        metadata = await self.metadata()
        url = metadata.get("userinfo_endpoint")
        if not isinstance(url, str):
            return None
        answer = await self.get(url, {"authorization": f"Bearer {access_token}"})
        if answer.status_code in (400, 401, 403):
            raise ProviderRefused(f"userinfo answers {answer.status_code}")
        if answer.status_code != httpx.codes.OK:
            raise ProviderAway(f"userinfo answers {answer.status_code}")
        if answer.headers.get("content-type", "").startswith("application/jwt"):
            claims = (await self._decode(answer.text)).claims
            if claims.get("iss") != metadata["issuer"]:
                raise InvalidAnswer("iss of userinfo")
            return claims
        return _json_object(answer)

    # Logout

    async def logout_url(self, id_token: str) -> str | None:
        """Return the address at which the person also leaves the provider; None if it has none.

        Raises ProviderAway.
        """
        endpoint = (await self.metadata()).get("end_session_endpoint")
        if not isinstance(endpoint, str):
            return None
        query = {
            "client_id": self.settings.client_id,
            "post_logout_redirect_uri": self.settings.public_url + LOGGED_OUT_PATH,
        }
        if len(id_token) <= MAX_HINT_LENGTH:
            query["id_token_hint"] = id_token
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"

    async def verify_logout_token(self, token: str, now: datetime) -> LogoutNotice:
        """Verify a logout token (Back-Channel Logout 1.0 section 2.6).

        Raises InvalidAnswer, ProviderAway.
        """
        decoded = await self._decode(token)
        claims = await self._validated(decoded, now)
        events = claims.get("events")
        if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
            raise InvalidAnswer("events")
        if "nonce" in claims or not isinstance(claims.get("iat"), int | float) or not claims.get("jti"):
            raise InvalidAnswer("nonce, iat or jti")
        issued_at = datetime.fromtimestamp(claims["iat"], tz=now.tzinfo)
        if abs(now - issued_at) > LOGOUT_TOKEN_LIFETIME:
            raise InvalidAnswer("iat")
        subject, sid = _optional_text(claims, "sub"), _optional_text(claims, "sid")
        if subject is None and sid is None:
            raise InvalidAnswer("sub or sid")
        external_id = f"{self.settings.issuer} {subject}" if subject else None
        return LogoutNotice(external_id, sid, issued_at)

    # Tokens

    async def _verify_id_token(
        self, token: str, now: datetime, *, nonce: str | None = None, access_token: str | None = None
    ) -> Mapping[str, Any]:
        """Verify signature, issuer, audience, times, nonce and access token. Raises InvalidAnswer."""
        decoded = await self._decode(token)
        params = {"nonce": nonce, "client_id": self.settings.client_id, "access_token": access_token}
        return await self._validated(decoded, now, params)

    async def _validated(
        self, decoded: jwt.Token, now: datetime, params: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        """Check the claims. With `params`, as those of an ID token. Raises InvalidAnswer."""
        options: dict[str, Any] = {
            "iss": {"essential": True, "value": (await self.metadata())["issuer"]},
            "aud": {"essential": True, "value": self.settings.client_id},
        }
        kind = CodeIDToken if params is not None else _LogoutToken
        claims = kind(dict(decoded.claims), decoded.header, options, dict(params or {}))
        try:
            claims.validate(now=int(now.timestamp()), leeway=CLOCK_SKEW_S)
        except (JoseError, TypeError, ValueError) as error:
            raise InvalidAnswer(_reason(error)) from None
        return dict(claims)

    async def _decode(self, token: str) -> jwt.Token:
        """Verify the signature.

        The keys are loaded again if none of them fits: providers change keys.
        """
        keys = await self.load_keys()
        try:
            return jwt.decode(token, keys, algorithms=ALGORITHMS)
        except (JoseError, TypeError, ValueError):
            newer = await self.load_keys(again=True)
            if newer is keys:
                raise InvalidAnswer("signature") from None
        try:
            return jwt.decode(token, newer, algorithms=ALGORITHMS)
        except (JoseError, TypeError, ValueError) as error:
            raise InvalidAnswer(_reason(error)) from None

    async def load_keys(self, *, again: bool = False) -> KeySet:
        """Load the keys, from the cache if they are young. `again`: the cached ones did not fit."""
        uri = (await self.metadata())["jwks_uri"]
        async with self._lock:
            now_s = asyncio.get_running_loop().time()
            interval_s = KEY_RELOAD_INTERVAL_S if again else METADATA_LIFETIME_S
            if self._keys is not None and now_s < self._keys_loaded_at_s + interval_s:
                return self._keys
            answer = await self.get(uri)
            if answer.status_code != httpx.codes.OK:
                raise ProviderAway(f"the keys answer {answer.status_code}")
            try:
                keys = KeySet.import_key_set(_json_object(answer))  # type: ignore[arg-type]
            except (JoseError, KeyError, TypeError, ValueError, AttributeError) as error:
                raise InvalidAnswer(f"keys: {_reason(error)}") from None
            self._keys, self._keys_loaded_at_s = keys, now_s
            return keys

    # Requests

    async def metadata(self) -> dict[str, Any]:
        """Return the provider's addresses (Discovery 1.0). Raises ProviderAway, InvalidAnswer."""
        async with self._lock:
            now_s = asyncio.get_running_loop().time()
            if now_s < self._metadata_until_s:
                return self._metadata
            answer = await self.get(f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration")
            if answer.status_code != httpx.codes.OK:
                raise ProviderAway(f"discovery answers {answer.status_code}")
            self._metadata = self._checked_metadata(_json_object(answer))
            self._metadata_until_s = now_s + METADATA_LIFETIME_S
            return self._metadata

    def _checked_metadata(self, found: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(found.get("issuer"), str) or found["issuer"] != self.settings.issuer:
            raise InvalidAnswer(f"discovery names the issuer {found.get('issuer')!r}")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not isinstance(found.get(name), str):
                raise InvalidAnswer(f"discovery has no {name}")
        schemes = ("https", "http") if self.settings.allows_http else ("https",)
        for name, address in found.items():
            is_address = name.endswith("_endpoint") or name == "jwks_uri"
            if is_address and (not isinstance(address, str) or urlsplit(address).scheme not in schemes):
                raise InvalidAnswer(f"{name} is no https address")
        return dict(found)

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Send a request to the provider. Raises ProviderAway."""
        async with _open_http() as client:
            answer: httpx.Response = await self._call(client.get(url, headers=dict(headers or {})))
            return answer

    async def _call(self, request: Any) -> Any:
        """Await a request. Raises ProviderAway, ProviderRefused."""
        try:
            async with asyncio.timeout(TOTAL_TIMEOUT_S):
                return await request
        except OAuthError as error:
            if error.error == "invalid_grant":
                raise ProviderRefused("invalid_grant") from None
            raise ProviderAway(f"the provider answers {error.error}") from None
        except TimeoutError:
            raise ProviderAway(f"no answer within {TOTAL_TIMEOUT_S:.0f} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
            raise ProviderAway(_reason(error)) from None

    @asynccontextmanager
    async def _client(
        self, metadata: Mapping[str, Any], *, with_scope: bool = True
    ) -> AsyncIterator[AsyncOAuth2Client]:
        async with AsyncOAuth2Client(
            client_id=self.settings.client_id,
            client_secret=self.settings.client_secret,
            token_endpoint_auth_method=_auth_method(metadata),
            scope=self.settings.scopes if with_scope else None,
            redirect_uri=self.settings.redirect_uri,
            code_challenge_method="S256",
            transport=BoundedTransport(),
            timeout=TIMEOUT_S,
            follow_redirects=False,
            trust_env=False,
        ) as client:
            yield client


class _LogoutToken(CodeIDToken):  # type: ignore[misc]  # authlib has no types
    """A logout token has neither to name a person nor to expire."""

    ESSENTIAL_CLAIMS = ["iss", "aud", "iat"]  # noqa: RUF012 - authlib reads a list


def _auth_method(metadata: Mapping[str, Any]) -> str:
    """Return how the client proves itself: by Basic unless the provider knows only the form."""
    methods = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    is_basic = "client_secret_basic" in methods or "client_secret_post" not in methods
    return "client_secret_basic" if is_basic else "client_secret_post"


def _open_http() -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=BoundedTransport(), timeout=TIMEOUT_S, follow_redirects=False, trust_env=False
    )


def _json_object(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        raise InvalidAnswer("not JSON") from None
    if not isinstance(found, dict):
        raise InvalidAnswer("not a JSON object")
    return found


def _optional_text(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    return value if isinstance(value, str) and value else None


def _reason(error: Exception) -> str:
    """Return the kind and first line of an error, for the log."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:200]
