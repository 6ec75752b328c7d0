"""Seals what leaves this process on somebody else's wire: unreadable, and not to be forged or put elsewhere."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from hmac import digest
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class ForeignMessage(Exception):
    """Sealed by nobody who has one of our secrets, or for another place."""


class BusCipher:
    """Seals JSON objects with the installation's secrets: the first seals, all of them open."""

    def __init__(self, secret_keys: Sequence[str], purpose: str) -> None:
        self._fernet = MultiFernet([Fernet(_derive_key(secret, purpose)) for secret in secret_keys])

    def encrypt(self, topic: str, message: Mapping[str, Any]) -> bytes:
        """The message as bytes that only our processes can read, and only for this place."""
        text = json.dumps([topic, message], ensure_ascii=False, separators=(",", ":"))
        return self._fernet.encrypt(text.encode())

    def decrypt(self, topic: str, encrypted: bytes) -> Mapping[str, Any]:
        """The message. Raises NotOurs."""
        try:
            written_for, message = json.loads(self._fernet.decrypt(encrypted))
        except InvalidToken:
            raise ForeignMessage from None
        if written_for != topic:
            raise ForeignMessage
        opened: Mapping[str, Any] = message
        return opened


def _derive_key(secret: str, purpose: str) -> bytes:
    return urlsafe_b64encode(digest(secret.encode(), f"seal\0{purpose}".encode(), sha256))
