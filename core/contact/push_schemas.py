"""A browser's push subscription as it comes from outside, typed (`PushSubscription.toJSON()`, W3C Push API)."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from typing import Annotated, Any

from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import AfterValidator, BaseModel, StringConstraints

from ..errors import FieldError, Invalid, Unavailable
from ..web.validation import problem
from .push_subscriptions import Browser, PushSite
from .ssrf_guard import URL_LENGTH, may_be_reached

AUTH_BYTES = 16  # RFC 8291, 3.2


def _raw(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise problem("push_keys") from None


def _point(text: str) -> str:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _raw(text))
    except ValueError:
        raise problem("push_keys") from None
    return text


def _secret(text: str) -> str:
    if len(_raw(text)) != AUTH_BYTES:
        raise problem("push_keys")
    return text


Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=URL_LENGTH)]


class PushKeysMessage(BaseModel):
    """The browser's public key and its secret, in base64url."""

    p256dh: Annotated[str, StringConstraints(max_length=120), AfterValidator(_point)]
    auth: Annotated[str, StringConstraints(max_length=40), AfterValidator(_secret)]


class SubscriptionMessage(BaseModel):
    """`POST …/push`."""

    endpoint: Url
    expirationTime: Any = None  # browsers send it, and it is always null
    keys: PushKeysMessage


class EndpointMessage(BaseModel):
    """`POST …/push/end`."""

    endpoint: Url


def browser_of(message: SubscriptionMessage) -> Browser:
    """The message in the words of core/contact/push_subscriptions.py."""
    return Browser(message.endpoint, message.keys.p256dh, message.keys.auth)


def check_can_push(browser: Browser, site: PushSite | None) -> None:
    """Raises Unavailable where pushes are not set up, and Invalid for an address that we do not send to."""
    if site is None:
        raise Unavailable
    if not may_be_reached(browser.endpoint, local=site.local):
        raise Invalid(FieldError("endpoint", "push_address"))
