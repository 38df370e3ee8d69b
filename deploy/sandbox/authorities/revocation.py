"""How a certificate's status is told: revocation lists (RFC 5280 5) and OCSP (RFC 6960)."""

import logging
from datetime import datetime, timedelta

from asn1crypto import core
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import OCSPExtensionOID

from deploy.sandbox.authorities.pki import Authority
from deploy.sandbox.state.store import Store, to_moment, to_text

log = logging.getLogger(__name__)

LIST_LIFE = timedelta(days=7)
ANSWER_LIFE = timedelta(seconds=60)
REASONS = {
    "unspecified": x509.ReasonFlags.unspecified,
    "keyCompromise": x509.ReasonFlags.key_compromise,
    "affiliationChanged": x509.ReasonFlags.affiliation_changed,
    "superseded": x509.ReasonFlags.superseded,
    "cessationOfOperation": x509.ReasonFlags.cessation_of_operation,
    "certificateHold": x509.ReasonFlags.certificate_hold,
}


def revoke(store: Store, authority: str, serial: str, reason: str, now: datetime) -> bool:
    """Mark one certificate (serial in hex) as revoked; False when it is unknown or was revoked before."""
    with store.transaction() as db:
        changed = db.execute(
            "UPDATE issued SET revoked_at = ?, reason = ? "
            "WHERE authority = ? AND serial = ? AND revoked_at IS NULL",
            (to_text(now), reason, authority, serial),
        )
        return changed.rowcount == 1


def revoke_card(store: Store, ssin: str, which: str, now: datetime) -> int:
    """Revoke every Authentication or Signature certificate of a person; returns how many."""
    with store.transaction() as db:
        changed = db.execute(
            "UPDATE issued SET revoked_at = ?, reason = 'unspecified' WHERE authority = 'citizen-ca' "
            "AND holder = ? AND kind = ? AND revoked_at IS NULL",
            (to_text(now), ssin, which),
        )
        return changed.rowcount


def revoked_at(store: Store, authority: str, serial_number: int) -> datetime | None:
    """When this authority's certificate was revoked, or None while it is good."""
    with store.reading() as db:
        row = db.execute(
            "SELECT revoked_at FROM issued WHERE authority = ? AND serial = ?",
            (authority, f"{serial_number:x}"),
        ).fetchone()
    return to_moment(row["revoked_at"]) if row and row["revoked_at"] else None


def revocation_list(store: Store, authority: Authority, now: datetime) -> bytes:
    """The authority's current list in DER, numbered by the second it was made."""
    with store.reading() as db:
        rows = db.execute(
            "SELECT serial, revoked_at, reason FROM issued WHERE authority = ? AND revoked_at IS NOT NULL",
            (authority.plan.key,),
        ).fetchall()
    moment = now.replace(microsecond=0)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(moment)
        .next_update(moment + LIST_LIFE)
        .add_extension(x509.CRLNumber(int(moment.timestamp())), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False
        )
    )
    for row in rows:
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(int(row["serial"], 16))
            .revocation_date(to_moment(row["revoked_at"]).replace(microsecond=0))
        )
        reason = REASONS[row["reason"]]
        if reason is not x509.ReasonFlags.unspecified:  # RFC 5280 5.3.1: absent rather than unspecified
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def answer(store: Store, authority: Authority, question: bytes, now: datetime) -> bytes:
    """An OCSP answer to one question, both DER; a malformed one gets what RFC 6960 2.3 has for it."""
    try:
        request = ocsp.load_der_ocsp_request(question)
        algorithm = request.hash_algorithm
    except (ValueError, NotImplementedError):
        log.info("ocsp question for %s could not be read", authority.plan.key)
        return _unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
    name, key = issuer_hashes(authority.certificate, algorithm)
    if (request.issuer_name_hash, request.issuer_key_hash) != (name, key):
        return _unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)
    with store.reading() as db:
        row = db.execute(
            "SELECT revoked_at, reason FROM issued WHERE authority = ? AND serial = ?",
            (authority.plan.key, f"{request.serial_number:x}"),
        ).fetchone()
    moment = now.replace(microsecond=0)
    if row is None:
        status, since, reason = ocsp.OCSPCertStatus.UNKNOWN, None, None
    elif row["revoked_at"]:
        status, since = ocsp.OCSPCertStatus.REVOKED, to_moment(row["revoked_at"]).replace(microsecond=0)
        reason = REASONS[row["reason"]]
    else:
        status, since, reason = ocsp.OCSPCertStatus.GOOD, None, None
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            name,
            key,
            request.serial_number,
            algorithm,
            cert_status=status,
            this_update=moment,
            next_update=moment + ANSWER_LIFE,
            revocation_time=since,
            revocation_reason=reason,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, authority.responder_certificate)
        .certificates([authority.responder_certificate])
    )
    nonce = nonce_of(question)
    if nonce is not None:
        extension = x509.UnrecognizedExtension(OCSPExtensionOID.NONCE, nonce)
        builder = builder.add_extension(extension, critical=False)
    signed = builder.sign(authority.responder_key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.DER)


class _Extension(core.Sequence):  # type: ignore[misc]  # asn1crypto ships no types
    """An extension (RFC 5280 4.1) whose value is not looked into."""

    _fields = [
        ("id", core.ObjectIdentifier),
        ("critical", core.Boolean, {"default": False}),
        ("value", core.OctetString),
    ]


class _Extensions(core.SequenceOf):  # type: ignore[misc]  # as above
    _child_spec = _Extension


def nonce_of(question: bytes) -> bytes | None:
    """The bytes of the question's nonce as they came: some clients wrap them in an OCTET STRING, others do not.

    RFC 8954 2.1 wants them wrapped; each compares what comes back with what it sent. None where there is none.
    """
    try:
        asked = asn1_ocsp.OCSPRequest.load(question)["tbs_request"]["request_extensions"]
        for extension in _Extensions.load(asked.untag().dump()):
            if extension["id"].native == OCSPExtensionOID.NONCE.dotted_string:
                return bytes(extension["value"].native)
    except (ValueError, TypeError):
        return None
    return None


def issuer_hashes(issuer: x509.Certificate, algorithm: hashes.HashAlgorithm) -> tuple[bytes, bytes]:
    """issuerNameHash and issuerKeyHash (RFC 6960 4.1.1) of an authority."""
    name = hashes.Hash(algorithm)
    name.update(issuer.subject.public_bytes())
    key = hashes.Hash(algorithm)
    key.update(_public_key_bits(issuer))
    return name.finalize(), key.finalize()


def _public_key_bits(certificate: x509.Certificate) -> bytes:
    # For an RSA key the content of the BIT STRING is exactly its PKCS#1 form; all authorities here are RSA.
    return certificate.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)


def _unsuccessful(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(serialization.Encoding.DER)
