"""Reading XML that somebody else wrote: no DTD, no entities, no instructions, no surprises, no network."""

from xml.parsers import expat

from lxml import etree

from agent.wire.errors import MalformedXml
from agent.wire.limits import MAX_XML_DEPTH, MAX_XML_ELEMENTS


class _FirstLook:
    """Streams over a document and refuses what our messages never hold, before any tree is built."""

    def __init__(self, most: int) -> None:
        self._depth = 0
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

    def _end(self, name: str) -> None:
        self._depth -= 1


def parse_xml(data: bytes, *, limit: int, elements: int = MAX_XML_ELEMENTS) -> etree._Element:
    """Read one document and return its root element.

    `limit` is in bytes, `elements` the most elements there may be. Raises MalformedXml: `request_too_large`, or
    `request_malformed` for anything that is not plain UTF-8 XML 1.0 without DTD, entities, processing
    instructions or extreme nesting. Comments are left in the tree for the caller to judge.
    """
    if len(data) > limit:
        raise MalformedXml(f"more than {limit} bytes", code="request_too_large")
    if data.startswith(b"\xef\xbb\xbf"):
        raise MalformedXml("a byte order mark is refused")
    try:
        data.decode("utf-8", "strict")
    except UnicodeDecodeError:
        raise MalformedXml("not UTF-8") from None
    _FirstLook(elements).read(data)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        remove_comments=False,
        remove_blank_text=False,
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise MalformedXml(f"not well-formed XML (line {error.lineno})") from None
