"""The contract about the end of a certificate: fetched, kept, and offered to the holder."""

import json
from datetime import datetime

from agent.wire.jobs import RevocationContent, RevocationContract
from agent.wire.pki.certificates import load_certificate
from agent.wire.pki.names import same_name
from agent.wire.pki.unreadable import UNREADABLE_NAME
from certificates.certra.errors import Rejected, Transient
from certificates.certra.gateway import Gateway, RevocationWish
from certificates.domain.revocation import RevocationReason
from certificates.models import Certificate, Revocation
from certificates.models.job import JobKind
from certificates.services.revocations.codes import revoked_before
from certificates.services.signing.nudges import nudge_status_check
from certificates.services.signing.offer_contract import fetch, offer_contract, signer_of
from organisations.models import Device
from organisations.sealing import unseal
from organisations.tenancy import acting_for


def contract_of(revocation: Revocation) -> RevocationContract:
    """Return the contract that was fetched. Raises ValueError before there is one."""
    if revocation.sealed_contract is None:
        raise ValueError("no contract yet")
    return RevocationContract.from_json(json.loads(unseal(revocation.sealed_contract)))


def content_of(revocation: Revocation) -> RevocationContent:
    """Return what the holder was offered to sign."""
    return RevocationContent(revocation.certificate.public_key_identifier, contract_of(revocation))


def revocation_wish(revocation: Revocation, device: Device) -> RevocationWish:
    """Return what GenerateRevocationContract is to be asked."""
    return RevocationWish(
        public_key_identifier=revocation.certificate.public_key_identifier,
        signer=signer_of(revocation.holder, device),
        reason=RevocationReason(revocation.reason),
    )


def fetch_revocation_contract(revocation: Revocation, gateway: Gateway, *, now: datetime) -> None:
    """Fetch the contract of a revocation and make the holder's job. Call outside transactions.

    May be called at any time, by anyone, twice.
    """

    def ask(wish: RevocationWish) -> RevocationContract:
        try:
            contract = gateway.generate_revocation_contract(wish)
        except Rejected as error:
            if revoked_before(error):  # by somebody else: the inventory is to know of it
                with acting_for([revocation.organisation_id], as_platform=True):
                    nudge_status_check(revocation.certificate, now=now)
            raise
        if not _is_about(contract, revocation.certificate):
            raise Transient(summary="a contract about another certificate than was asked for")
        return contract

    contract = fetch(revocation, lambda device: revocation_wish(revocation, device), ask, now=now)
    if contract is not None:
        with acting_for([revocation.organisation_id], as_platform=True):
            offer_contract(revocation, contract, JobKind.REVOKE_CERTIFICATE, now=now)


def _is_about(contract: RevocationContract, certificate: Certificate) -> bool:
    """Return whether the contract names the certificate's own name; the one in its row may be masked."""
    try:
        return same_name(contract.dn, load_certificate(certificate.der).subject)
    except UNREADABLE_NAME:
        return False
