"""CertRA v2: requests, certificates, what the register knows, and the end of a certificate."""

from collections.abc import Callable
from urllib.parse import urlsplit

from lxml import etree

from agent.wire.encoding import from_base64
from agent.wire.jobs import ContactData, Contract, Identifier, RevocationContract, Signer
from certificates.certra.answers import NAMES
from certificates.certra.contracts import read_contract, read_revocation_contract
from certificates.certra.errors import Transient
from certificates.certra.facts import (
    ActorQualities,
    CertificateInfo,
    ContractWish,
    ForeignRegistration,
    ForeignWish,
    OrganisationType,
    Registered,
    RevocationWish,
)
from certificates.certra.register import (
    INFO_ENTRIES,
    OPEN_STATUSES,
    read_infos,
    read_organisation_types,
    read_qualities,
)
from certificates.certra.services import CERTRA
from certificates.certra.soap import SoapClient, T, as_question, understood
from certificates.certra.values import Unreadable, flag_of, key_identifier_of, moment_of, text_of

MAX_ADDRESS_CHARACTERS = 2000


class CertraClient(SoapClient):
    """The Gateway (gateway.py) to one environment's CertRA at `endpoint` (scheme, host, port)."""

    service = CERTRA

    def generate_contract(self, wish: ContractWish) -> Contract:
        """Return the contract that the signer must read."""
        names = {"FirstName": list(wish.actor_first_names), "Name": wish.actor_name}
        identifier: dict[str, object] = {"Actor": {"Id": [_id(wish.actor)], **names}}
        if wish.application_id:
            identifier["ApplicationId"] = wish.application_id
        return self._question(
            read_contract,
            "GenerateContract",
            ContactData=_contact(wish.contact_data),
            Signer=_actor(wish.signer),
            CertificateIdentifier=identifier,
        )

    def submit(self, signed_request: bytes) -> Registered:
        """Send a signed GenerateCertificateRequest byte for byte."""
        return understood(_read_registered, self.forward("GenerateCertificate", signed_request))

    def certificate_chain(self, public_key_identifier: str) -> list[bytes]:
        """Return the delivered certificate and its issuers (DER, leaf first, no root)."""
        return self._question(_read_chain, "GetCertificate", PublicKeyIdentifier=public_key_identifier)

    def existing_application_ids(self, identifier: Identifier) -> list[str | None]:
        """Return the ApplicationIds in use; None stands for a certificate without one."""

        def read(answer: etree._Element) -> list[str | None]:
            return [element.text or None for element in answer.findall("p:ApplicationId", NAMES)]

        return self._question(read, "GetExistingApplicationIds", OrganizationIdentifier=_id(identifier))

    def organisation_types(self) -> tuple[OrganisationType, ...]:
        """Return every identifier type with its names and rules."""
        return self._question(read_organisation_types, "GetGenericOrganizationTypes")

    def actor_qualities(self, signed_request: bytes) -> ActorQualities:
        """Return for whom the signer of a GetActorQualitiesRequest may ask certificates."""
        return as_question(
            lambda: understood(read_qualities, self.forward("GetActorQualities", signed_request))
        )

    def certificate_infos(self, signed_request: bytes) -> tuple[CertificateInfo, ...]:
        """Return what the register knows for the signer of a GetCertificateInfoForCitizenRequest and their mandates."""
        return self._infos("GetCertificateInfoForCitizen", signed_request)

    def certificate_info(self, signed_request: bytes) -> CertificateInfo:
        """Return what the register knows of the certificate that signed the question about itself."""
        found = self._infos("GetCertificateInfoForAuthenticationCertificate", signed_request)
        if len(found) != 1:
            raise Transient(summary="an answer without the certificate that asked")
        return found[0]

    def generate_revocation_contract(self, wish: RevocationWish) -> RevocationContract:
        """Return the contract that the signer must read; Transient when it gives another reason than was asked for."""
        contract = self._question(
            read_revocation_contract,
            "GenerateRevocationContract",
            PublicKeyIdentifier=wish.public_key_identifier,
            Signer=_actor(wish.signer),
            RevocationReason=wish.reason.value,
        )
        if contract.revocation_reason != wish.reason:
            raise Transient(summary="a contract for another reason than was asked for")
        return contract

    def revoke(self, signed_request: bytes) -> None:
        """Send a signed RevokeRequest byte for byte; returns once the certificate is revoked."""
        self.forward("Revoke", signed_request)

    def submit_csr_for_foreigner(self, wish: ForeignWish) -> ForeignRegistration:
        """Register the CSR of a care provider with a BIS number; this is no question, its outcome may be unknown."""
        answer = self.ask(
            "SubmitCSRForForeigner",
            ForeignPerson=_actor(wish.person),
            ContactData=_contact(wish.contact_data),
            CSR=wish.csr_der,
        )
        return understood(_read_foreign_registration, answer)

    def _infos(self, operation: str, signed_request: bytes) -> tuple[CertificateInfo, ...]:
        return as_question(
            lambda: understood(
                read_infos,
                self.forward(operation, signed_request, open_lists=OPEN_STATUSES, entries=INFO_ENTRIES),
            )
        )

    def _question(self, read: Callable[[etree._Element], T], operation: str, **fields: object) -> T:
        return as_question(lambda: understood(read, self.ask(operation, **fields)))


def _id(identifier: Identifier) -> dict[str, str]:
    return {"_value_1": identifier.value, "Type": identifier.type}


def _actor(person: Signer) -> dict[str, object]:
    return {
        "Id": [_id(one) for one in person.ids],
        "FirstName": list(person.first_names),
        "Name": person.name,
    }


def _contact(contact: ContactData) -> dict[str, str]:
    fields = {
        "EmailPrivate": contact.email_private,
        "EmailGeneral": contact.email_general,
        "PhonePrivate": contact.phone_private,
        "PhoneGeneral": contact.phone_general,
    }
    return {name: value for name, value in fields.items() if value}


def _read_registered(answer: etree._Element) -> Registered:
    return Registered(
        public_key_identifier=key_identifier_of(answer, "p:PublicKeyIdentifier"),
        automatically_validated=flag_of(answer, "p:AutomaticallyValidated"),
        replaces=text_of(answer, "p:ReplacesCertificate").lower() or None,
    )


def _read_chain(answer: etree._Element) -> list[bytes]:
    """Return what was delivered, leaf first; an issuer that is no base64 is left out, the leaf never."""
    chain: list[bytes] = []
    for number, element in enumerate(answer.findall("p:X509Certificate", NAMES)):
        try:
            chain.append(from_base64("".join((element.text or "").split())))
        except ValueError as error:
            if number == 0:
                raise Unreadable("the certificate is not base64") from error
    return chain


def _read_foreign_registration(answer: etree._Element) -> ForeignRegistration:
    """Read the address that a person will be sent to: nothing but a web address becomes a link."""
    address = text_of(answer, "p:ValidationUrl")
    try:
        parts = urlsplit(address)
        usable = parts.scheme in {"https", "http"} and bool(parts.hostname) and parts.username is None
    except ValueError:
        usable = False
    if not usable or len(address) > MAX_ADDRESS_CHARACTERS:
        raise Unreadable("ValidationUrl is not the address of a page")
    return ForeignRegistration(address, moment_of(answer, "p:ExpirationDate"))
