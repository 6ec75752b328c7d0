"""Encryption of values that rows and cookies keep, with the installation's secrets."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from .tokens import TokenSigner


class NotSealed(Exception):
    """The text was not sealed with one of our secrets, or for another purpose or owner."""


class SecretBox:
    """Encrypts JSON objects for one purpose: the first secret encrypts, all decrypt."""

    def __init__(self, signer: TokenSigner, purpose: str) -> None:
        self._fernet = MultiFernet([Fernet(urlsafe_b64encode(key)) for key in signer.derive_keys(purpose)])

    def seal(self, owner: str, values: Mapping[str, Any]) -> str:
        """Encrypt values, bound to their owner, such as the id of a row."""
        text = json.dumps([owner, values], ensure_ascii=False, separators=(",", ":"))
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, owner: str, sealed: str) -> Mapping[str, Any]:
        """Decrypt the values of this owner. Raises NotSealed."""
        try:
            bound_owner, values = json.loads(self._fernet.decrypt(sealed.encode()))
        except (InvalidToken, UnicodeError):
            raise NotSealed from None
        if bound_owner != owner:
            raise NotSealed
        opened: Mapping[str, Any] = values
        return opened
