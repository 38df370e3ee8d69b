"""An inventory and requests in every state, as rows: the pages are what is tested, not how rows come about."""

import base64
import hashlib
import json
import secrets
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from agent.wire.days import BRUSSELS, belgian_day
from certificates.domain.lifecycle import Environment, RequestState
from certificates.domain.tokens import TokenState
from certificates.models import (
    AgentJob,
    Certificate,
    CertificateRequest,
    ContinuityProof,
    EncryptionToken,
)
from organisations.models import Organisation, Person, User
from organisations.sealing import seal
from organisations.services.audit import Actor, record
from organisations.tenancy import acting_for
from tests.support.hospital import Hospital

SIGNED = {
    RequestState.SIGNED,
    RequestState.SUBMITTING,
    RequestState.OUTCOME_UNKNOWN,
    RequestState.AWAITING_CERTIFICATE,
    RequestState.ISSUED,
    RequestState.COMPLETED,
}

CONTRACT: dict[str, Any] = {
    "dn": "CN=CBE\\=0406798006,OU=eHealth-platform Belgium,OU=AZ SINT-ELISABETH MAASDAL,OU=CBE\\=0406798006,"
    "O=Federal Government,C=BE",
    "signer": {
        "ids": [{"type": "SSIN", "value": "85073003328"}],
        "first_names": ["An", "Marie"],
        "name": "Peeters",
    },
    "texts": [
        {
            "lang": "nl",
            "html": '<h1>Contract</h1><p onclick="alert(1)">Ik verbind mij ertoe …</p><script>1</script>',
        },
        {"lang": "fr", "html": "<h1>Contrat</h1><p>Je m'engage à …</p>"},
    ],
}


