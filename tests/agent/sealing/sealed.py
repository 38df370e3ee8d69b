"""Sealed messages for tests: one recipient with a token, one sender, and OpenSSL as the third party that checks."""

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from agent.sealing import Sender
from agent.wire.tokens.encryption_certificate import make_encryption_certificate
from tests.support.authority import Authority, EhealthCertificate, key

NOW = datetime.now(UTC)


@dataclass(frozen=True)
class Scene:
    """An authority, the sender's certificate, and a recipient with an encryption key and its certificate."""

    authority: Authority
    sender: EhealthCertificate
    recipient: EhealthCertificate
    token: x509.Certificate
    token_key: rsa.RSAPrivateKey

    @property
    def sealer(self) -> Sender:
        """Who seals, with the root in the chain."""
        return Sender(self.sender.key, (*self.sender.chain, self.authority.root))

    @property
    def keys(self) -> dict[int, rsa.RSAPrivateKey]:
        """What the recipient opens with."""
        return {self.token.serial_number: self.token_key}


@cache
def scene() -> Scene:
    """The same for all tests."""
    authority = Authority()
    sender, recipient = authority.issue(key(10)), authority.issue(key(11))
    return Scene(authority, sender, recipient, token_for(recipient, key(12), 2**127 + 9), key(12))


def token_for(holder: EhealthCertificate, token_key: rsa.RSAPrivateKey, serial: int) -> x509.Certificate:
    """The encryption certificate of a holder."""
    return make_encryption_certificate(holder.certificate, holder.key, token_key.public_key(), serial)


class Openssl:
    """The system's OpenSSL, with the scene's files in a folder."""

    def __init__(self, folder: Path, of: Scene) -> None:
        self.folder = folder
        pem = Encoding.PEM
        for name, certificate in {
            "root": of.authority.root,
            "issuing": of.authority.issuing,
            "sender": of.sender.certificate,
            "token": of.token,
        }.items():
            (folder / name).write_bytes(certificate.public_bytes(pem))
        (folder / "anchors").write_bytes((folder / "root").read_bytes() + (folder / "issuing").read_bytes())
        for name, one in {"sender.key": of.sender.key, "token.key": of.token_key}.items():
            (folder / name).write_bytes(one.private_bytes(pem, PrivateFormat.PKCS8, NoEncryption()))

    def cms(self, data: bytes, *arguments: str) -> bytes:
        """`openssl cms` with DER in and out; raises CalledProcessError."""
        (self.folder / "in").write_bytes(data)
        command = ["openssl", "cms", "-binary", "-in", "in", "-out", "out", *arguments]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)
        return (self.folder / "out").read_bytes()

    def verify(self, data: bytes, *arguments: str, anchors: str = "root") -> bytes:
        """The content of SignedData whose signature and path are right."""
        trust = ["-CAfile", anchors, "-purpose", "any"]
        return self.cms(data, "-verify", "-inform", "DER", *trust, *arguments)

    def decrypt(self, data: bytes) -> bytes:
        """The content of EnvelopedData for the token."""
        return self.cms(data, "-decrypt", "-inform", "DER", "-recip", "token", "-inkey", "token.key")

    def sign(self, data: bytes, *arguments: str) -> bytes:
        """SignedData by the sender, RSASSA-PSS as prescribed; PKCS#1 v1.5 when streaming, where OpenSSL cannot."""
        pss = ["-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:32"]
        signing = ["-sign", "-nodetach", "-outform", "DER", "-signer", "sender", "-inkey", "sender.key"]
        return self.cms(data, *signing, "-md", "sha256", *([] if "-stream" in arguments else pss), *arguments)

    def encrypt(self, data: bytes, *arguments: str) -> bytes:
        """EnvelopedData to the token."""
        return self.cms(data, "-encrypt", "-outform", "DER", *(arguments or ("-aes-128-cbc",)), "token")
