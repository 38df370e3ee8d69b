"""The port to the registration authority that services depend on, and the facts that cross it."""

from dataclasses import dataclass
from typing import Protocol

from agent.wire.jobs import ContactData, Contract, Identifier, Signer


@dataclass(frozen=True)
class ContractWish:
    """What GenerateContract needs: who signs, for which actor and ApplicationId, and how to reach them."""

    contact_data: ContactData
    signer: Signer
    actor: Identifier
    actor_name: str
    actor_first_names: tuple[str, ...] = ()
    application_id: str | None = None


@dataclass(frozen=True)
class Registered:
    """GenerateCertificate's answer."""

    public_key_identifier: str
    automatically_validated: bool
    replaces: str | None


class Gateway(Protocol):
    """CertRA v2 in one environment. Every method raises Transient, Rejected or OutcomeUnknown (errors.py)."""

    def generate_contract(self, wish: ContractWish) -> Contract:
        """Return the contract that the signer must read."""

    def submit(self, signed_request: bytes) -> Registered:
        """Send a signed GenerateCertificateRequest byte for byte."""

    def certificate_chain(self, public_key_identifier: str) -> list[bytes]:
        """Return the delivered certificate and its issuers (DER, leaf first, no root)."""

    def existing_application_ids(self, identifier: Identifier) -> list[str | None]:
        """Return the ApplicationIds in use; None stands for a certificate without one."""
