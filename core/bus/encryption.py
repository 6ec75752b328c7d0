"""Encryption of bus messages: only this installation can read, forge or re-address one."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from hmac import digest
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class ForeignMessage(Exception):
    """A message was encrypted without one of our secrets, or for another topic."""


class BusCipher:
    """Encrypts JSON objects with the installation's secrets: the first encrypts, all decrypt."""

    def __init__(self, secret_keys: Sequence[str], purpose: str) -> None:
        self._fernet = MultiFernet([Fernet(_derive_key(secret, purpose)) for secret in secret_keys])

    def encrypt(self, topic: str, message: Mapping[str, Any]) -> bytes:
        """Encrypt a message, bound to its topic."""
        text = json.dumps([topic, message], ensure_ascii=False, separators=(",", ":"))
        return self._fernet.encrypt(text.encode())

    def decrypt(self, topic: str, encrypted: bytes) -> Mapping[str, Any]:
        """Decrypt a message of this topic. Raises ForeignMessage."""
        try:
            bound_topic, message = json.loads(self._fernet.decrypt(encrypted))
        except InvalidToken:
            raise ForeignMessage from None
        if bound_topic != topic:
            raise ForeignMessage
        decrypted: Mapping[str, Any] = message
        return decrypted


def _derive_key(secret: str, purpose: str) -> bytes:
    return urlsafe_b64encode(digest(secret.encode(), f"seal\0{purpose}".encode(), sha256))
