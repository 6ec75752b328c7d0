"""A passkey device in Python, which answers as a browser does."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url

PRESENT, VERIFIED, HAS_CREDENTIAL = 0x01, 0x04, 0x40  # flags (WebAuthn section 6.1)


@dataclass
class SoftwareAuthenticator:
    """Holds a passkey for a site."""

    domain: str
    origin: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = b"passkey of the tests"
    user_handle: str = ""
    verifies_user: bool = True

    def create(self, options: str) -> str:
        """Make the passkey for the options of a server."""
        asked = json.loads(options)
        self.user_handle = asked["user"]["id"]
        point = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (point.x, point.y))
        public_key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})  # COSE, RFC 9053 section 7.1
        length = len(self.credential_id).to_bytes(2, "big")
        data = self._data(HAS_CREDENTIAL) + bytes(16) + length + self.credential_id + public_key
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", asked["challenge"])
        return self._answer({"attestationObject": attestation, "clientDataJSON": client}, transports=["internal"])

    def sign(self, options: str) -> str:
        """Sign the challenge of a server."""
        client, data = self._client("webauthn.get", json.loads(options)["challenge"]), self._data(0)
        signed = data + hashlib.sha256(client).digest()
        signature = self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        parts = {"authenticatorData": data, "clientDataJSON": client, "signature": signature}
        return self._answer(parts, userHandle=self.user_handle)

    def _data(self, flags: int) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verifies_user else 0)
        return hashlib.sha256(self.domain.encode()).digest() + bytes([flags]) + bytes(4)

    def _client(self, kind: str, challenge: str) -> bytes:
        client = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(client).encode()

    def _answer(self, parts: dict[str, bytes], **more: Any) -> str:
        own_id = bytes_to_base64url(self.credential_id)
        response = {name: bytes_to_base64url(part) for name, part in parts.items()} | more
        return json.dumps({"id": own_id, "rawId": own_id, "type": "public-key", "response": response})
