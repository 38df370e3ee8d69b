"""What the signed requests of CertRA and EtkRA have in common: the root element, its Id, moment and signature."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from agent.wire.errors import MalformedXml
from agent.wire.limits import MAX_REQUEST_BYTES
from agent.wire.xml.elements import COMMONS, CORE, DSIG, Children
from agent.wire.xml.safe import parse_xml

_REQUEST_ID = re.compile(r"_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z\Z")


@dataclass(frozen=True)
class RequestFacts:
    """What every signed request says. The signature is not judged yet."""

    request_id: str
    issue_instant: datetime
    signature_present: bool


def frame_request(
    namespace: str, name: str, body: str = "", *, request_id: str, issue_instant: datetime
) -> bytes:
    """The unsigned element `name` around `body`, UTF-8 without an XML declaration.

    Prefixes in `body`: none for `namespace`, `certra` for CertRA's core, `commons`. `request_id` is `_` + uuid.
    Raises MalformedXml when one of them is wrong, or when the whole is too large.
    """
    if not _REQUEST_ID.match(request_id) or issue_instant.tzinfo is None:
        raise MalformedXml("not a request id, or a time without a zone")
    instant = issue_instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    data = (
        f'<{name} xmlns="{namespace}" xmlns:certra="{CORE}" xmlns:commons="{COMMONS}"'
        f' Id="{request_id}" IssueInstant="{instant}">{body}</{name}>'
    ).encode()
    if len(data) > MAX_REQUEST_BYTES:
        raise MalformedXml(f"more than {MAX_REQUEST_BYTES} bytes", code="request_too_large")
    return data


class OpenedFrame:
    """A request, signed or not, whose root is the element that was expected: take its children, then its facts."""

    def __init__(self, data: bytes, namespace: str, name: str) -> None:
        """Raises MalformedXml (`request_malformed`, `request_too_large`)."""
        root = parse_xml(data, limit=MAX_REQUEST_BYTES)
        if root.tag != f"{{{namespace}}}{name}":
            raise MalformedXml(f"not a {name}")
        if root.getprevious() is not None or root.getnext() is not None:
            raise MalformedXml("a comment outside the request")
        self.children = Children(root, frozenset({"Id", "IssueInstant"}))
        self._id, self._instant = root.attrib["Id"], root.attrib["IssueInstant"]

    def facts(self) -> RequestFacts:
        """What is left after the children of the operation: at most the signature. Raises MalformedXml."""
        signature = self.children.maybe(DSIG, "Signature")
        self.children.end()
        if not _REQUEST_ID.match(self._id):
            raise MalformedXml("not a request id")
        return RequestFacts(self._id, _read_instant(self._instant), signature is not None)


def _read_instant(text: str) -> datetime:
    if not _INSTANT.match(text):
        raise MalformedXml("IssueInstant is not a UTC moment")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise MalformedXml("IssueInstant is not a UTC moment") from None
