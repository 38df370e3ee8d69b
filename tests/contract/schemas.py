"""The schemas to judge messages by: our own, and the platform's where the reference folder is at hand."""

from functools import cache
from pathlib import Path

from lxml import etree

ROOT = Path(__file__).resolve().parents[2]
OWN = ROOT / "certificates" / "certra" / "contract"
OFFICIAL = ROOT.parent / "shared" / "contract" / "xsd"
ETEE = OFFICIAL / "ehealth-etee" / "XSD"
FILES = {
    "messages": {
        "own": OWN / "certra-protocol.xsd",
        "official": ETEE / "ehealth-certra-schema-protocol-2_0.xsd",
    },
    "tokens": {
        "own": OWN / "etkra-protocol.xsd",
        "official": ETEE / "ehealth-etkra-schema-protocol-2_0.xsd",
    },
    "depot": {
        "own": OWN / "etkdepot-protocol.xsd",
        "official": ETEE / "ehealth-etkdepot-schema-protocol-1_0.xsd",
    },
    "errors": {
        "own": OWN / "errors-soa.xsd",
        "official": OFFICIAL / "ehealth-errors" / "XSD" / "ehealth-errors-schema-soa-1_0.xsd",
    },
}
KINDS = {
    "urn:be:fgov:ehealth:etkra:protocol:v2": "tokens",
    "urn:be:fgov:ehealth:etkdepot:1_0:protocol": "depot",
    "urn:be:fgov:ehealth:errors:soa:v1": "errors",
}
WHOSE = ["own", "official"] if OFFICIAL.is_dir() else ["own"]


@cache
def schema(whose: str, kind: str = "messages") -> etree.XMLSchema:
    """One of the schemas, own or official: CertRA's messages, EtkRA's, the depot's, or details of SOAP faults."""
    return etree.XMLSchema(etree.parse(FILES[kind][whose]))


def kind_of(element: etree._Element) -> str:
    """Which schema a message belongs to, by its namespace; CertRA's when that says nothing."""
    return KINDS.get(etree.QName(element).namespace or "", "messages")


def verdicts(element: etree._Element, kind: str | None = None) -> dict[str, bool]:
    """What each schema at hand says about an element; its namespace names the schema unless the caller does."""
    return {whose: schema(whose, kind or kind_of(element)).validate(element) for whose in WHOSE}


def assert_valid(element: etree._Element) -> None:
    """Every schema at hand accepts a message, or the detail of a fault."""
    for whose in WHOSE:
        schema(whose, kind_of(element)).assertValid(element)
