"""Requests keep the strict form: what nobody needs is refused before it costs anything."""

import pytest

from agent.wire.errors import MalformedXml
from agent.wire.limits import MAX_REQUEST_BYTES, MAX_XML_NAMESPACES
from agent.wire.xml.safe import parse_xml


def declaring(count: int) -> bytes:
    return b"<a %s/>" % b" ".join(b'xmlns:n%d="u"' % number for number in range(count))


def test_unused_namespaces_are_bounded() -> None:
    assert parse_xml(declaring(MAX_XML_NAMESPACES), limit=MAX_REQUEST_BYTES).tag == "a"
    for count in (MAX_XML_NAMESPACES + 1, 9000):
        with pytest.raises(MalformedXml, match="namespace"):
            parse_xml(declaring(count), limit=MAX_REQUEST_BYTES)
    spread = b"<a>" + b'<b xmlns="u" xmlns:c="v"/>' * MAX_XML_NAMESPACES + b"</a>"
    with pytest.raises(MalformedXml, match="namespace"):
        parse_xml(spread, limit=MAX_REQUEST_BYTES)


@pytest.mark.parametrize(
    "document",
    [
        b"\xef\xbb\xbf<a/>",
        b'\n<?xml version="1.0"?><a/>',
        b'<?xml version="1.0" encoding="US-ASCII"?><a/>',
        b'<?xml version="1.0" encoding="ISO-8859-1"?><a/>',
    ],
)
def test_what_an_answer_may_have_a_request_may_not(document: bytes) -> None:
    with pytest.raises(MalformedXml):
        parse_xml(document, limit=MAX_REQUEST_BYTES)
