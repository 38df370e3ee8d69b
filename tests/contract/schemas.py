"""The schemas to judge messages by: our own, and the platform's where the reference folder is at hand."""

from functools import cache
from pathlib import Path

from lxml import etree

ROOT = Path(__file__).resolve().parents[2]
OWN = ROOT / "certificates" / "certra" / "contract"
OFFICIAL = ROOT.parent / "shared" / "contract" / "xsd"
MESSAGES = {
    "own": OWN / "certra-protocol.xsd",
    "official": OFFICIAL / "ehealth-etee" / "XSD" / "ehealth-certra-schema-protocol-2_0.xsd",
}
ERRORS = {
    "own": OWN / "errors-soa.xsd",
    "official": OFFICIAL / "ehealth-errors" / "XSD" / "ehealth-errors-schema-soa-1_0.xsd",
}
WHOSE = ["own", "official"] if OFFICIAL.is_dir() else ["own"]


@cache
def schema(whose: str, kind: str = "messages") -> etree.XMLSchema:
    """One of the schemas: own or official, for messages or for the details of SOAP faults."""
    return etree.XMLSchema(etree.parse({"messages": MESSAGES, "errors": ERRORS}[kind][whose]))


def verdicts(element: etree._Element, kind: str = "messages") -> dict[str, bool]:
    """What each schema at hand says about an element."""
    return {whose: schema(whose, kind).validate(element) for whose in WHOSE}


def assert_valid(element: etree._Element) -> None:
    """Every schema at hand accepts a message, or the detail of a fault."""
    kind = "errors" if etree.QName(element).namespace == "urn:be:fgov:ehealth:errors:soa:v1" else "messages"
    for whose in WHOSE:
        schema(whose, kind).assertValid(element)
