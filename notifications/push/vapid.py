"""Who we are to a push service: an application server's key, and the token that it signs (RFC 8292)."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

KEY_BYTES = 32
TOKEN_LIFETIME = timedelta(hours=12)  # RFC 8292, 2: never more than 24 hours


@dataclass(frozen=True)
class VapidIdentity:
    """The installation's key, and how a push service reaches whoever runs it."""

    private_key: str = field(repr=False)  # 32 bytes in base64url
    subject: str  # mailto:… or https://…

    @cached_property
    def _signer(self) -> Vapid02:
        signer = Vapid02.from_raw(self.private_key.encode())
        signer.conf = {"no-strict": True}  # it knows no page with a path; check_subject has looked at ours
        return signer

    @cached_property
    def public_key(self) -> str:
        """What browsers are given to subscribe with: an uncompressed point in base64url."""
        point = self._signer.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return _to_base64url(point)

    def authorization(self, endpoint: str, now: datetime) -> str:
        """The `Authorization` header of a request to this address."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": round((now + TOKEN_LIFETIME).timestamp()),
            "sub": self.subject,
        }
        return str(self._signer.sign(claims)["Authorization"])


def generate_vapid_private_key() -> str:
    """A key of one's own; browsers that subscribed with another one have to subscribe again."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return _to_base64url(number.to_bytes(KEY_BYTES, "big"))


def check_vapid_private_key(text: str) -> str:
    """Raises ValueError, in words for whoever sets it up. Never quotes the key."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raw = b""
    if len(raw) != KEY_BYTES or not any(raw):
        raise ValueError("write the private key that `office360 vapid-keys` prints")
    return text


def check_vapid_subject(text: str) -> str:
    """Raises ValueError for what no push service can write to."""
    parts = urlsplit(text)
    mail = parts.scheme == "mailto" and "@" in parts.path
    if not mail and not (parts.scheme == "https" and parts.netloc):
        raise ValueError("write mailto:ADDRESS or https://PAGE of whoever runs this installation")
    return text


def _to_base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
