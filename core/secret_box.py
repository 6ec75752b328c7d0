"""Encryption of values that rows and cookies keep, with the installation's secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .tokens import TokenSigner


class NotSealed(Exception):
    """The text was sealed with none of our secrets, or for another purpose or owner."""


class SecretBox:
    """Encrypts JSON objects for a purpose: the first secret encrypts, all decrypt."""

    def __init__(self, signer: TokenSigner, purpose: str) -> None:
        self._signer, self._purpose = signer, purpose

    def seal(self, owner: str, values: Mapping[str, Any]) -> str:
        """Encrypt values, bound to their owner, such as the id of a row."""
        text = json.dumps([owner, values], ensure_ascii=False, separators=(",", ":"))
        return self._signer.encrypt(self._purpose, text)

    def open(self, owner: str, sealed: str) -> Mapping[str, Any]:
        """Decrypt the values of this owner. Raises NotSealed."""
        text = self._signer.decrypt(self._purpose, sealed)
        if text is None:
            raise NotSealed
        bound_owner, values = json.loads(text)
        # a text that was copied from the row of another owner
        if bound_owner != owner:
            raise NotSealed
        opened: Mapping[str, Any] = values
        return opened
