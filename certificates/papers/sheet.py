"""A4 pages with headings, facts, statements and places to sign; tagged for readers (ISO 32000 14.8).

The same content gives the same bytes: no clock and no random identifier goes in.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from importlib.resources import files

from fontTools.ttLib import TTFont
from fpdf import FPDF

FAMILY = "Source Sans Pro"
FACES = {"": "SourceSansPro-Regular.ttf", "B": "SourceSansPro-Semibold.ttf"}
MARGIN, TOP, BOTTOM = 24.0, 16.0, 22.0
LEADING = 4.6
SIGNATURE_HEIGHT = 42.0
LABEL_WIDTH = 52.0
INK, MUTED, LINE = (18, 33, 31), (74, 91, 94), (196, 208, 208)
PETROL, VIOLET, VIOLET_SOFT = (11, 95, 107), (106, 39, 166), (241, 231, 251)


def _face(style: str) -> str:
    return str(files("font_source_sans_pro") / "files" / FACES[style])


@lru_cache(maxsize=1)
def _known_characters() -> frozenset[int]:
    with TTFont(_face("")) as font:
        return frozenset(font.getBestCmap())


def unprintable(text: str) -> str:
    """Return the characters of `text` that the typeface does not have, each once; line ends are no characters."""
    known = _known_characters()
    return "".join(dict.fromkeys(c for c in text if c != "\n" and ord(c) not in known))


class Sheet(FPDF):
    """A document of text blocks in one column; `foot` stands at the bottom of each page."""

    def __init__(self, *, title: str, language: str, foot: str, page_word: str, now: datetime) -> None:
        super().__init__("P", "mm", "A4")
        self.foot, self.page_word = foot, page_word
        for style in FACES:
            self.add_font(FAMILY, style, _face(style))
        self.set_title(title)
        self.set_lang(language)
        self.set_author("ehportal")
        self.set_producer("ehportal")
        self.set_creation_date(now)
        self.set_margins(MARGIN, TOP, MARGIN)
        self.c_margin = 0
        self.set_auto_page_break(True, BOTTOM)
        self.alias_nb_pages("{n}")
        self.add_page()

    def header(self) -> None:
        """A thin line in our colour; it says nothing, so it is no content."""
        with self._artifact():
            self.set_fill_color(*PETROL)
            self.rect(0, 0, self.w, 3, style="F")
        self.set_y(TOP)

    def footer(self) -> None:
        """Where the paper comes from, which form governs, and the page."""
        with self._artifact():
            self.set_y(-BOTTOM + 6)
            self.set_draw_color(*LINE)
            self.line(MARGIN, self.y, self.w - MARGIN, self.y)
            self.set_y(self.y + 2)
            self._type("", 8, MUTED)
            self.multi_cell(self.epw - 24, 3.6, self.foot, align="L", new_x="RIGHT", new_y="TOP")
            self.cell(24, 3.6, f"{self.page_word} {self.page_no()} / {{n}}", align="R")

    def band(self, strong: str, text: str) -> None:
        """Say that this is about the test environment, in its colour."""
        with self._artifact():
            self.set_fill_color(*VIOLET_SOFT)
            self.rect(MARGIN, self.y, self.epw, 11, style="F")
            self.set_fill_color(*VIOLET)
            self.rect(MARGIN, self.y, 3, 11, style="F")
        top = self.y
        self.set_xy(MARGIN + 6, top + 2.8)
        with self._tagged("P"):
            self._type("B", 10.5, VIOLET)
            self.cell(self.get_string_width(strong) + 3, 5.5, strong)
            self._type("", 9.5, VIOLET)
            self.cell(0, 5.5, text)
        self.set_xy(MARGIN, top + 15)

    def heading(self, text: str, *, level: int = 2) -> None:
        """A heading; level 1 is the document's own."""
        if level > 1:
            self.ln(2.5)
            self._room(20)
        self._type("B", 20 if level == 1 else 12.5, INK if level == 1 else PETROL)
        with self._tagged(f"H{level}"):
            self.multi_cell(0, 8.5 if level == 1 else 6, text, align="L", new_x="LMARGIN", new_y="NEXT")
        self.ln(1)

    def paragraph(self, text: str) -> None:
        """A paragraph over the whole width."""
        self._type("", 10, INK)
        self._block("P", text, LEADING)
        self.ln(1)

    def facts(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Names and values beside one another, a line between them."""
        for name, value in pairs:
            value = value or "\N{EN DASH}"
            self._type("B", 10, INK)
            height = self._height(value, self.epw - LABEL_WIDTH)
            self._type("", 9.5, MUTED)
            height = max(height, self._height(name, LABEL_WIDTH - 4)) + 2
            self._room(height)
            top = self.y
            with self._artifact():
                self.set_draw_color(*LINE)
                self.line(MARGIN, top, self.w - MARGIN, top)
            self.set_xy(MARGIN, top + 1)
            with self._tagged("P"):
                self.multi_cell(LABEL_WIDTH - 4, LEADING, name, align="L", new_x="LEFT", new_y="TOP")
                self.set_xy(MARGIN + LABEL_WIDTH, top + 1)
                self._type("B", 10, INK)
                self.multi_cell(self.epw - LABEL_WIDTH, LEADING, value, align="L", new_x="LEFT", new_y="TOP")
            self.set_xy(MARGIN, top + height)

    def numbered(self, statements: Sequence[str]) -> None:
        """Statements that bear a number."""
        for number, text in enumerate(statements, start=1):
            self._type("", 10, INK)
            self._room(self._height(text, self.epw - 8))
            with self._tagged("P"):
                self.cell(8, LEADING, f"{number}.")
                self.multi_cell(self.epw - 8, LEADING, text, align="L", new_x="LMARGIN", new_y="NEXT")
            self.ln(0.8)

    def keep_together(self, statements: Sequence[str]) -> None:
        """Begin a new page when heading, `statements` and signatures do not fit on this one.

        A signature on a page without what it signs is worth little.
        """
        self._type("", 10, INK)
        height = sum(self._height(text, self.epw - 8) + 0.8 for text in statements)
        self._room(14 + height + SIGNATURE_HEIGHT)

    def signatures(self, signers: Sequence[str], words: Sequence[str]) -> None:
        """A box for each signer; `words` (name, place and date, signature) stand in it."""
        width = (self.epw - 6 * (len(signers) - 1)) / len(signers)
        self.ln(2)
        self._room(SIGNATURE_HEIGHT)
        top = self.y
        for index, signer in enumerate(signers):
            left = MARGIN + index * (width + 6)
            with self._artifact():
                self.set_draw_color(*MUTED)
                self.rect(left, top, width, SIGNATURE_HEIGHT - 2)
            self.set_xy(left + 3, top + 2)
            with self._tagged("P"):
                self._type("B", 9.5, INK)
                self.multi_cell(width - 6, 4.6, signer, align="L", new_x="LEFT", new_y="NEXT")
                self._type("", 8.5, MUTED)
                for row, word in enumerate(words):
                    self.set_xy(left + 3, top + 12 + 7 * row)
                    self.cell(width - 6, 4, word)
        self.set_xy(MARGIN, top + SIGNATURE_HEIGHT)

    def written(self) -> bytes:
        """Return the document."""
        return bytes(self.output())

    def _type(self, style: str, size: float, colour: tuple[int, int, int]) -> None:
        self.set_font(FAMILY, style, size)
        self.set_text_color(*colour)

    def _height(self, text: str, width: float) -> float:
        height = self.multi_cell(width, LEADING, text, align="L", dry_run=True, output="HEIGHT")
        return float(height)  # type: ignore[arg-type]  # the declared union does not look at `output`

    def _room(self, height: float) -> None:
        """Begin a new page when fewer than `height` millimetres are left: no tagged block may be cut."""
        if self.will_page_break(height):
            self.add_page()

    def _block(self, role: str, text: str, line: float) -> None:
        self._room(self._height(text, self.epw))
        with self._tagged(role):
            self.multi_cell(0, line, text, align="L", new_x="LMARGIN", new_y="NEXT")

    @contextmanager
    def _tagged(self, role: str) -> Iterator[None]:
        """Mark what is written as one structure element of the document, in reading order."""
        mark = self.struct_builder.next_mcid_for_page(self.page)
        self._add_marked_content(struct_type=f"/{role}", mcid=mark)
        self._out(f"/{role} <</MCID {mark}>> BDC")
        yield
        self._out("EMC")

    @contextmanager
    def _artifact(self) -> Iterator[None]:
        """Mark what is written as decoration, which readers skip."""
        self._out("/Artifact BMC")
        yield
        self._out("EMC")