def make_der(name: str) -> bytes:
    """Return a self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1096))
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )


DER = make_der("eHealth shelf")


def shelve(
    organisation: Organisation,
    application_id: str,
    days_left: int,
    *,
    environment: Environment = Environment.PRODUCTION,
    value: str = "0406798006",
    **fields: Any,
) -> Certificate:
    """Put one certificate on the shelf that ends in `days_left` days, late in the Belgian evening."""
    now = datetime.now(UTC)
    name = f"CBE={value}" + (f", {application_id}" if application_id else "")
    last = belgian_day(now) + timedelta(days=days_left)
    end = datetime.combine(last, time(23, 59, 30), BRUSSELS).astimezone(UTC)
    values: dict[str, Any] = {
        "environment": environment,
        "sealed_der": seal(DER),
        "fingerprint": hashlib.sha256(secrets.token_bytes(8)).hexdigest(),
        "public_key_identifier": secrets.token_hex(20),
        "serial": secrets.token_hex(16),
        "subject": f"CN={name},OU=eHealth-platform Belgium,OU=AZ SINT-ELISABETH MAASDAL,OU=CBE\\={value},"
        "O=Federal Government,C=BE",
        "issuer": "CN=ZetesConfidens eHealth issuing CA 001,serialNumber=001,O=ZETES SA,C=BE",
        "common_name": name,
        "holder_name": "AZ SINT-ELISABETH MAASDAL",
        "identifier_type": "CBE",
        "identifier_value": value,
        "application_id": application_id,
        "not_before": end - timedelta(days=1096),
        "not_after": end,
        "key_algorithm": "RSA 2048",
        "key_usages": ["digitalSignature", "nonRepudiation", "keyEncipherment"],
        "extended_key_usages": ["clientAuth", "emailProtection"],
        "crl_urls": ["http://crl.example.test/issuing.crl"],
        "ocsp_urls": ["http://ocsp.example.test/"],
        "chain": [base64.b64encode(DER).decode()],
        "chain_trusted": True,
        "revocation_status": "good",
        "revocation_checked_at": now - timedelta(hours=3),
        "source": "imported",
        "search_text": name.lower(),
    }
    with acting_for([organisation.pk], as_platform=True):
        certificate = Certificate.objects.create(organisation=organisation, **(values | fields))
        record(
            organisation,
            "certificate_imported",
            certificate,
            actor=Actor("user", None, "Els Wouters"),
            now=now,
            name=name,
            fingerprint=certificate.fingerprint,
            environment=str(environment),
        )
    return certificate


def ask(
    hospital: Hospital,
    state: RequestState,
    *,
    holder: Person | None = None,
    by: User | None = None,
    **fields: Any,
) -> CertificateRequest:
    """Make a request that stands in `state`, with its job where the holder has one to sign."""
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "environment": Environment.PRODUCTION,
        "identifier": hospital.identifier,
        "application_id": f"APP{secrets.token_hex(3).upper()}",
        "email_private": "an.peeters@maasdal.example",
        "phone_private": "+32 11 22 33 44",
        "email_general": "ict@maasdal.example",
        "base_service_usages": ["tsa", "consultrn"],
        "reason": "Nieuwe server van de apotheek",
        "holder": holder or hospital.holder,
        "requested_by": by or hospital.administrator,
        "requested_at": now - timedelta(minutes=40),
        "state": state,
        "state_since": now - timedelta(minutes=2),
    }
    if state in SIGNED:
        values |= {"sealed_signed_request": seal(b"signed"), "public_key_identifier": secrets.token_hex(20)}
    if state in {RequestState.ISSUED, RequestState.COMPLETED}:
        values["certificate"] = shelve(
            hospital.organisation, values["application_id"], 1095, source="requested"
        )
    if state in SIGNED | {RequestState.AWAITING_SIGNATURE}:
        values |= {"sealed_contract": seal(json.dumps(CONTRACT).encode()), "contract_dn": CONTRACT["dn"]}
    with acting_for([hospital.organisation.pk], as_platform=True):
        request = CertificateRequest.objects.create(organisation=hospital.organisation, **(values | fields))
        record(
            hospital.organisation,
            "request_made",
            request,
            actor=Actor.user(hospital.administrator),
            now=now - timedelta(minutes=40),
            environment=str(request.environment),
            identifier=str(request.identifier),
            holder=str(request.holder),
        )
        reached = list(RequestState)[: list(RequestState).index(state) + 1]
        for minutes, one in enumerate(reached if state in SIGNED else [state]):
            if one in {RequestState.AWAITING_DEVICE, RequestState.OUTCOME_UNKNOWN} and one != state:
                continue
            record(
                hospital.organisation,
                f"request_{one.value}",
                request,
                actor=Actor.platform(),
                now=now - timedelta(minutes=30 - minutes),
            )
        if state is RequestState.AWAITING_SIGNATURE:
            AgentJob.objects.create(
                id=base64.urlsafe_b64encode(uuid4().bytes).decode().rstrip("="),
                organisation=hospital.organisation,
                kind="request-certificate",
                request=request,
                holder=request.holder,
                expires_at=now + timedelta(days=10),
            )
    return request


def give_token(certificate: Certificate, state: TokenState, **fields: Any) -> EncryptionToken:
    """Give a certificate an encryption token in `state`, with one self test that passed where it is in use."""
    now = datetime.now(UTC)
    registered = state is not TokenState.STARTED
    values: dict[str, Any] = {
        "state": state,
        "state_since": now - timedelta(days=3),
        "serial": "243097133561893021894702318512690148331" if registered else "",
        "sealed_etk": seal(b"etk") if registered else None,
        "to_be_activated": state is TokenState.WAITING,
        "stored_at": now - timedelta(days=3) if registered else None,
    }
    with acting_for([certificate.organisation_id], as_platform=True):
        token = EncryptionToken.objects.create(
            organisation_id=certificate.organisation_id, certificate=certificate, **(values | fields)
        )
        if state is TokenState.ACTIVE:
            ContinuityProof.objects.create(
                organisation_id=certificate.organisation_id,
                certificate=certificate,
                device_id=uuid4(),
                device_label="PC-APOTHEEK-03",
                checked_at=now - timedelta(days=2),
                passed=True,
                finding="ok",
                serial=token.serial,
            )
    return token
