"""The ports to the government that services depend on: the registration authority, its tokens, and the depot.

Every method raises Transient, Rejected or OutcomeUnknown (errors.py); a question never raises OutcomeUnknown, because
it may simply be asked again. Signed requests travel byte for byte. The facts that cross the ports stand in facts.py.
"""

from typing import Protocol

from agent.wire.jobs import Contract, Identifier
from certificates.certra.facts import (
    ActorQualities,
    CertificateInfo,
    ContractWish,
    ForeignRegistration,
    ForeignWish,
    OrganisationType,
    Registered,
    RegisteredToken,
    RevocationContract,
    RevocationWish,
)

__all__ = [
    "ActorQualities",
    "CertificateInfo",
    "ContractWish",
    "ForeignRegistration",
    "ForeignWish",
    "Gateway",
    "OrganisationType",
    "Registered",
    "RegisteredToken",
    "RevocationContract",
    "RevocationWish",
    "TokenDepot",
    "TokenGateway",
]


class Gateway(Protocol):
    """CertRA v2 in one environment."""

    def generate_contract(self, wish: ContractWish) -> Contract:
        """Return the contract that the signer must read."""

    def submit(self, signed_request: bytes) -> Registered:
        """Send a signed GenerateCertificateRequest."""

    def certificate_chain(self, public_key_identifier: str) -> list[bytes]:
        """Return the delivered certificate and its issuers (DER, leaf first, no root)."""

    def existing_application_ids(self, identifier: Identifier) -> list[str | None]:
        """Return the ApplicationIds in use; None stands for a certificate without one."""

    def organisation_types(self) -> tuple[OrganisationType, ...]:
        """Return every identifier type with its names and rules."""

    def actor_qualities(self, signed_request: bytes) -> ActorQualities:
        """Return for whom the signer of a GetActorQualitiesRequest may ask certificates."""

    def certificate_infos(self, signed_request: bytes) -> tuple[CertificateInfo, ...]:
        """Return what the register knows for the signer of a GetCertificateInfoForCitizenRequest and their mandates."""

    def certificate_info(self, signed_request: bytes) -> CertificateInfo:
        """Return what the register knows of the certificate that signed the question about itself."""

    def generate_revocation_contract(self, wish: RevocationWish) -> RevocationContract:
        """Return the contract that the signer must read before a certificate ends."""

    def revoke(self, signed_request: bytes) -> None:
        """Send a signed RevokeRequest; returns once the certificate is revoked."""

    def submit_csr_for_foreigner(self, wish: ForeignWish) -> ForeignRegistration:
        """Register the CSR of a care provider with a BIS number; nothing is issued before the identity is confirmed."""


class TokenGateway(Protocol):
    """EtkRA v2 in one environment. All requests are signed with the eHealth authentication key."""

    def start_token(self, signed_request: bytes) -> bytes:
        """Send a StartETKRegistrationRequest; return the challenge as it came."""

    def complete_token(self, signed_request: bytes) -> RegisteredToken:
        """Send a CompleteETKRegistrationRequest; return the token (not verified here)."""

    def activate_token(self, signed_request: bytes) -> None:
        """Send an ActivateETKRequest; returns once the depot hands out this token."""


class TokenDepot(Protocol):
    """ETKDepot v1 in one environment."""

    def token_of(self, identifier: Identifier, application_id: str | None = None) -> bytes | None:
        """Return the active token (DER, not verified here) of exactly this recipient; None where there is none."""
