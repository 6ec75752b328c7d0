"""VAPID: the key that push services know this installation by (RFC 8292). No sockets."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEY_BYTES = 32
TOKEN_LIFETIME = timedelta(hours=12)  # RFC 8292, 2: never more than 24 hours


@dataclass(frozen=True)
class VapidIdentity:
    """The installation's private key, and the operator's address for push services."""

    private_key: str = field(repr=False)  # 32 bytes in base64url
    subject: str  # mailto:… or https://…

    @cached_property
    def _key(self) -> ec.EllipticCurvePrivateKey:
        number = int.from_bytes(decode_base64url(self.private_key), "big")
        return ec.derive_private_key(number, ec.SECP256R1())

    @cached_property
    def public_key(self) -> str:
        """The public key with which browsers subscribe: an uncompressed point in base64url."""
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return _to_base64url(point)

    def authorization(self, endpoint: str, now: datetime) -> str:
        """Sign the `Authorization` header of a request to this endpoint."""
        from joserfc import jwt  # imported late: an installation without pushes signs nothing
        from joserfc.jwk import ECKey

        parts = urlsplit(endpoint)
        claims = {  # sorted by name: Chrome's push service has refused others
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": round((now + TOKEN_LIFETIME).timestamp()),
            "sub": self.subject,
        }
        token = jwt.encode({"alg": "ES256"}, claims, ECKey.import_key(self._key))
        return f"vapid t={token},k={self.public_key}"


def generate_vapid_private_key() -> str:
    """Generate a private key. Browsers that subscribed with another key must subscribe again."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return _to_base64url(number.to_bytes(KEY_BYTES, "big"))


def check_vapid_private_key(text: str) -> str:
    """Return the key. Raises ValueError with a hint for the operator if it is invalid.

    The hint never quotes the key.
    """
    try:
        raw = decode_base64url(text)
    except ValueError:
        raw = b""
    if len(raw) != KEY_BYTES or not any(raw):
        raise ValueError("write the private key that `office360 vapid-keys` prints")
    return text


def check_vapid_subject(text: str) -> str:
    """Return the subject.

    Raises ValueError with a hint for the operator if it is no mailto: or https: URL.
    """
    parts = urlsplit(text)
    is_email = parts.scheme == "mailto" and "@" in parts.path
    if not is_email and not (parts.scheme == "https" and parts.netloc):
        raise ValueError("write mailto:ADDRESS or https://PAGE of the operator of this installation")
    return text


def decode_base64url(text: str) -> bytes:
    """Decode base64url with or without padding. Raises ValueError if it is something else."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _to_base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
