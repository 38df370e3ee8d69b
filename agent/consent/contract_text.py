"""The contract's HTML as structured text: what a person reads is all of its text, and nothing runs."""

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Literal

from agent.language import printable

Kind = Literal["heading", "paragraph", "item", "rule"]
_DROPPED = frozenset({"script", "style", "title"})
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset(
    {
        *("p", "div", "section", "article", "header", "footer", "main", "aside", "nav", "address", "form"),
        *("ul", "ol", "dl", "dt", "dd", "li", "blockquote", "pre", "table", "tr", "caption", "figure"),
        *("fieldset", "details", "summary", "body", "html", *_HEADINGS),
    }
)
_LISTS = ("ul", "ol")


@dataclass(frozen=True)
class Block:
    """One piece of the contract: its kind, its text, how deep (heading level or list depth), a list mark."""

    kind: Kind
    text: str
    depth: int = 0
    mark: str = ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._text: list[str] = []
        self._dropping: list[str] = []
        self._lists: list[tuple[str, int]] = []
        self._links: list[str] = []
        self._kind: Kind = "paragraph"
        self._depth = 0
        self._mark = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if self._dropping == ["title"] and tag in _BLOCKS:
            self._dropping.clear()  # a title that was never closed must not swallow the contract
        if tag in _DROPPED:
            self._dropping.append(tag)
        if self._dropping:
            return
        if tag == "br":
            self._text.append("\n")
        elif tag in ("td", "th"):
            self._text.append("  ")
        elif tag == "img":
            self._text.append(f" [{attributes.get('alt') or '…'}] ")
        elif tag == "a":
            self._links.append(attributes.get("href") or "")
        elif tag == "hr":
            self._flush()
            self.blocks.append(Block("rule", ""))
        elif tag in _BLOCKS:
            self._flush()
            self._open(tag)

    def _open(self, tag: str) -> None:
        if tag in _LISTS:
            self._lists.append((tag, 0))
        elif tag == "li":
            kind, number = self._lists.pop() if self._lists else ("ul", 0)
            self._lists.append((kind, number + 1))
            self._kind, self._depth = "item", len(self._lists)
            self._mark = f"{number + 1}." if kind == "ol" else "•"
        elif tag in _HEADINGS:
            self._kind, self._depth = "heading", _HEADINGS[tag]

    def handle_endtag(self, tag: str) -> None:
        if self._dropping:
            if tag == self._dropping[-1]:
                self._dropping.pop()
            return
        if tag == "a" and self._links:
            target = self._links.pop()
            if target and target not in "".join(self._text):
                self._text.append(f" <{target}>")
        elif tag in _BLOCKS:
            self._flush()
            if tag in _LISTS and self._lists:
                self._lists.pop()

    def handle_data(self, data: str) -> None:
        if not self._dropping:
            self._text.append(" ".join(data.splitlines()) if data.strip() else " ")

    def close(self) -> None:
        super().close()
        self._flush()

    def _flush(self) -> None:
        lines = "".join(self._text).split("\n")  # only <br> makes one
        text = printable("\n".join(" ".join(line.split()) for line in lines).strip())
        if text:
            self.blocks.append(Block(self._kind, text, self._depth, self._mark))
        self._text, self._kind, self._depth, self._mark = [], "paragraph", 0, ""


def contract_blocks(html: str) -> tuple[Block, ...]:
    """The readable text of a contract, in order: headings, paragraphs, list items; scripts and styles dropped."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return tuple(reader.blocks)
