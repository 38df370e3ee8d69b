"""CertRA v2 over SOAP: zeep builds the unsigned requests from our WSDL; signed ones travel byte for byte."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

import zeep
from lxml import etree

from agent.wire.encoding import from_base64
from agent.wire.errors import JobMalformed
from agent.wire.jobs import ContactData, Contract, Identifier, LocalisedText, Signer
from certificates.certra.answers import CONTRACT, NAMES, SOAP, read_answer
from certificates.certra.errors import OutcomeUnknown, Transient
from certificates.certra.gateway import ContractWish, Registered
from certificates.certra.transport import BoundedTransport

T = TypeVar("T")
BINDING = "{urn:ehportal:certra:v2}CertRaSoap11"
PATH = "/CertRa/v2"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


@lru_cache(maxsize=1)
def _contract() -> zeep.Client:
    """Our WSDL, read once from disk. Its own transport never reaches a network."""
    return zeep.Client(
        str(CONTRACT / "certra.wsdl"),
        transport=BoundedTransport(connect_timeout=1, read_timeout=1),
        settings=zeep.Settings(strict=True, xml_huge_tree=False, forbid_dtd=True, forbid_entities=True),
    )


class CertraClient:
    """The Gateway (gateway.py) to one environment's CertRA at `endpoint` (scheme, host, port)."""

    def __init__(self, endpoint: str, *, connect_timeout: float, read_timeout: float) -> None:
        self.address = endpoint.rstrip("/") + PATH
        self.transport = BoundedTransport(connect_timeout=connect_timeout, read_timeout=read_timeout)

    def generate_contract(self, wish: ContractWish) -> Contract:
        """Return the contract that the signer must read."""
        contact = wish.contact_data
        actor_names = {"FirstName": list(wish.actor_first_names), "Name": wish.actor_name}
        identifier: dict[str, object] = {"Actor": {"Id": [_id(wish.actor)], **actor_names}}
        if wish.application_id:
            identifier["ApplicationId"] = wish.application_id
        return _asking(
            lambda: _read_contract(
                self._ask(
                    "GenerateContract",
                    ContactData=_contact(contact),
                    Signer={
                        "Id": [_id(one) for one in wish.signer.ids],
                        "FirstName": list(wish.signer.first_names),
                        "Name": wish.signer.name,
                    },
                    CertificateIdentifier=identifier,
                )
            )
        )

    def submit(self, signed_request: bytes) -> Registered:
        """Send a signed GenerateCertificateRequest byte for byte."""
        envelope = (
            b'<soapenv:Envelope xmlns:soapenv="' + SOAP.encode() + b'"><soapenv:Header/><soapenv:Body>'
            + signed_request
            + b"</soapenv:Body></soapenv:Envelope>"
        )  # fmt: skip
        answer = self._send("GenerateCertificate", envelope)
        replaces = answer.findtext("p:ReplacesCertificate", None, NAMES)
        return Registered(
            public_key_identifier=(answer.findtext("p:PublicKeyIdentifier", "", NAMES)).strip().lower(),
            automatically_validated=answer.findtext("p:AutomaticallyValidated", "", NAMES).strip()
            in {"true", "1"},
            replaces=replaces.strip().lower() if replaces else None,
        )

    def certificate_chain(self, public_key_identifier: str) -> list[bytes]:
        """Return the delivered certificate and its issuers (DER, leaf first, no root)."""

        def read() -> list[bytes]:
            answer = self._ask("GetCertificate", PublicKeyIdentifier=public_key_identifier)
            try:
                return [
                    from_base64("".join((element.text or "").split()))
                    for element in answer.findall("p:X509Certificate", NAMES)
                ]
            except ValueError as error:
                raise Transient(summary="a certificate is not base64") from error

        return _asking(read)

    def existing_application_ids(self, identifier: Identifier) -> list[str | None]:
        """Return the ApplicationIds in use; None stands for a certificate without one."""

        def read() -> list[str | None]:
            answer = self._ask("GetExistingApplicationIds", OrganizationIdentifier=_id(identifier))
            return [element.text or None for element in answer.findall("p:ApplicationId", NAMES)]

        return _asking(read)

    def _ask(self, operation: str, **fields: Any) -> etree._Element:
        contract = _contract()
        service = contract.create_service(BINDING, self.address)
        message = contract.create_message(
            service, operation, Id=f"_{uuid.uuid4()}", IssueInstant=datetime.now(UTC), **fields
        )
        return self._send(operation, etree.tostring(message, encoding="UTF-8", xml_declaration=True))

    def _send(self, operation: str, envelope: bytes) -> etree._Element:
        action = _contract().wsdl.bindings[BINDING].get(operation).soapaction
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'}
        response = self.transport.post(self.address, envelope, headers)
        return read_answer(response.content, response.status_code, f"{operation}Response")


def _asking(question: Callable[[], T]) -> T:
    """A question changes nothing: whatever went wrong, it may be asked again."""
    try:
        return question()
    except OutcomeUnknown as error:
        raise Transient(answers=error.answers, summary=error.summary) from error


def _id(identifier: Identifier) -> dict[str, str]:
    return {"_value_1": identifier.value, "Type": identifier.type}


def _contact(contact: ContactData) -> dict[str, str]:
    fields = {
        "EmailPrivate": contact.email_private,
        "EmailGeneral": contact.email_general,
        "PhonePrivate": contact.phone_private,
        "PhoneGeneral": contact.phone_general,
    }
    return {name: value for name, value in fields.items() if value}


def _read_contract(answer: etree._Element) -> Contract:
    """Read the contract exactly as it came; it goes back to be signed."""
    contract = answer.find("p:Contract", NAMES)
    if contract is None:
        raise Transient(summary="an answer without a contract")
    signer = contract.find("c:Signer", NAMES)
    assert signer is not None  # noqa: S101  # the schema has it
    try:
        return Contract.from_json(
            Contract(
                dn=contract.findtext("c:DN", "", NAMES),
                signer=Signer(
                    ids=tuple(
                        Identifier(one.get("Type", ""), one.text or "")
                        for one in signer.findall("cc:Id", NAMES)
                    ),
                    first_names=tuple(one.text or "" for one in signer.findall("cc:FirstName", NAMES)),
                    name=signer.findtext("cc:Name", "", NAMES),
                ),
                texts=tuple(
                    LocalisedText(lang=value.get(LANGUAGE, ""), html=value.text or "")
                    for value in contract.findall("c:Text/c:Value", NAMES)
                ),
            ).to_json()
        )
    except JobMalformed as error:
        raise Transient(summary="a contract that cannot be shown") from error
