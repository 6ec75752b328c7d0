"""Push subscriptions as browsers send them: `PushSubscription.toJSON()` of the Push API."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from typing import Annotated, Any

from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import AfterValidator, BaseModel, StringConstraints

from ..errors import FieldError, Invalid, Unavailable
from ..web.validation import validation_error
from .push_subscriptions import PushSettings, PushSubscription
from .ssrf_guard import MAX_URL_LENGTH, is_allowed_url

AUTH_BYTES = 16  # RFC 8291 section 3.2


def _decode_base64url(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise validation_error("push_keys") from None


def _check_public_key(text: str) -> str:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decode_base64url(text))
    except ValueError:
        raise validation_error("push_keys") from None
    return text


def _check_auth_secret(text: str) -> str:
    if len(_decode_base64url(text)) != AUTH_BYTES:
        raise validation_error("push_keys")
    return text


PushEndpointUrl = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_URL_LENGTH)]


class PushKeysMessage(BaseModel, defer_build=True):
    """The browser's public key and its secret, in base64url."""

    p256dh: Annotated[str, StringConstraints(max_length=120), AfterValidator(_check_public_key)]
    auth: Annotated[str, StringConstraints(max_length=40), AfterValidator(_check_auth_secret)]


class SubscriptionMessage(BaseModel, defer_build=True):
    endpoint: PushEndpointUrl
    expirationTime: Any = None  # browsers send it, and it is always null
    keys: PushKeysMessage


class EndpointMessage(BaseModel, defer_build=True):
    endpoint: PushEndpointUrl


# Keys of RFC 8291 section 5; examples of the OpenAPI document.
ENDPOINT_EXAMPLE = {"endpoint": "https://push.example.org/send/1"}
SUBSCRIPTION_EXAMPLE = {
    **ENDPOINT_EXAMPLE,
    "keys": {
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    },
}


def to_push_subscription(message: SubscriptionMessage) -> PushSubscription:
    """Convert the message to a PushSubscription."""
    return PushSubscription(message.endpoint, message.keys.p256dh, message.keys.auth)


def check_push_endpoint(subscription: PushSubscription, settings: PushSettings | None) -> None:
    """Check the endpoint. Raises Unavailable without pushes, Invalid for a refused address."""
    if settings is None:
        raise Unavailable
    if not is_allowed_url(subscription.endpoint, allow_loopback=settings.allow_loopback, ports=settings.ports):
        raise Invalid(FieldError("endpoint", "push_address"))
