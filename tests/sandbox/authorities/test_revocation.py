"""OCSP, revocation lists and issuer certificates, as openssl and cryptography see them."""

import base64
import subprocess
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asn1crypto import core
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, OCSPExtensionOID

from deploy.sandbox.authorities.citizens import Identity, make_identity
from deploy.sandbox.authorities.pki import Pki
from deploy.sandbox.authorities.revocation import issuer_hashes
from deploy.sandbox.state.store import Store
from tests.sandbox.conftest import LUC
from tests.sandbox.operations.test_journey import certificates, get, identifier, submit
from tests.support.sandbox import SandboxProcess


def fetch(url: str, body: bytes | None = None) -> bytes:
    headers = {"Content-Type": "application/ocsp-request"} if body else {}
    request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310  the sandbox's own address
    with urllib.request.urlopen(request, timeout=180) as answer:  # noqa: S310  as above
        return bytes(answer.read())


def ocsp_address(certificate: x509.Certificate) -> str:
    access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    (found,) = [
        a.access_location.value for a in access if a.access_method == AuthorityInformationAccessOID.OCSP
    ]
    return str(found)


def list_address(certificate: x509.Certificate) -> str:
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    names = points[0].full_name
    assert names is not None
    return str(names[0].value)


def ask(
    certificate: x509.Certificate, issuer: x509.Certificate, nonce: bytes = b"n" * 16
) -> ocsp.OCSPResponse:
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA256())
    question = builder.add_extension(x509.OCSPNonce(nonce), critical=False).build()
    der = question.public_bytes(serialization.Encoding.DER)
    return ocsp.load_der_ocsp_response(fetch(ocsp_address(certificate), der))


def card(sandbox: SandboxProcess, revoked: str | None = None) -> Identity:
    store = Store(sandbox.state)
    return make_identity(Pki.load(sandbox.state, store), store, LUC, datetime.now(UTC), revoked=revoked)


def test_an_answer_is_signed_by_a_responder_of_the_authority(sandbox: SandboxProcess) -> None:
    holder = card(sandbox)
    answer = ask(holder.signature, holder.authority)
    assert answer.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"n" * 16
    assert answer.next_update_utc is not None
    assert answer.this_update_utc <= datetime.now(UTC) < answer.next_update_utc
    (responder,) = answer.certificates
    responder.verify_directly_issued_by(holder.authority)
    assert responder.extensions.get_extension_for_class(x509.OCSPNoCheck)
    key = responder.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(
    "nonce", [b"\x04\x10" + b"w" * 16, b"b" * 16, b"\x04\x02xy", bytes(range(32)), b"\xff"]
)
def test_the_nonce_comes_back_byte_for_byte(sandbox: SandboxProcess, nonce: bytes) -> None:
    """The platform's connector sends bare bytes in the extension, not an OCTET STRING in it."""
    holder = card(sandbox)
    builder = ocsp.OCSPRequestBuilder().add_certificate(holder.signature, holder.authority, hashes.SHA256())
    question = builder.add_extension(
        x509.UnrecognizedExtension(OCSPExtensionOID.NONCE, nonce), critical=False
    ).build()
    answer = fetch(ocsp_address(holder.signature), question.public_bytes(serialization.Encoding.DER))
    assert ocsp.load_der_ocsp_response(answer).certificate_status is ocsp.OCSPCertStatus.GOOD
    told = asn1_ocsp.OCSPResponse.load(answer).basic_ocsp_response["tbs_response_data"]
    whole = core.OctetString(nonce).dump()
    assert told["response_extensions"].contents.endswith(whole)


@pytest.mark.parametrize("which", ["authentication", "signature"])
def test_a_revoked_certificate_is_told_by_answer_and_by_list(sandbox: SandboxProcess, which: str) -> None:
    holder = card(sandbox, revoked=which)
    dead = getattr(holder, which)
    alive = holder.signature if which == "authentication" else holder.authentication
    assert ask(dead, holder.authority).certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert ask(alive, holder.authority).certificate_status is ocsp.OCSPCertStatus.GOOD
    crl = x509.load_der_x509_crl(fetch(list_address(dead)))
    key = holder.authority.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert crl.is_signature_valid(key)
    assert crl.get_revoked_certificate_by_serial_number(dead.serial_number) is not None
    assert crl.get_revoked_certificate_by_serial_number(alive.serial_number) is None


def test_the_control_address_revokes_a_card(sandbox: SandboxProcess) -> None:
    holder = card(sandbox)
    sandbox.control_post("/control/cards/revoke", {"ssin": LUC.ssin, "which": "signature"})
    assert ask(holder.signature, holder.authority).certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert ask(holder.authentication, holder.authority).certificate_status is ocsp.OCSPCertStatus.GOOD


