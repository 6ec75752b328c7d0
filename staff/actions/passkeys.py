"""Passkeys (WebAuthn level 3): challenges, their answers, and their site.

A challenge is not stored: it is encrypted, names its purpose and caller, and expires. An answered challenge is
stored, so that no answer works twice.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ...core.errors import Refused
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ..domain.second_factor import Passkey
from ..storage import factor_rows, staff_rows
from ..storage.factor_tables import PasskeyRow

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

logger = logging.getLogger(__name__)

# The login page may stay open before the person comes.
CHALLENGE_LIFETIME = timedelta(hours=1)
# Bytes; the specification allows 1,023, authenticators use up to 250.
MAX_CREDENTIAL_ID_LENGTH = 512
# Characters of the same in base64url, as the table keeps it.
MAX_CREDENTIAL_TEXT = 700


class PasskeyPurpose(StrEnum):
    """The use for which a challenge is made. An answer to a challenge works for no other use."""

    LOGIN = "login"
    SECOND_STEP = "second"
    PROOF = "proof"
    ADD = "add"


@dataclass(frozen=True, slots=True)
class PasskeySite:
    """The site to which passkeys belong: its domain and the origin of its pages."""

    domain: str
    origin: str


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey that a browser has just made."""

    credential_id: str
    public_key: bytes
    sign_count: int
    transports: str


def passkey_site(runtime: Runtime) -> PasskeySite | None:
    """Return the site of passkeys; None if the public URL has an IP address, which has none."""
    parts = urlsplit(runtime.public_url)
    domain = parts.hostname or ""
    try:
        # Passkeys belong to a domain (WebAuthn): under an IP address, browsers make none.
        ip_address(domain)
    except ValueError:
        return PasskeySite(domain, f"{parts.scheme}://{parts.netloc}")
    return None


