"""What the glossary names is there: each file exists, and holds the name that is said to live in it."""

import re

from tests.environment import ROOT

ROW = re.compile(r"^\| (\*\*.+\*\*.*?) \| (.+) \| (.+) \|$", re.MULTILINE)
PLACE = re.compile(r"(?:`([^`/]+)`(?: and `([^`/]+)`)? in )?`([\w./]+(?:/|\.(?:py|md|toml)))`")


def test_words_live_where_the_glossary_says() -> None:
    rows = ROW.findall((ROOT / "docs" / "glossary.md").read_text("utf-8"))
    assert len(rows) >= 25
    for word, _meaning, where in rows:
        places = PLACE.findall(where)
        assert places, word
        for *names, path in places:
            text = (ROOT / path).read_text("utf-8")
            for name in filter(None, names):
                defined = rf"^\s*(?:class|def) {re.escape(name)}\b|^\s*{re.escape(name)}(?:$| = )"
                assert re.search(defined, text, re.MULTILINE), (word, name, path)


def test_the_readme_leads_to_the_glossary() -> None:
    assert "(docs/glossary.md)" in (ROOT / "README.md").read_text("utf-8")