def test_a_get_question_is_answered_too(sandbox: SandboxProcess) -> None:
    holder = card(sandbox)
    algorithm = hashes.SHA1()  # noqa: S303  the hash that most clients name an issuer by
    question = (
        ocsp.OCSPRequestBuilder().add_certificate(holder.signature, holder.authority, algorithm).build()
    )
    encoded = base64.b64encode(question.public_bytes(serialization.Encoding.DER)).decode()
    answer = fetch(f"{ocsp_address(holder.signature)}/{urllib.parse.quote(encoded, safe='')}")
    assert ocsp.load_der_ocsp_response(answer).certificate_status is ocsp.OCSPCertStatus.GOOD


def test_strange_questions_get_the_answers_of_the_standard(sandbox: SandboxProcess) -> None:
    holder = card(sandbox)
    address = ocsp_address(holder.signature)
    assert ocsp.load_der_ocsp_response(fetch(address, b"what?")).response_status.name == "MALFORMED_REQUEST"
    other = ocsp.OCSPRequestBuilder().add_certificate(holder.authority, holder.root, hashes.SHA256()).build()
    stranger = fetch(address, other.public_bytes(serialization.Encoding.DER))
    assert ocsp.load_der_ocsp_response(stranger).response_status.name == "UNAUTHORIZED"
    name, key = issuer_hashes(holder.authority, hashes.SHA256())
    never = ocsp.OCSPRequestBuilder().add_certificate_by_hash(name, key, 12345, hashes.SHA256()).build()
    unknown = ocsp.load_der_ocsp_response(fetch(address, never.public_bytes(serialization.Encoding.DER)))
    assert unknown.certificate_status is ocsp.OCSPCertStatus.UNKNOWN


@pytest.mark.parametrize("environment", ["production", "acceptance"])
def test_openssl_believes_the_whole_chain(
    sandbox: SandboxProcess, cards: dict[str, Identity], environment: str, tmp_path: Path
) -> None:
    base = getattr(sandbox, environment)
    _, key = submit(base, cards["an"])
    leaf, issuing = certificates(get(base, identifier(key)))
    root = sandbox.pki / environment / "root.pem"
    lists = b""
    for certificate in (leaf, issuing):
        assert list_address(certificate).startswith(base)
        crl = x509.load_der_x509_crl(fetch(list_address(certificate)))
        lists += crl.public_bytes(serialization.Encoding.PEM)
    files = {"leaf": leaf, "issuing": issuing}
    for name, certificate in files.items():
        (tmp_path / name).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "lists").write_bytes(lists)
    verify: list[str | Path] = [
        "openssl",
        "verify",
        "-x509_strict",
        "-crl_check_all",
        "-CRLfile",
        tmp_path / "lists",
    ]
    verify += ["-CAfile", root, "-untrusted", tmp_path / "issuing", tmp_path / "leaf"]
    assert subprocess.run(verify, capture_output=True, check=False).returncode == 0
    assert "good" in _openssl_ocsp(tmp_path, leaf, root)
    sandbox.control_post(
        f"/control/certificates/{environment}/{identifier(key)}/revoke", {"reason": "keyCompromise"}
    )
    told = _openssl_ocsp(tmp_path, leaf, root)
    assert "revoked" in told
    assert "keyCompromise" in told


def _openssl_ocsp(folder: Path, leaf: x509.Certificate, root: Path) -> str:
    command: list[str | Path] = ["openssl", "ocsp", "-issuer", folder / "issuing", "-cert", folder / "leaf"]
    command += ["-url", ocsp_address(leaf), "-CAfile", root]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Response verify OK" in done.stderr
    return done.stdout


def test_authorities_answer_where_their_certificates_say(sandbox: SandboxProcess) -> None:
    for folder, child, parent in (
        ("production", "issuing", "root"),
        ("acceptance", "issuing", "root"),
        ("citizen", "ca", "root"),
    ):
        certificate = x509.load_pem_x509_certificate((sandbox.pki / folder / f"{child}.pem").read_bytes())
        issuer = x509.load_pem_x509_certificate((sandbox.pki / folder / f"{parent}.pem").read_bytes())
        assert ask(certificate, issuer).certificate_status is ocsp.OCSPCertStatus.GOOD
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
        (place,) = [
            a.access_location.value
            for a in access
            if a.access_method == AuthorityInformationAccessOID.CA_ISSUERS
        ]
        assert x509.load_der_x509_certificate(fetch(place)) == issuer


def test_private_keys_are_for_the_owner_only(sandbox: SandboxProcess) -> None:
    private = sandbox.pki / "private"
    assert private.stat().st_mode & 0o077 == 0
    keys = list(private.glob("*.key"))
    # The signers of sessions rotate: how many there were depends on who turned them before.
    iam = [key for key in keys if "-iam-" in key.name]
    assert len(keys) - len(iam) == 14
    assert len(iam) >= 2
    assert all(key.stat().st_mode & 0o777 == 0o600 for key in keys)
