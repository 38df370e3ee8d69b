"""What is asked of the government and what it tells, as frozen facts. Moments are aware; texts are as they came."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from agent.wire.jobs import ContactData, Identifier, LocalisedText, Signer
from certificates.domain.revocation import RevocationReason


class OpenWord(StrEnum):
    """A closed list of the schema, read as an open one: a word that is new to us is kept, with `is_known` False."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        word = str.__new__(cls, value)
        word._name_ = word._value_ = value
        return word

    @property
    def is_known(self) -> bool:
        """True for a word of the list that we know."""
        return self._value_ in type(self)._value2member_map_


class AuthenticationCertificateStatus(OpenWord):
    """Where a certificate stands in the register (certra:CertificateStatusType)."""

    IN_PROGRESS = "IN_PROGRESS"
    VALID_ACTIVE = "VALID_ACTIVE"
    REFUSED = "REFUSED"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"


class EtkStatus(OpenWord):
    """Where its encryption token stands (certra:ETKStatusType)."""

    NOT_REQUESTED = "NOT_REQUESTED"
    IN_REQUEST = "IN_REQUEST"
    WAIT_FOR_ACTIVATION = "WAIT_FOR_ACTIVATION"
    VALID_ACTIVE = "VALID_ACTIVE"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"


class EntityType(StrEnum):
    """Who holds a certificate."""

    NATURAL_PERSON = "NaturalPerson"
    ORGANISATION = "Organization"


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


@dataclass(frozen=True)
class Names:
    """A name in several languages, in the order in which it came."""

    values: tuple[tuple[str, str], ...]

    def in_language(self, language: str) -> str:
        """Return the name in `language` (a tag; its first part counts), or else the first one."""
        wanted = language.partition("-")[0].lower()
        found = [name for lang, name in self.values if lang.partition("-")[0].lower() == wanted]
        return found[0] if found else self.values[0][1]


@dataclass(frozen=True)
class AuthorisedOrganisation:
    """One number of an organisation for which a person holds a mandate."""

    name: Names
    identifier: Identifier


@dataclass(frozen=True)
class ActorQualities:
    """For whom a person may ask certificates: in their own name as a care provider, and for these organisations."""

    natural_person: bool
    organisations: tuple[AuthorisedOrganisation, ...]


@dataclass(frozen=True)
class OrganisationType:
    """An identifier type: its rules are the government's word. `validation` is an expression in Java's syntax."""

    name: Names
    identifier_type: str
    validation: str | None
    check_digit_algorithms: tuple[str, ...]
    base_services: tuple[str, ...]


@dataclass(frozen=True)
class CertificateActor:
    """Who a certificate is for (commons:ActorType): a person with first names, or an organisation with a name only."""

    ids: tuple[Identifier, ...]
    first_names: tuple[str, ...]
    name: str


@dataclass(frozen=True)
class CertificateEntity:
    """Whose certificate, and which of theirs. `entity_type` is None where the register leaves it open."""

    entity_type: EntityType | None
    actor: CertificateActor
    application_id: str | None


@dataclass(frozen=True)
class CertificateDetails:
    """A delivered certificate as the register describes it; the serial number is decimal, names are RFC 4514."""

    serial_number: str
    dn: str
    issuer_dn: str
    valid_not_before: datetime
    valid_not_after: datetime


@dataclass(frozen=True)
class CertificateInfo:
    """One certificate in the register (certra:CertificateInfoType), every field of it.

    `details` and `replacement_period_start` exist only after delivery; `replaceable` is the platform's own word on
    whether the replacement window is open.
    """

    requested_at: datetime
    public_key_identifier: str
    entity: CertificateEntity
    status: AuthenticationCertificateStatus
    etk_status: EtkStatus
    automatically_validated: bool
    details: CertificateDetails | None
    revocable: bool
    replaceable: bool
    replacement_period_start: datetime | None
    contact_data: ContactData
    base_service_usages: tuple[str, ...]


@dataclass(frozen=True)
class RevocationWish:
    """What GenerateRevocationContract needs."""

    public_key_identifier: str
    signer: Signer
    reason: RevocationReason


@dataclass(frozen=True)
class RevocationContract:
    """The contract that ends a certificate: to be shown to the signer, and sent back as received."""

    dn: str
    signer: Signer
    reason: RevocationReason
    texts: tuple[LocalisedText, ...]


@dataclass(frozen=True)
class ForeignWish:
    """What SubmitCSRForForeigner needs: the person with a BIS number, how to reach them, and the CSR (DER)."""

    person: Signer
    contact_data: ContactData
    csr_der: bytes


@dataclass(frozen=True)
class ForeignRegistration:
    """Where a foreign care provider confirms who they are, and until when."""

    validation_url: str
    expires_at: datetime


@dataclass(frozen=True)
class RegisteredToken:
    """CompleteETKRegistration's answer: the token (CMS, DER); the older one may stay in use until activation."""

    etk: bytes
    to_be_activated: bool
