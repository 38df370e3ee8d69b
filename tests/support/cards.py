"""Invented eID cards for agent and wire tests: a citizen CA per run, software cards, SoftHSM2 tokens.

The token bears the labels and objects of a real card. Run as a module it fills an initialised token, in a
process of its own, because a PKCS#11 module reads its configuration once.
"""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import PyKCS11
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN = "1234"
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Algorithm = Literal["rsa", "p384"]
_TOKENS: dict[tuple[x509.Certificate, str, tuple[str, ...]], dict[str, bytes]] = {}
"""The token files of cards already made: making one takes a second, writing it again none."""


def _name(*pairs: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in pairs])


def _usage(*, digital_signature: bool, non_repudiation: bool, ca: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=non_repudiation,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


class CitizenPki:
    """A root and a citizen CA that live as long as the test run."""

    def __init__(self) -> None:
        self.root_key = ec.generate_private_key(ec.SECP384R1())
        self.ca_key = ec.generate_private_key(ec.SECP384R1())
        root = _name((NameOID.COUNTRY_NAME, "BE"), (NameOID.COMMON_NAME, "Test Belgium Root"))
        ca = _name((NameOID.COUNTRY_NAME, "BE"), (NameOID.COMMON_NAME, "Test Citizen CA"))
        self.root = self._authority(root, root, self.root_key, self.root_key)
        self.ca = self._authority(ca, root, self.ca_key, self.root_key)

    @staticmethod
    def _authority(
        subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1000))
            .not_valid_after(now + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_usage(digital_signature=False, non_repudiation=False, ca=True), critical=True)
            .sign(by, hashes.SHA384())
        )

    def card(
        self,
        *,
        ssin: str = "85073003328",
        first_names: tuple[str, ...] = ("An", "Marie"),
        surname: str = "Peeters",
        algorithm: Algorithm = "rsa",
        expired: bool = False,
        non_repudiation: bool = True,
    ) -> "SoftwareCard":
        """A person's card with both key pairs."""
        keys: list[Key] = [_new_key(algorithm), _new_key(algorithm)]
        certificates = []
        for key, purpose in zip(keys, ("Authentication", "Signature"), strict=True):
            signing = purpose == "Signature" and non_repudiation
            usage = _usage(digital_signature=not signing, non_repudiation=signing)
            subject = _name(
                (NameOID.COUNTRY_NAME, "BE"),
                (NameOID.COMMON_NAME, f"{first_names[0]} {surname} ({purpose})"),
                (NameOID.SURNAME, surname),
                (NameOID.GIVEN_NAME, " ".join(first_names)),
                (NameOID.SERIAL_NUMBER, ssin),
            )
            now = datetime.now(UTC)
            certificates.append(
                x509.CertificateBuilder()
                .subject_name(subject)
                .issuer_name(self.ca.subject)
                .public_key(key.public_key())
                .serial_number(x509.random_serial_number())
                .not_valid_before(now - timedelta(days=900))
                .not_valid_after(now + timedelta(days=-1 if expired else 900))
                .add_extension(usage, critical=True)
                .sign(self.ca_key, hashes.SHA384())
            )
        authentication, signature = certificates
        return SoftwareCard(
            ssin, first_names, surname, keys[0], keys[1], authentication, signature, self.ca, self.root
        )


def _new_key(algorithm: Algorithm) -> Key:
    if algorithm == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP384R1())


def raw_sign(key: Key) -> Callable[[bytes, str], bytes]:
    """Sign as a card does: PKCS#1 v1.5 with SHA-256, or raw r‖s over SHA-384."""

    def sign(data: bytes, algorithm: str) -> bytes:
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA384())))
        return r.to_bytes(48, "big") + s.to_bytes(48, "big")

    return sign


