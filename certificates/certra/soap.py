"""SOAP 1.1 to one service: zeep builds the unsigned requests from our WSDL; signed ones travel byte for byte."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

import zeep
from lxml import etree

from certificates.certra.answers import SOAP, OpenLists, read_answer
from certificates.certra.errors import CertraError, OutcomeUnknown, Silent, Transient
from certificates.certra.hearing import Heard, tell
from certificates.certra.services import Service
from certificates.certra.transport.http import BoundedTransport, ContractsOnDisk
from certificates.certra.transport.multipart import whole_answer
from certificates.certra.values import Unreadable
from outside.deadline import elapsed
from outside.sockets import Limits

T = TypeVar("T")


@lru_cache(maxsize=8)
def description_of(service: Service) -> zeep.Client:
    """Read our WSDL from disk, once; its own transport never reaches a network."""
    return zeep.Client(
        str(service.description),
        transport=ContractsOnDisk(),  # type: ignore[no-untyped-call]  # zeep ships no types
        settings=zeep.Settings(strict=True, xml_huge_tree=False, forbid_dtd=True, forbid_entities=True),
    )


def as_question(question: Callable[[], T]) -> T:
    """Turn an unknown outcome into Transient: a question changes nothing, so it may be asked again."""
    try:
        return question()
    except OutcomeUnknown as error:
        raise Transient(answers=error.answers, summary=error.summary) from error


def understood(read: Callable[[etree._Element], T], answer: etree._Element) -> T:
    """Read a successful answer; one that is valid but cannot be used leaves the outcome unknown."""
    try:
        return read(answer)
    except Unreadable as error:
        raise OutcomeUnknown(summary=str(error)) from error


class SoapClient:
    """Calls to one environment's `service` at `endpoint` (scheme, host, port), each within `limits`."""

    service: Service

    def __init__(self, endpoint: str, limits: Limits) -> None:
        self.address = endpoint.rstrip("/") + self.service.path
        self.transport = BoundedTransport(limits)

    def ask(self, operation: str, **fields: Any) -> etree._Element:
        """Send a request that needs no signature; return the payload of its successful answer."""
        return self._read(operation, self.post(operation, self.message(operation, **fields)), (), "")

    def forward(
        self, operation: str, signed_request: bytes, *, open_lists: OpenLists = (), entries: str = ""
    ) -> etree._Element:
        """Send a signed request byte for byte; return the payload of its successful answer.

        `open_lists` names elements whose values may go beyond the schema's list, `entries` those that are judged one by
        one (see answers.py).
        """
        envelope = (
            b'<soapenv:Envelope xmlns:soapenv="' + SOAP.encode() + b'"><soapenv:Header/><soapenv:Body>'
            + signed_request
            + b"</soapenv:Body></soapenv:Envelope>"
        )  # fmt: skip
        return self._read(operation, self.post(operation, envelope), open_lists, entries)

    def post(self, operation: str, envelope: bytes) -> tuple[bytes, int]:
        """Send an envelope; return what came back and the HTTP status. Raises Transient, OutcomeUnknown."""
        action = description_of(self.service).wsdl.bindings[self.service.binding].get(operation).soapaction
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action or ""}"'}
        began = elapsed()
        try:
            answer = self.transport.post(self.address, envelope, headers)
            content = whole_answer(answer.content, answer.headers.get("Content-Type", ""))
        except CertraError as error:
            if not isinstance(error, Silent):  # which was not even asked
                tell(Heard(self.service.name, self.address, failure=error, seconds=elapsed() - began))
            raise
        tell(Heard(self.service.name, self.address, content, answer.status, seconds=elapsed() - began))
        return content, answer.status

    def message(self, operation: str, **fields: Any) -> bytes:
        """Return the envelope of an unsigned request, stamped where its service wants that."""
        description = description_of(self.service)
        if self.service.stamped:
            fields = {"Id": f"_{uuid.uuid4()}", "IssueInstant": datetime.now(UTC), **fields}
        bound = description.create_service(self.service.binding, self.address)
        message = description.create_message(bound, operation, **fields)
        return etree.tostring(message, encoding="UTF-8", xml_declaration=True)

    def _read(
        self, operation: str, answer: tuple[bytes, int], open_lists: OpenLists, entries: str
    ) -> etree._Element:
        content, status = answer
        return read_answer(
            content,
            status,
            f"{operation}Response",
            service=self.service,
            open_lists=open_lists,
            entries=entries,
        )
