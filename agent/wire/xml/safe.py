"""Reading XML that somebody else wrote: no DTD, no entities, no instructions, no surprises, no network.

Two profiles. A request is ours or nobody's: exactly the plain form that we write, because its signature covers bytes.
An answer comes through gateways that put a byte order mark, white space or a comment in front and name another encoding
for the same bytes: that changes nothing about what it says.
"""

import re
from xml.parsers import expat

from lxml import etree

from agent.wire.errors import MalformedXml
from agent.wire.limits import (
    MAX_ANSWER_NAMESPACES,
    MAX_XML_DEPTH,
    MAX_XML_ELEMENTS,
    MAX_XML_NAMESPACES,
)

_BOM = b"\xef\xbb\xbf"
_DECLARATION = re.compile(rb"""<\?xml\s[^>]{0,200}\?>""")
_NAMED = re.compile(rb"""\sencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]{0,39})["']""")
_ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "cp1252",
}
"""Names under which ASCII is ASCII, so that markup means the same in all of them."""


class _FirstLook:
    """Streams over a document and refuses what our messages never hold, before any tree is built."""

    def __init__(self, most: int, namespaces: int) -> None:
        self._depth = 0
        self._namespaces = namespaces
        self._most = most
        self._elements = 0
        self._parser = expat.ParserCreate("utf-8")
        self._parser.XmlDeclHandler = self._declaration
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.ProcessingInstructionHandler = self._instruction
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def read(self, data: bytes) -> None:
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            raise MalformedXml(f"not well-formed XML (line {error.lineno})") from None

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if version != "1.0" or (encoding is not None and encoding.lower() != "utf-8"):
            raise MalformedXml("only XML 1.0 in UTF-8 is read")

    def _doctype(self, name: str, system: str | None, public: str | None, internal: bool) -> None:
        raise MalformedXml("a document type declaration is refused")

    def _instruction(self, target: str, data: str) -> None:
        raise MalformedXml("a processing instruction is refused")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_XML_DEPTH:
            raise MalformedXml("elements are nested too deeply")
        if self._elements > self._most:
            raise MalformedXml("too many elements")
        self._namespaces -= sum(1 for one in attributes if one == "xmlns" or one.startswith("xmlns:"))
        if self._namespaces < 0:
            raise MalformedXml("too many namespace declarations")

    def _end(self, name: str) -> None:
        self._depth -= 1


def parse_xml(
    data: bytes, *, limit: int, elements: int = MAX_XML_ELEMENTS, namespaces: int = MAX_XML_NAMESPACES
) -> etree._Element:
    """Read one document and return its root element.

    `limit` is in bytes; `elements` and `namespaces` are the most elements and declarations there may be. Raises
    MalformedXml: `request_too_large`, or `request_malformed` for anything that is not plain UTF-8 XML 1.0 without DTD,
    entities, processing instructions or extreme nesting. Comments are left in the tree for the caller to judge.
    """
    if len(data) > limit:
        raise MalformedXml(f"more than {limit} bytes", code="request_too_large")
    if data.startswith(_BOM):
        raise MalformedXml("a byte order mark is refused")
    try:
        data.decode("utf-8", "strict")
    except UnicodeDecodeError:
        raise MalformedXml("not UTF-8") from None
    return _tree(data, elements, namespaces, remove_comments=False)


def parse_answer(data: bytes, *, limit: int, elements: int = MAX_XML_ELEMENTS) -> etree._Element:
    """Read an answer of somebody else's service and return its root element; comments are left out.

    As `parse_xml`, but a byte order mark, leading white space, and another name of an encoding in which ASCII is ASCII
    are taken. DTD, entities, instructions and sizes are refused as there. Raises MalformedXml.
    """
    if len(data) > limit:
        raise MalformedXml(f"more than {limit} bytes", code="request_too_large")
    data = data.removeprefix(_BOM).lstrip(b" \t\r\n").removeprefix(_BOM)
    return _tree(_as_utf8(data), elements, MAX_ANSWER_NAMESPACES, remove_comments=True)


def _as_utf8(data: bytes) -> bytes:
    """Return the document in UTF-8 without its declaration, read as the declaration says."""
    declaration = _DECLARATION.match(data)
    name = "utf-8"
    if declaration is not None:
        named = _NAMED.search(declaration[0])
        name = named[1].decode().lower() if named else name
        data = data[declaration.end() :]
    if name not in _ENCODINGS:
        raise MalformedXml("an encoding that is not read")
    try:
        return data.decode(_ENCODINGS[name], "strict").encode()
    except UnicodeDecodeError:
        raise MalformedXml(f"not {name}") from None


def _tree(data: bytes, elements: int, namespaces: int, *, remove_comments: bool) -> etree._Element:
    _FirstLook(elements, namespaces).read(data)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        remove_comments=remove_comments,
        remove_blank_text=False,
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise MalformedXml(f"not well-formed XML (line {error.lineno})") from None
