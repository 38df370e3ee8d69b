"""Requests that the certificate signs for itself, with the key in its key store: EtkRA's three, and the self test."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from agent.pkcs12 import Contents
from agent.stores.chains import chain_within
from agent.stores.contents import AuthenticationEntry
from agent.wire.xml.question import build_info_for_certificate
from agent.wire.xml.signature import sign_enveloped
from agent.wire.xml.token import build_activate, build_complete_registration, build_start_registration


@dataclass(frozen=True)
class SystemSigner:
    """The authentication key of a certificate, with its chain as the key store has it, leaf first."""

    entry: AuthenticationEntry
    chain: tuple[x509.Certificate, ...]

    @classmethod
    def of(cls, contents: Contents, entry: AuthenticationEntry) -> "SystemSigner":
        """Take the signer from a store: its authorities are put in order, each the issuer of the one before."""
        authorities = [one.certificate for one in contents.certificates]
        chain, _ = chain_within(entry.certificate, authorities)
        return cls(entry, chain)

    def start_registration(self, key: rsa.RSAPublicKey) -> bytes:
        """Sign a StartETKRegistrationRequest that offers `key`."""
        return self._signed(lambda **frame: build_start_registration(key, **frame))

    def complete_registration(self, certificate: bytes) -> bytes:
        """Sign a CompleteETKRegistrationRequest with the encryption key's certificate (DER)."""
        return self._signed(lambda **frame: build_complete_registration(certificate, **frame))

    def activation(self) -> bytes:
        """Sign an ActivateETKRequest."""
        return self._signed(build_activate)

    def own_record(self) -> bytes:
        """Sign a GetCertificateInfoForAuthenticationCertificateRequest."""
        return self._signed(build_info_for_certificate)

    def _signed(self, build: Callable[..., bytes]) -> bytes:
        unsigned = build(request_id=f"_{uuid.uuid4()}", issue_instant=datetime.now(UTC))
        return sign_enveloped(unsigned, chain=self.chain, sign=self._sign)

    def _sign(self, data: bytes, algorithm: str) -> bytes:
        return self.entry.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