@dataclass(frozen=True)
class SoftwareCard:
    """Everything on one card, its keys included."""

    ssin: str
    first_names: tuple[str, ...]
    surname: str
    authentication_key: Key
    signature_key: Key
    authentication: x509.Certificate
    signature: x509.Certificate
    ca: x509.Certificate
    root: x509.Certificate

    @property
    def signature_chain(self) -> Sequence[x509.Certificate]:
        return (self.signature, self.ca, self.root)

    def write_token(self, directory: Path, *, pin: str = PIN, without: tuple[str, ...] = ()) -> Path:
        """Make a SoftHSM2 token labelled BELPIC of this card; returns the SOFTHSM2_CONF file.

        `without` are the labels of certificates that the card does not have.
        """
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "tokens").mkdir(exist_ok=True)
        configuration = directory / "softhsm2.conf"
        configuration.write_text(f"directories.tokendir = {directory}/tokens\nlog.level = ERROR\n")
        made = _TOKENS.get((self.signature, pin, without))
        if made is None:
            self._write_objects(directory, configuration, pin, without)
            files = [path for path in (directory / "tokens").rglob("*") if path.is_file()]
            _TOKENS[self.signature, pin, without] = {
                str(path.relative_to(directory)): path.read_bytes() for path in files
            }
            return configuration
        for name, data in made.items():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_bytes(data)
        return configuration

    def _write_objects(
        self, directory: Path, configuration: Path, pin: str, without: tuple[str, ...]
    ) -> None:
        environment = {**os.environ, "SOFTHSM2_CONF": str(configuration)}
        tool = ["softhsm2-util", "--pin", pin]
        initialise = [*tool, "--init-token", "--free", "--label", "BELPIC", "--so-pin", "87654321"]
        subprocess.run(initialise, env=environment, check=True, capture_output=True)
        for key, label, number in (
            (self.authentication_key, "Authentication", "02"),
            (self.signature_key, "Signature", "03"),
        ):
            file = directory / f"{label}.pem"
            file.write_bytes(
                key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )
            importing = [*tool, "--import", str(file), "--token", "BELPIC", "--label", label, "--id", number]
            subprocess.run(importing, env=environment, check=True, capture_output=True)
            file.unlink()
        objects = {
            "certificates": {
                label: base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()
                for label, certificate in (
                    ("Authentication", self.authentication),
                    ("Signature", self.signature),
                    ("CA", self.ca),
                    ("Root", self.root),
                )
                if label not in without
            },
            "data": {
                "national_number": self.ssin,
                "surname": self.surname,
                "firstnames": " ".join(self.first_names),
            },
            "pin": pin,
        }
        filling = [sys.executable, "-m", "tests.support.cards"]
        root = Path(__file__).parents[2]
        subprocess.run(filling, input=json.dumps(objects).encode(), env=environment, cwd=root, check=True)


def _fill(objects: dict[str, dict[str, str]], pin: str) -> None:
    library = PyKCS11.PyKCS11Lib()
    library.load(MODULE)
    slots = library.getSlotList(tokenPresent=True)
    (slot,) = [s for s in slots if library.getTokenInfo(s).label.strip() == "BELPIC"]
    session = library.openSession(slot, PyKCS11.CKF_SERIAL_SESSION | PyKCS11.CKF_RW_SESSION)
    session.login(pin)
    for label, encoded in objects["certificates"].items():
        der = base64.b64decode(encoded)
        certificate = x509.load_der_x509_certificate(der)
        number = {"Authentication": 2, "Signature": 3}.get(label, 4)
        session.createObject(
            [
                (PyKCS11.CKA_CLASS, PyKCS11.CKO_CERTIFICATE),
                (PyKCS11.CKA_CERTIFICATE_TYPE, PyKCS11.CKC_X_509),
                (PyKCS11.CKA_TOKEN, True),
                (PyKCS11.CKA_PRIVATE, False),
                (PyKCS11.CKA_LABEL, label),
                (PyKCS11.CKA_ID, (number,)),
                (PyKCS11.CKA_SUBJECT, certificate.subject.public_bytes()),
                (PyKCS11.CKA_VALUE, der),
            ]
        )
    for label, value in objects["data"].items():
        session.createObject(
            [
                (PyKCS11.CKA_CLASS, PyKCS11.CKO_DATA),
                (PyKCS11.CKA_TOKEN, True),
                (PyKCS11.CKA_PRIVATE, False),
                (PyKCS11.CKA_LABEL, label),
                (PyKCS11.CKA_OBJECT_ID, b"id"),
                (PyKCS11.CKA_VALUE, value.encode()),
            ]
        )
    session.logout()
    session.closeSession()


if __name__ == "__main__":
    told = json.load(sys.stdin)
    _fill({"certificates": told["certificates"], "data": told["data"]}, told["pin"])
