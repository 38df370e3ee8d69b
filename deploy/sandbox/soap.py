"""SOAP 1.1 as the platform speaks it: envelopes in, answers and faults out.

Nothing from outside is trusted: a document type, an entity or an oversized body never reaches an operation.
"""

import threading
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lxml import etree

from deploy.sandbox import services
from deploy.sandbox.services import Service

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
PROTOCOL = services.CERTRA.namespace
CORE = "urn:be:fgov:ehealth:certra:core:v2"
COMMONS = "urn:be:fgov:ehealth:commons:core:v2"
COMMONS_1 = "urn:be:fgov:ehealth:commons:1_0:core"
ETEE = "urn:be:fgov:ehealth:etee:commons:core:v2"
SOA = "urn:be:fgov:ehealth:errors:soa:v1"
SUCCESS = "urn:be:fgov:ehealth:2.0:status:Success"
REQUESTER = "urn:be:fgov:ehealth:2.0:status:Requester"
NAMESPACES = {
    **{"m": PROTOCOL, "r": services.ETKRA.namespace, "d": services.DEPOT.namespace},
    **{"k": CORE, "c": COMMONS, "s": COMMONS_1},
}
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
CONTRACT = Path(__file__).resolve().parents[2] / "certificates" / "certra" / "contract"

SOA_MESSAGES = {
    "SOA-00001": "Service error",
    "SOA-01001": "Service call not authenticated",
    "SOA-01002": "Service call not authorized",
    "SOA-02001": "Service not available. Please contact service desk",
    "SOA-02002": "Service temporarily not available. Please try later",
    "SOA-03001": "Malformed message",
    "SOA-03002": "Message must be SOAP",
    "SOA-03003": "Message must contain SOAP body",
    "SOA-03004": "WS-I compliance failure",
    "SOA-03005": "WSDL compliance failure",
    "SOA-03006": "XSD compliance failure",
    "SOA-03007": "Message content validation failure",
}


class SoapFault(Exception):
    """The message was refused before, or the platform failed while, an operation saw it."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = f"{SOA_MESSAGES[code]}: {detail}" if detail else SOA_MESSAGES[code]


class Refusal(Exception):
    """An operation said no: a stable code, an English sentence, and parameters."""

    def __init__(self, code: str, message: str, **parameters: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.parameters = parameters


@dataclass(frozen=True)
class Call:
    """One request: to which service, which operation, and its element inside the envelope it came in."""

    service: Service
    operation: str
    element: etree._Element

    def text(self, path: str) -> str:
        """The text of the one element at this path (prefixes of NAMESPACES); schema validation has seen to it."""
        return self.element.findtext(path, "", NAMESPACES)


def parse(body: bytes) -> etree._Element:
    """The root of a received document; raises SoapFault for anything but plain, entity-free XML."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise SoapFault("SOA-03001", "a document type declaration is not accepted")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise SoapFault("SOA-03001", "not well-formed XML") from None
    if root.getroottree().docinfo.doctype:  # another encoding can hide the declaration from the search above
        raise SoapFault("SOA-03001", "a document type declaration is not accepted")
    return root


def open_envelope(body: bytes, service: Service, action: str) -> Call:
    """The call inside a SOAP envelope that came to a service's address.

    The SOAPAction header must be the quoted action of the very element that the body holds (SOAP 1.1, 6.1.1), and
    empty or absent for a service without actions. Raises SoapFault.
    """
    root = parse(body)
    if root.tag != f"{{{ENVELOPE}}}Envelope":
        raise SoapFault("SOA-03002")
    parts = [child for child in root if isinstance(child.tag, str)]
    names = [etree.QName(child) for child in parts]
    if any(name.namespace != ENVELOPE for name in names):
        raise SoapFault("SOA-03004", "an envelope holds a header and a body")
    if "Body" not in [name.localname for name in names]:
        raise SoapFault("SOA-03003")
    if [name.localname for name in names] not in (["Body"], ["Header", "Body"]):
        raise SoapFault("SOA-03004", "an envelope holds a header and a body")
    if any(header.get(f"{{{ENVELOPE}}}mustUnderstand") == "1" for header in parts[0] if len(parts) == 2):
        raise SoapFault("SOA-03004", "no header block is understood here")
    children = [child for child in parts[-1] if isinstance(child.tag, str)]
    if not children:
        raise SoapFault("SOA-03003")
    if len(children) > 1:
        raise SoapFault("SOA-03004", "a document/literal body holds one element")
    name = etree.QName(children[0])
    operation = name.localname.removesuffix("Request")
    if name.namespace != service.namespace or operation == name.localname or operation not in service.actions:
        raise SoapFault("SOA-03005", "unknown operation")
    if action != f'"{service.actions[operation]}"' and (action or service.actions[operation]):
        raise SoapFault("SOA-03005", "SOAPAction does not belong to this message")
    return Call(service, operation, children[0])


