"""French sets a no-break space before ; : ? ! and inside « », so that none of them begins a line."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in (
        "ehportal/locale/fr/LC_MESSAGES/*.po",
        "*/texts/fr.toml",
        "*/*/texts/fr.toml",
        "deploy/*/texts/*.fr.html",
    )
    for path in ROOT.glob(pattern)
)
NO_TEXT = re.compile(r"<[^<>]*>")
ONE_WORD = re.compile(r"\b[a-z]+://\S*|%\(\w+\)[sd]|\{[^{}]*\}|&#?\w+;")
"""Addresses, placeholders and entities: marks in them are no punctuation."""
FAULT = re.compile(r"[^\S\u00a0][;:?!»]|[^\s;:?!][;:?!](?=[\s)”]|$)|«(?!\u00a0)|(?<!\u00a0)»")


def faults(text: str) -> list[str]:
    """What surrounds each mark that has a plain space, or none."""
    plain = ONE_WORD.sub("x", NO_TEXT.sub("", text))
    return [plain[max(0, found.start() - 20) : found.end() + 5] for found in FAULT.finditer(plain)]


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _strings(one)
    elif isinstance(value, str):
        yield value


def _texts(path: Path) -> Iterator[str]:
    if path.suffix == ".po":
        with path.open("rb") as file:
            for message in read_po(file, locale="fr"):
                if message.id:
                    forms = message.string
                    yield from _strings(list(forms) if isinstance(forms, (list, tuple)) else forms)
    elif path.suffix == ".toml":
        yield from _strings(tomllib.loads(path.read_text("utf-8")))
    else:
        yield path.read_text("utf-8")


@pytest.mark.parametrize("file", FILES)
def test_no_mark_begins_a_line(file: str) -> None:
    texts = list(_texts(ROOT / file))
    assert any("\u00a0" in text for text in texts)
    assert [found for text in texts for found in faults(text)] == []


def test_every_french_text_is_looked_at() -> None:
    assert len(FILES) == 5
    named = {"agent/texts/fr.toml", "certificates/papers/texts/fr.toml"}
    assert named < set(FILES)


OWN_TEXT = re.compile(r"\{% blocktranslate .*?\{% endblocktranslate %\}", re.DOTALL)
AFTER_A_VALUE = re.compile(r"[}%]\}(?:</\w+>)?:(?!\w).{0,60}")
"""In a template, a colon that no translation can put a space before."""


def test_no_template_puts_a_colon_after_what_is_translated() -> None:
    found = [
        f"{path.name} {colon}"
        for path in (ROOT / "ehportal/templates").rglob("*.html")
        for colon in AFTER_A_VALUE.findall(OWN_TEXT.sub("x", path.read_text("utf-8")))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Nom\u00a0: %(name)s\u00a0; voir https://exemple.be/a:b?c à 12:30", False),
        ("«\u00a0Oui\u00a0», dit-elle. <b style='a : b'>Non\u00a0?!</b> j b Y, H:i", False),
        ("Nom : x", True),
        ("Nom: x", True),
        ("%(name)s: x", True),
        ("Vraiment?", True),
        ("Nom\u202f: x", True),
        ("« Oui\u00a0»", True),
        ("«\u00a0Oui»", True),
    ],
)
def test_what_is_a_fault(text: str, wrong: bool) -> None:
    assert bool(faults(text)) is wrong
