"""Is a signed request one that CertRA's schema accepts?"""

from agent.wire.errors import MalformedXml
from agent.wire.limits import MAX_REQUEST_BYTES
from agent.wire.safe_xml import parse_xml
from certificates.certra.answers import PROTOCOL, schema


def check_request(data: bytes, name: str = "GenerateCertificateRequest") -> None:
    """Check that `data` is element `name` of CertRA and valid under our schema. Raises MalformedXml."""
    if data.lstrip().startswith(b"<?"):
        raise MalformedXml("an XML declaration cannot stand inside an envelope")
    root = parse_xml(data, limit=MAX_REQUEST_BYTES)
    if root.tag != f"{{{PROTOCOL}}}{name}" or not schema().validate(root):
        raise MalformedXml("not a message that the registration authority's schema accepts")