class Schema:
    """The description of the messages, for both directions."""

    def __init__(self) -> None:
        files = {service.namespace: service.schema for service in services.SERVICES.values()}
        files[SOA] = "errors-soa.xsd"
        self._schemas = {name: etree.XMLSchema(etree.parse(CONTRACT / file)) for name, file in files.items()}
        self._lock = threading.Lock()  # a schema object holds the log of its last validation

    def check_request(self, element: etree._Element) -> None:
        """Raise SoapFault when a request is not what the schema says; the reason repeats nothing of it."""
        with self._lock:
            schema = self._of(element)
            if not schema.validate(element):
                raise SoapFault("SOA-03006", f"line {schema.error_log[0].line}")

    def check_answer(self, element: etree._Element) -> None:
        """Raise AssertionError when an answer of ours would be invalid: a mistake in the sandbox."""
        with self._lock:
            schema = self._of(element)
            if not schema.validate(element):
                raise AssertionError(f"{etree.QName(element).localname}: {schema.error_log[0].message}")

    def _of(self, element: etree._Element) -> etree.XMLSchema:
        return self._schemas[etree.QName(element).namespace or ""]


def add(parent: etree._Element, tag: str, text: str | None = None, **attributes: str) -> etree._Element:
    """A new child; the tag may carry a prefix of NAMESPACES, or none at all."""
    prefix, _, name = tag.rpartition(":")
    child = etree.SubElement(parent, f"{{{NAMESPACES[prefix]}}}{name}" if prefix else name, attributes)
    child.text = text
    return child


def timestamp(moment: datetime) -> str:
    """An xs:dateTime in UTC, in milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def response(call: Call, now: datetime) -> etree._Element:
    """The empty answer to a call, with its three attributes."""
    names = {"m": call.service.namespace, "k": CORE, "c": COMMONS}
    answer = etree.Element(f"{{{call.service.namespace}}}{call.operation}Response", nsmap=names)
    answer.set("Id", f"_{uuid.uuid4()}")
    if (asked := call.element.get("Id")) is not None:
        answer.set("InResponseTo", asked)
    answer.set("IssueInstant", timestamp(now))
    return answer


def success(call: Call, now: datetime) -> etree._Element:
    """An answer that starts with a good Status; the operation adds its payload."""
    answer = response(call, now)
    add(add(answer, "c:Status"), "c:StatusCode", Value=SUCCESS)
    return answer


def old_response(call: Call, code: str, message: str) -> etree._Element:
    """An answer of the first generation: a Status whose children are in no namespace, and nothing yet beside it."""
    names = {"d": call.service.namespace, "s": COMMONS_1}
    answer = etree.Element(f"{{{call.service.namespace}}}{call.operation}Response", nsmap=names)
    answer.set("Id", f"_{uuid.uuid4()}")
    status = add(answer, "s:Status")
    add(status, "Code", code)
    add(status, "Message", message, Lang="EN")
    return answer


def refusal(call: Call, now: datetime, reason: Refusal) -> etree._Element:
    """An answer that is a Status only, with the unqualified children that the platform writes."""
    if call.service is services.DEPOT:
        return old_response(call, reason.code, reason.message)
    answer = response(call, now)
    status = add(answer, "c:Status")
    add(status, "c:StatusCode", Value=REQUESTER)
    add(status, "c:StatusMessage", reason.message)
    detail = etree.SubElement(
        add(status, "c:StatusDetail"), f"{{{ETEE}}}EteeStatusDetail", nsmap={"etee": ETEE}
    )
    errors = etree.SubElement(detail, "Errors")
    etree.SubElement(errors, "Code").text = reason.code
    etree.SubElement(errors, "Message").text = reason.message
    for name, value in reason.parameters.items():
        parameter = etree.SubElement(errors, "Parameters")
        etree.SubElement(parameter, "Name").text = name
        etree.SubElement(parameter, "Value").text = value
    return answer


def error_detail(fault: SoapFault, environment: str) -> etree._Element:
    """The soa:SystemError or soa:BusinessError of a fault."""
    consumer = fault.code.startswith(("SOA-01", "SOA-03"))
    root = etree.Element(f"{{{SOA}}}{'BusinessError' if consumer else 'SystemError'}", nsmap={"soa": SOA})
    root.set("Id", str(uuid.uuid4()))
    etree.SubElement(root, "Origin").text = "Consumer" if consumer else "Provider"
    etree.SubElement(root, "Code").text = fault.code
    message = etree.SubElement(root, "Message")
    message.set(LANGUAGE, "en")
    message.text = fault.message
    if fault.code.startswith("SOA-02"):
        etree.SubElement(root, "Retry").text = "true"
    etree.SubElement(root, "Contact").text = "The sandbox has no contact centre: see its README."
    title = {"production": "Production", "acceptance": "Acceptation"}[environment]
    etree.SubElement(root, f"{{{SOA}}}Environment").text = title
    return root


def envelope(content: etree._Element) -> bytes:
    """A message as it goes over the line."""
    root = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"soap": ENVELOPE})
    etree.SubElement(root, f"{{{ENVELOPE}}}Body").append(content)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def fault_envelope(fault: SoapFault, detail: etree._Element) -> bytes:
    """A SOAP fault (SOAP 1.1, 4.4) around a detail."""
    root = etree.Element(f"{{{ENVELOPE}}}Fault", nsmap={"soap": ENVELOPE})
    consumer = etree.QName(detail).localname == "BusinessError"
    etree.SubElement(root, "faultcode").text = "soap:Client" if consumer else "soap:Server"
    etree.SubElement(root, "faultstring").text = f"{fault.code}: {fault.message}"
    etree.SubElement(root, "detail").append(detail)
    return envelope(root)
