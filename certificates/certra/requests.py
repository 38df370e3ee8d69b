"""Checking that a signed request is one that the platform's schema accepts."""

from agent.wire.errors import MalformedXml
from agent.wire.limits import MAX_REQUEST_BYTES
from agent.wire.xml.safe import parse_xml
from certificates.certra.services import SIGNED

SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"


def check_request(data: bytes, name: str = "GenerateCertificateRequest") -> None:
    """Check that `data` is the signed request `name` (one of SIGNED) and valid under our schema.

    The signature itself is judged elsewhere. Raises MalformedXml; KeyError for a name that nobody signs.
    """
    service = SIGNED[name]
    if data.lstrip().startswith(b"<?"):
        raise MalformedXml("an XML declaration cannot stand inside an envelope")
    root = parse_xml(data, limit=MAX_REQUEST_BYTES)
    # CompleteETKRegistration's schema lets the signature be absent; the platform does not.
    if (
        root.tag != f"{{{service.namespace}}}{name}"
        or not service.schema.validate(root)
        or root.find(SIGNATURE) is None
    ):
        raise MalformedXml("not a message that the registration authority's schema accepts")
