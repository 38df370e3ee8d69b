"""The ETK-RA: the hand that turns a holder's own encryption certificate into a token that others can trust."""

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from deploy.sandbox.authorities.pki import ENVIRONMENTS, Pki, key_usage, record
from deploy.sandbox.state.store import Store


@dataclass(frozen=True)
class TokenSigner:
    """The ETK-RA of one environment; its certificate comes from that environment's issuing authority."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey
    issuing: x509.Certificate

    def token(self, content: bytes, authentication: x509.Certificate, now: datetime) -> bytes:
        """CMS SignedData (RFC 5652 5) around an encryption certificate in DER.

        The set holds the ETK-RA's certificate, the authentication certificate and their issuer, without the root.
        """
        attributes = cms.CMSAttributes(
            [
                cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
                cms.CMSAttribute(
                    {"type": "signing_time", "values": [cms.Time({"utc_time": now.replace(microsecond=0)})]}
                ),
                cms.CMSAttribute({"type": "message_digest", "values": [hashlib.sha256(content).digest()]}),
            ]
        )
        own = _asn1(self.certificate)
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier(
                    "issuer_and_serial_number",
                    cms.IssuerAndSerialNumber({"issuer": own.issuer, "serial_number": own.serial_number}),
                ),
                "digest_algorithm": {"algorithm": "sha256"},
                "signed_attrs": attributes,
                "signature_algorithm": {"algorithm": "sha256_rsa"},
                "signature": self.key.sign(attributes.dump(), padding.PKCS1v15(), hashes.SHA256()),
            }
        )
        data = cms.SignedData(
            {
                "version": "v1",
                "digest_algorithms": [{"algorithm": "sha256"}],
                "encap_content_info": {"content_type": "data", "content": content},
                "certificates": [own, _asn1(authentication), _asn1(self.issuing)],
                "signer_infos": [signer],
            }
        )
        return bytes(cms.ContentInfo({"content_type": "signed_data", "content": data}).dump())


def load(state: Path, pki: Pki, store: Store) -> dict[str, TokenSigner]:
    """The ETK-RA of each environment, made when it does not exist yet.

    The certificates stand in `pki/<environment>/etk-ra.pem`, the keys with the other private ones.
    """
    return {environment: _load(state / "pki", pki, store, environment) for environment in ENVIRONMENTS}


def _load(folder: Path, pki: Pki, store: Store, environment: str) -> TokenSigner:
    authority = pki[f"{environment}-issuing"]
    public, private = folder / environment / "etk-ra.pem", folder / "private" / f"{environment}-etk-ra.key"
    if not public.exists():  # the certificate is written last: with it, everything is there
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        certificate = authority.sign(
            _name(environment),
            key.public_key(),
            (authority.certificate.not_valid_before_utc, authority.certificate.not_valid_after_utc),
            [
                (x509.BasicConstraints(ca=False, path_length=None), True),
                (key_usage("digital_signature", "content_commitment"), True),
            ],
        )
        with store.transaction() as db:
            record(db, authority.plan.key, certificate, "etk-ra", environment)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with os.fdopen(os.open(private, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(pem)
        public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    loaded = serialization.load_pem_private_key(private.read_bytes(), None)
    if not isinstance(loaded, rsa.RSAPrivateKey):
        raise TypeError("The ETK-RA's key file holds another kind of key than this program writes.")
    return TokenSigner(x509.load_pem_x509_certificate(public.read_bytes()), loaded, authority.certificate)


def _name(environment: str) -> x509.Name:
    prefix = "TEST-" if environment == "acceptance" else ""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "BE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Federal Government"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "eHealth-platform Belgium"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{prefix}Sandbox eHealth ETK-RA"),
        ]
    )


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
