"""A device that keeps one passkey, as a browser would answer for it."""

import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40


class Device:
    def __init__(self, origin: str = "https://testserver") -> None:
        self.origin, self.id = origin, b"a passkey of sixteen and more"
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.user = ""

    def create(self, options: dict[str, Any]) -> str:
        """What a form sends after `options` (creation_options) were answered with a new passkey."""
        asked = options["publicKey"]
        self.user = asked["user"]["id"]
        public = AttestedCredentialData.create(b"\0" * 16, self.id, ES256.from_cryptography_key(self.key.public_key()))
        data = AuthenticatorData.create(self._site(asked["rp"]["id"]), PRESENT | VERIFIED | WITH_KEY, 0, public)
        response = {"attestationObject": websafe_encode(AttestationObject.create("none", data, {}))}
        return self._written(response, self._client("webauthn.create", asked))

    def get(self, options: dict[str, Any], *, forged: bool = False) -> str:
        asked = options["publicKey"]
        data = AuthenticatorData.create(self._site(asked["rpId"]), PRESENT | VERIFIED, 1)
        client = self._client("webauthn.get", asked)
        signed = data + hashlib.sha256(client).digest()
        key = ec.generate_private_key(ec.SECP256R1()) if forged else self.key
        signature = key.sign(signed, ec.ECDSA(hashes.SHA256()))
        response = {"authenticatorData": data, "signature": signature}
        written = {name: websafe_encode(value) for name, value in response.items()}
        return self._written({**written, "userHandle": self.user}, client)

    def _site(self, rp_id: str) -> bytes:
        return hashlib.sha256(rp_id.encode()).digest()

    def _client(self, kind: str, asked: dict[str, Any]) -> bytes:
        return json.dumps({"type": kind, "challenge": asked["challenge"], "origin": self.origin}).encode()

    def _written(self, response: dict[str, str], client: bytes) -> str:
        name = websafe_encode(self.id)
        answer = {
            "type": "public-key",
            "id": name,
            "rawId": name,
            "clientExtensionResults": {"credProps": {"rk": True}},
        }
        return json.dumps({**answer, "response": {**response, "clientDataJSON": websafe_encode(client)}})
