"""The words of the papers: one file a language, all with the same keys. A paper's language is not the page's."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("nl", "fr", "de", "en")


@dataclass(frozen=True)
class PaperWords:
    """What one kind of paper says: title, opening, numbered statements, and who signs."""

    title: str
    opening: str
    statements: tuple[str, ...]
    signers: tuple[str, ...]


@dataclass(frozen=True)
class Words:
    """All words of one language."""

    common: dict[str, str]
    groups: dict[str, str]
    fields: dict[str, str]
    papers: dict[str, PaperWords]


@lru_cache(maxsize=len(LANGUAGES))
def words_in(language: str) -> Words:
    """Return the words of `language`; raises KeyError for one that we do not write."""
    if language not in LANGUAGES:
        raise KeyError(language)
    text = (files("certificates.papers") / "texts" / f"{language}.toml").read_text("utf-8")
    document: dict[str, Any] = tomllib.loads(text)
    return Words(
        common=document["common"],
        groups=document["groups"],
        fields=document["fields"],
        papers={
            kind: PaperWords(
                title=paper["title"],
                opening=paper["opening"],
                statements=tuple(paper["statements"]),
                signers=tuple(paper["signers"]),
            )
            for kind, paper in document["papers"].items()
        },
    )