def login_options(
    runtime: Runtime, purpose: PasskeyPurpose, caller: str, passkeys: tuple[Passkey, ...] = ()
) -> str | None:
    """Build the JSON with which a browser asks for a passkey; None where passkeys do not work.

    `caller`: who may answer, such as the device or the account. `passkeys`: none for any passkey of the site.
    """
    site = passkey_site(runtime)
    if site is None:
        return None
    import webauthn  # imported late, as in each function here: 53 modules, which few processes need
    from webauthn.helpers.structs import UserVerificationRequirement

    options = webauthn.generate_authentication_options(
        rp_id=site.domain,
        challenge=_new_challenge(runtime, purpose, caller),
        allow_credentials=[_descriptor(passkey) for passkey in passkeys],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def registration_options(
    runtime: Runtime, *, user_id: str, username: str, name: str, site_name: str, passkeys: tuple[Passkey, ...]
) -> str | None:
    """Build the JSON with which a browser makes a passkey; None where passkeys do not work."""
    site = passkey_site(runtime)
    if site is None:
        return None
    import webauthn
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = webauthn.generate_registration_options(
        rp_id=site.domain,
        rp_name=site_name,
        user_id=user_id.encode(),
        user_name=username,
        user_display_name=name,
        challenge=_new_challenge(runtime, PasskeyPurpose.ADD, user_id),
        authenticator_selection=AuthenticatorSelectionCriteria(
            # Stored in the authenticator and with its user verified: the passkey alone must sign in.
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[_descriptor(passkey) for passkey in passkeys],
    )
    return webauthn.options_to_json(options)


async def read_new_passkey(tx: Transaction, user_id: str, answer: str) -> NewPasskey:
    """Check the answer of a browser that has made a passkey. Raises Refused("passkey_failed")."""
    import webauthn
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.structs import AuthenticatorTransport

    site, sent = _require_site(tx.runtime), _parse_answer(answer)
    challenge = await _use_challenge(tx, PasskeyPurpose.ADD, user_id, sent)
    try:
        verified = webauthn.verify_registration_response(
            credential=sent,
            expected_challenge=challenge,
            expected_rp_id=site.domain,
            expected_origin=site.origin,
            require_user_verification=True,
        )
        reported = sent["response"].get("transports") or []
        known = {transport.value for transport in AuthenticatorTransport}
        transports = sorted(known & {name for name in reported if isinstance(name, str)})
    except _answer_errors() as error:
        raise _failed(error) from None
    if len(verified.credential_id) > MAX_CREDENTIAL_ID_LENGTH:
        raise Refused("passkey_failed")
    return NewPasskey(
        bytes_to_base64url(verified.credential_id),
        verified.credential_public_key,
        verified.sign_count,
        " ".join(transports),
    )


async def use_passkey(
    tx: Transaction, purpose: PasskeyPurpose, caller: str, answer: str, user_id: str | None = None
) -> str:
    """Check the answer of a passkey and note its use. Returns the account's id.

    `user_id`: the only account whose passkeys count; None for all. Raises Refused("passkey_failed"), also for
    a challenge that was answered before.
    """
    import webauthn

    site, sent = _require_site(tx.runtime), _parse_answer(answer)
    challenge = await _use_challenge(tx, purpose, caller, sent)
    passkey = await _lock_passkey(tx, str(sent.get("id", ""))[:MAX_CREDENTIAL_TEXT])
    if passkey is None or user_id not in (None, passkey.user_id):
        raise Refused("passkey_failed")
    try:
        verified = webauthn.verify_authentication_response(
            credential=sent,
            expected_challenge=challenge,
            expected_rp_id=site.domain,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
        handle = sent["response"].get("userHandle")
        if handle and webauthn.base64url_to_bytes(handle) != passkey.user_id.encode():
            raise Refused("passkey_failed")
    except _answer_errors() as error:
        raise _failed(error) from None
    await factor_rows.update_passkey_use(tx.session, passkey.id, verified.new_sign_count, tx.now)
    return passkey.user_id


async def _lock_passkey(tx: Transaction, credential_id: str) -> PasskeyRow | None:
    """Load a passkey of an active account, after locking the account.

    An account of the identity provider opens by the provider only.
    """
    # The account is locked before its factors, so the owner is read without a lock first.
    owner = await factor_rows.passkey_owner(tx.session, credential_id)
    user = await staff_rows.user_by_id(tx.session, owner, lock=True) if owner else None
    if user is None or not user.active or user.is_from_provider:
        return None
    return await factor_rows.passkey_by_credential(tx.session, credential_id)


def _require_site(runtime: Runtime) -> PasskeySite:
    site = passkey_site(runtime)
    if site is None:
        raise Refused("passkey_failed")
    return site


def _descriptor(passkey: Passkey) -> PublicKeyCredentialDescriptor:
    import webauthn
    from webauthn.helpers.structs import AuthenticatorTransport, PublicKeyCredentialDescriptor

    return PublicKeyCredentialDescriptor(
        id=webauthn.base64url_to_bytes(passkey.credential_id),
        transports=[AuthenticatorTransport(transport) for transport in passkey.transports] or None,
    )


def _new_challenge(runtime: Runtime, purpose: PasskeyPurpose, caller: str) -> bytes:
    at_s = int(runtime.now().timestamp())
    return runtime.tokens.encrypt(f"passkey {purpose}", caller, at_s=at_s).encode()


def _parse_answer(answer: str) -> dict[str, Any]:
    try:
        sent = json.loads(answer)
    except (ValueError, RecursionError):
        raise Refused("passkey_failed") from None
    if not isinstance(sent, dict) or not isinstance(sent.get("response"), dict):
        raise Refused("passkey_failed")
    return sent


async def _use_challenge(tx: Transaction, purpose: PasskeyPurpose, caller: str, sent: dict[str, Any]) -> bytes:
    """Use up the challenge of an answer. Raises Refused if it is not ours, expired or used."""
    import webauthn

    try:
        client = json.loads(webauthn.base64url_to_bytes(sent["response"]["clientDataJSON"]))
        challenge = webauthn.base64url_to_bytes(client["challenge"])
        text = challenge.decode("ascii")
    except _answer_errors() as error:
        raise _failed(error) from None
    now_s, max_age_s = int(tx.now.timestamp()), int(CHALLENGE_LIFETIME.total_seconds())
    made_for = tx.runtime.tokens.decrypt(f"passkey {purpose}", text, max_age_s=max_age_s, now_s=now_s)
    # Bound to purpose and caller: an answer that was made elsewhere counts for nothing.
    if made_for is None or made_for != caller:
        raise Refused("passkey_expired")
    if not await factor_rows.use_challenge(tx.session, hash_token(text), tx.now, tx.now + CHALLENGE_LIFETIME):
        raise Refused("passkey_expired")
    return challenge


def _answer_errors() -> tuple[type[Exception], ...]:
    """Return the errors that a forged or damaged answer causes inside of the parsers."""
    from webauthn.helpers.exceptions import WebAuthnException

    return WebAuthnException, ValueError, LookupError, TypeError, AttributeError, RecursionError


def _failed(error: Exception) -> Refused:
    logger.warning("passkey_refused", extra={"reason": type(error).__name__})
    return Refused("passkey_failed")
