"""Tokens of secret links, and signatures. No table holds a token.

A token is derived from the installation's secret, so that an e-mail can contain it; tables keep its SHA-256, by
which a row is found.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

# 144 bits, 24 characters without padding (docs/api.md#identifiers-tokens-and-times)
TOKEN_BYTES = 18


def hash_token(token: str) -> str:
    """Return the SHA-256 of a token in hexadecimal, which tables keep in its place."""
    return hashlib.sha256(token.encode()).hexdigest()


def random_token() -> str:
    """Make a token that is not derived from anything, such as a session's."""
    return urlsafe_b64encode(secrets.token_bytes(TOKEN_BYTES)).decode()


def mask_signature(signature: str) -> str:
    """Hide a signature behind a random pad: 48 URL-safe characters, which differ each time.

    A constant secret in compressed pages can be guessed from their lengths (BREACH).
    """
    plain = urlsafe_b64decode(signature)
    pad = secrets.token_bytes(len(plain))
    return urlsafe_b64encode(pad + _xor(pad, plain)).decode()


def unmask_signature(token: str) -> str:
    """Return the signature in a masked token, and any other token as it is, to be verified.

    Pages of version 0.2 that are still open send signatures without a mask; version 0.4 may refuse them.
    """
    try:
        masked = b64decode(token, b"-_", validate=True)
    except ValueError:
        return token
    if len(masked) != 2 * TOKEN_BYTES:
        return token
    return urlsafe_b64encode(_xor(masked[:TOKEN_BYTES], masked[TOKEN_BYTES:])).decode()


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


class TokenSigner:
    """Derives tokens and signs with the installation's secrets: the first signs, all verify."""

    def __init__(self, secret_keys: Sequence[str]) -> None:
        if not secret_keys:
            raise ValueError("at least one secret key is needed")
        self._keys = tuple(key.encode() for key in secret_keys)

    def derive(self, purpose: str, id: str, stored_hash: str | None = None) -> str:
        """Derive the token of an id: HMAC-SHA256 over purpose and id, 24 URL-safe characters.

        With `stored_hash`, an older secret is used if it gives this hash, so that links that were sent before a
        rotation of the secret keep working.
        """
        candidates = [_mac(key, f"token\0{purpose}\0{id}") for key in self._keys]
        if stored_hash is None:
            return candidates[0]
        return next((token for token in candidates if hash_token(token) == stored_hash), candidates[0])

    def sign(self, purpose: str, text: str) -> str:
        """Sign `text` with the first secret, in 24 URL-safe characters."""
        return _mac(self._keys[0], f"sign\0{purpose}\0{text}")

    def derive_code(self, purpose: str, subject: str) -> str:
        """Derive a one-time code of six digits that a person types. No table holds it."""
        return _code(self._keys[0], purpose, subject)

    def codes(self, purpose: str, subject: str) -> list[str]:
        """Derive the code with each secret: a code sent before a rotation is still valid."""
        return [_code(key, purpose, subject) for key in self._keys]

    def signatures(self, purpose: str, text: str) -> list[str]:
        """Sign `text` with each secret, the signing secret first."""
        return [_mac(key, f"sign\0{purpose}\0{text}") for key in self._keys]

    def verify(self, purpose: str, text: str, signature: str) -> bool:
        """Tell whether any secret made this signature, comparing in constant time."""
        signatures = self.signatures(purpose, text)
        return any(hmac.compare_digest(valid.encode(), signature.encode()) for valid in signatures)

    def encrypt(self, purpose: str, text: str, *, at_s: int = 0) -> str:
        """Encrypt `text` with the first secret. `at_s`: its time in seconds, if it expires."""
        return self._ciphers(purpose)[0].encrypt_at_time(text.encode(), at_s).decode()

    def decrypt(self, purpose: str, encrypted: str, *, max_age_s: int | None = None, now_s: int = 0) -> str | None:
        """Decrypt with any secret; None if that is not possible, or if older than `max_age_s`.

        `now_s`: the present, needed beside `max_age_s`.
        """
        cipher = MultiFernet(self._ciphers(purpose))
        try:
            if max_age_s is None:
                return cipher.decrypt(encrypted.encode()).decode()
            return cipher.decrypt_at_time(encrypted.encode(), max_age_s, now_s).decode()
        except (InvalidToken, UnicodeEncodeError):
            return None

    def is_encrypted_with_first_secret(self, purpose: str, encrypted: str) -> bool:
        """Tell whether the text need not be encrypted again after a rotation of the secret."""
        try:
            self._ciphers(purpose)[0].decrypt(encrypted.encode())
        except InvalidToken:
            return False
        return True

    def _ciphers(self, purpose: str) -> list[Fernet]:
        derived = [hmac.digest(key, f"encrypt\0{purpose}".encode(), hashlib.sha256) for key in self._keys]
        return [Fernet(urlsafe_b64encode(key)) for key in derived]


def _code(key: bytes, purpose: str, subject: str) -> str:
    """Return six digits of an HMAC. Of 2^64 values, each code is as likely as the others."""
    digest = hmac.digest(key, f"code\0{purpose}\0{subject}".encode(), hashlib.sha256)
    return f"{int.from_bytes(digest[:8]) % 1_000_000:06}"


def _mac(key: bytes, text: str) -> str:
    digest = hmac.new(key, text.encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest[:TOKEN_BYTES]).decode()
