"""Requests about encryption tokens as a foreign client would write them, and the token opened by OpenSSL."""

import base64
import hashlib
import re
import subprocess
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from deploy.sandbox.authorities.citizens import Identity
from tests.sandbox import messages
from tests.sandbox.messages import HOSPITAL, Reply, call
from tests.sandbox.operations.test_journey import certificates, get, identifier, submit
from tests.support.sandbox import SandboxProcess

R = "urn:be:fgov:ehealth:etkra:protocol:v2"
D = "urn:be:fgov:ehealth:etkdepot:1_0:protocol"
NS = {"r": R, "d": D, "s": "urn:be:fgov:ehealth:commons:1_0:core"}
Depot = tuple[str, ...]


@dataclass(frozen=True)
class System:
    """An eHealth certificate with its key, and where it belongs."""

    base: str
    key: rsa.RSAPrivateKey
    chain: tuple[x509.Certificate, ...]

    @property
    def pki(self) -> str:
        """The key's identifier."""
        return identifier(self.key)

    def sign(self, element: etree._Element) -> etree._Element:
        """Signed with the certificate's own key."""
        return messages.sign(element, self.key, self.chain)

    def ask(self, operation: str, content: str = "", fault: str | None = None) -> Reply:
        """Send one signed request."""
        return call(self.base, self.sign(request(operation, content)), fault)


def system(
    sandbox: SandboxProcess,
    card: Identity,
    application_id: str | None = None,
    environment: str = "production",
    owner: tuple[str, str] = HOSPITAL,
) -> System:
    """A certificate that was asked for and delivered, with its whole chain."""
    base = getattr(sandbox, environment)
    reply, key = submit(base, card, owner, application_id)
    assert reply.code == "success"
    root = x509.load_pem_x509_certificate((sandbox.pki / environment / "root.pem").read_bytes())
    return System(base, key, (*certificates(get(base, identifier(key))), root))


def request(operation: str, content: str = "") -> etree._Element:
    """A request of EtkRA, or of CertRA where it does not know the operation."""
    if "ETK" not in operation:
        return messages.request(operation, content)
    return etree.fromstring(
        f'<r:{operation}Request xmlns:r="{R}" Id="_{uuid.uuid4()}" '
        f'IssueInstant="{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}">{content}</r:{operation}Request>'
    )


def b64(data: bytes) -> str:
    """Base64 as text."""
    return base64.b64encode(data).decode()


def spki(key: rsa.RSAPrivateKey) -> bytes:
    """SubjectPublicKeyInfo in DER."""
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def start(holder: System, key: rsa.RSAPrivateKey, fault: str | None = None) -> Reply:
    """StartETKRegistration with this encryption key."""
    content = f"<r:PublicEncryptionKey>{b64(spki(key))}</r:PublicEncryptionKey>"
    return holder.ask("StartETKRegistration", content, fault)


def open_challenge(reply: Reply, key: rsa.RSAPrivateKey) -> bytes:
    """The serial's sixteen bytes, once the hash behind the encrypted part agrees."""
    challenge = base64.b64decode(reply.element.findtext("r:Challenge", "", NS))
    assert len(challenge) == 288
    serial = key.decrypt(challenge[:256], padding.PKCS1v15())
    assert len(serial) == 16
    assert hashlib.sha256(serial).digest() == challenge[256:]
    return serial


