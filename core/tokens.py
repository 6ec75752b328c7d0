"""Secret links. A token is derived from a keyed secret, so an e-mail can carry it though no table does;
tables keep only its SHA-256, by which it is found again."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence

TOKEN_BYTES = 18  # 144 bits: above the 128 that contract.md asks for, and 24 characters without padding


def hash_token(token: str) -> str:
    """What a table keeps in place of the token: its SHA-256 in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def random_token() -> str:
    """A token that nobody needs to derive again, such as a session's."""
    return urlsafe_b64encode(secrets.token_bytes(TOKEN_BYTES)).decode()


class TokenSigner:
    """Derives and signs with the installation's secrets: the first signs, all of them verify."""

    def __init__(self, secret_keys: Sequence[str]) -> None:
        if not secret_keys:
            raise ValueError("at least one secret key is needed")
        self._keys = tuple(key.encode() for key in secret_keys)

    def derive(self, purpose: str, id: str, stored_hash: str | None = None) -> str:
        """The token of one thing: HMAC-SHA256 over purpose and id, 24 URL-safe characters.

        With `stored_hash` the key that made it is found among the older secrets, so that links
        sent before a rotation of the key keep working.
        """
        candidates = [_mac(key, f"token\0{purpose}\0{id}") for key in self._keys]
        if stored_hash is None:
            return candidates[0]
        return next((token for token in candidates if hash_token(token) == stored_hash), candidates[0])

    def hash(self, token: str) -> str:
        """Same as `hash_token`, for those who hold only this object."""
        return hash_token(token)

    def sign(self, purpose: str, text: str) -> str:
        """A signature of `text` by the first secret, 24 URL-safe characters."""
        return _mac(self._keys[0], f"sign\0{purpose}\0{text}")

    def signatures(self, purpose: str, text: str) -> list[str]:
        """The signature of `text` by each of the secrets, the one that signs first."""
        return [_mac(key, f"sign\0{purpose}\0{text}") for key in self._keys]

    def verify(self, purpose: str, text: str, signature: str) -> bool:
        """Whether any of the secrets made this signature; compared in constant time."""
        expected = self.signatures(purpose, text)
        return any(hmac.compare_digest(one.encode(), signature.encode()) for one in expected)


def _mac(key: bytes, text: str) -> str:
    digest = hmac.new(key, text.encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest[:TOKEN_BYTES]).decode()