def encryption_certificate(
    holder: System,
    key: rsa.RSAPrivateKey,
    serial: int,
    *,
    subject: x509.Name | None = None,
    issuer: x509.Name | None = None,
    longer: timedelta = timedelta(),
    usages: tuple[str, ...] = ("key_encipherment", "data_encipherment"),
    critical: bool = True,
    more: x509.ExtensionType | None = None,
    signer: rsa.RSAPrivateKey | None = None,
    digest: hashes.SHA256 | hashes.SHA512 | None = None,
) -> bytes:
    """The certificate that a holder makes, or a variation of it."""
    own = holder.chain[0]
    names = [
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    ]
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject or own.subject)
        .issuer_name(issuer or own.subject)
        .not_valid_before(own.not_valid_before_utc)
        .not_valid_after(own.not_valid_after_utc + longer)
        .serial_number(serial)
        .public_key(key.public_key())
        .add_extension(x509.KeyUsage(**{name: name in usages for name in names}), critical)
    )
    if more is not None:
        builder = builder.add_extension(more, critical=False)
    made = builder.sign(signer or holder.key, digest or hashes.SHA256())
    return made.public_bytes(serialization.Encoding.DER)


def complete(holder: System, certificate: bytes, fault: str | None = None) -> Reply:
    """CompleteETKRegistration with this certificate."""
    content = f"<r:ToBeRegistered>{b64(certificate)}</r:ToBeRegistered>"
    return holder.ask("CompleteETKRegistration", content, fault)


def register(holder: System, key: rsa.RSAPrivateKey | None = None) -> tuple[Reply, bytes, rsa.RSAPrivateKey]:
    """Both steps: the last answer, the encryption certificate and its key."""
    key = key or messages.new_key()
    serial = open_challenge(start(holder, key), key)
    certificate = encryption_certificate(holder, key, int.from_bytes(serial, "big"))
    reply = complete(holder, certificate)
    assert reply.code == "success", reply.body
    return reply, certificate, key


def etk(reply: Reply) -> bytes:
    """The token in an answer of EtkRA or of the depot."""
    found = reply.element.findtext("r:ETK", "", NS) or reply.element.findtext("d:ETK", "", NS)
    return base64.b64decode(found)


def depot_request(*asked: Depot) -> etree._Element:
    """GetEtk for identifiers of (type, value) or (type, value, ApplicationID)."""
    names = ("Type", "Value", "ApplicationID")
    identifiers = ""
    for one in asked:
        parts = "".join(
            f"<d:{name}>{escape(text)}</d:{name}>" for name, text in zip(names, one, strict=False)
        )
        identifiers += f"<d:Identifier>{parts}</d:Identifier>"
    return etree.fromstring(
        f'<d:GetEtkRequest xmlns:d="{D}"><d:SearchCriteria>{identifiers}</d:SearchCriteria></d:GetEtkRequest>'
    )


def depot(base: str, *asked: Depot) -> Reply:
    """Ask the depot; its Status must say 200."""
    reply = call(base, depot_request(*asked))
    assert reply.element.findtext("s:Status/Code", "", NS) == "200"
    return reply


def matches(reply: Reply) -> list[Depot]:
    """The identifiers that the depot offers."""
    found = reply.element.findall("d:MatchingEtk/d:Identifier", NS)
    return [tuple(child.text or "" for child in one) for one in found]


def errors(reply: Reply) -> list[str]:
    """The depot's error codes."""
    return [e.findtext("d:Code", "", NS) for e in reply.element.findall("d:Error", NS)]


def open_token(token: bytes, root: Path, folder: Path) -> bytes:
    """The content of a token, when OpenSSL finds its signature and its path up to this root good."""
    (folder / "token").write_bytes(token)
    command: list[str | Path] = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any"]
    command += ["-in", folder / "token", "-CAfile", root, "-out", folder / "content"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return (folder / "content").read_bytes()


def certificates_inside(token: bytes, folder: Path) -> list[x509.Certificate]:
    """The certificate set of a token, as OpenSSL sees it."""
    (folder / "set").write_bytes(token)
    command: list[str | Path] = ["openssl", "pkcs7", "-inform", "DER", "-in", folder / "set", "-print_certs"]
    done = subprocess.run(command, capture_output=True, check=True)
    pem = re.findall(rb"-----BEGIN.*?END CERTIFICATE-----", done.stdout, re.DOTALL)
    return [x509.load_pem_x509_certificate(one) for one in pem]
