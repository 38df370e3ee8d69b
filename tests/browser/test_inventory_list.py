"""The list of certificates by hand: counted, ticked, tagged after a look, kept as a view that others see.

Its columns are chosen, its heads sort, and a table of certificates is looked at and set.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.accessibility import violations
from tests.browser.site import Site, SiteServer
from tests.browser.walks import WIDER, visit


@pytest.mark.parametrize(("language", "width"), [("nl", 1280), ("fr", 390)])
def test_ticked_tagged_and_kept_as_a_shared_view(
    site: Site, server: SiteServer, browser: Browser, language: str, width: int
) -> None:
    word = f"toren {language}"
    with visit(browser, server.origin, session=site.sessions[language], width=width) as (page, complaints):
        page.goto(f"{server.origin}/certificates/?q=labo")
        expect(page.locator("header .note")).to_have_text(
            r" ".join(["7", "certificaten"]) if language == "nl" else "7 certificats"
        )
        boxes = page.locator("input[name=certificate]")
        if page.locator("[data-check-all]").is_visible():
            page.locator("[data-check-all]").check()
        else:
            for box in boxes.all():
                box.check()
        page.locator("#do").select_option("tag")
        page.locator("#with-tag").fill(word.upper())
        page.locator("#several button").click()
        expect(page.locator("h1")).to_contain_text(word)
        assert violations(page) == []
        assert page.evaluate(WIDER) <= 0
        page.locator("main .button.primary").click()
        expect(page.locator("a.tag", has_text=word).first).to_be_visible()
        page.locator("a.tag", has_text=word).first.click()
        page.locator(".below details:has(#view-name) summary").click()
        page.locator("#view-name").fill(f"View {language}")
        page.locator("input[name=shared]").check()
        page.locator("form[action$='/views/save'] button").click()
        expect(page.locator(".views a.current")).to_contain_text(f"View {language}")
        assert violations(page) == []
        assert page.evaluate(WIDER) <= 0
        assert complaints == []
    other = "de"
    with visit(browser, server.origin, session=site.sessions[other], width=width) as (page, _complaints):
        page.goto(f"{server.origin}/certificates/")
        page.locator(".views a", has_text=f"View {language}").click()
        expect(page.locator("a.tag", has_text=word).first).to_be_visible()


@pytest.mark.parametrize(("language", "width"), [("de", 1280), ("fr", 390)])
def test_columns_are_chosen_and_the_heads_sort(
    site: Site, server: SiteServer, browser: Browser, pictures: Path, language: str, width: int
) -> None:
    with visit(browser, server.origin, session=site.sessions[language], width=width) as (page, complaints):
        page.goto(f"{server.origin}/certificates/?environment=production")
        page.locator("#columns summary").click()
        for name in ("number", "owner", "added", "serial"):
            page.locator(f"#columns input[value={name}]").check()
        page.locator("#columns input[value=key]").uncheck()
        assert violations(page) == []
        page.screenshot(path=pictures / f"columns.{language}.{width}.png", full_page=True)
        page.locator("#columns button[name=keep]").click()
        page.locator("#columns summary").click()
        page.locator("#columns button[name=earlier][value=number]").click()
        expect(page.locator("#columns input[name=column]:checked")).to_have_count(8)
        expect(page.locator("#columns input[name=column]").nth(3)).to_have_value("number")
        if width > 800:
            page.locator("th a.sort").first.click()
            expect(page.locator("th[aria-sort=ascending]")).to_have_count(1)
            page.locator("th[aria-sort] a.sort").click()
            expect(page.locator("th[aria-sort=descending]")).to_have_count(1)
        assert violations(page) == []
        assert page.evaluate(WIDER) <= 0
        page.screenshot(path=pictures / f"chosen-columns.{language}.{width}.png", full_page=True)
        page.goto(f"{server.origin}/certificates/?arrange=columns")
        page.locator("#columns button[name=usual]").click()
        expect(page.locator("#columns input[name=column]:checked")).to_have_count(5)
        assert complaints == []


@pytest.mark.parametrize(("language", "width"), [("nl", 1280), ("fr", 390)])
def test_a_table_is_looked_at_and_set(
    site: Site, server: SiteServer, browser: Browser, pictures: Path, language: str, width: int
) -> None:
    lines = [
        "number;application;environment;serial;tags;note",
        f"CBE=0406798006;APOTHEEK;production;;tabel {language};=1+1",
        "CBE=0406798006;NOWHERE;;;x;",
        ";;;1.2E+25;x;",
        ";;;00deadbeef;x;",
    ]
    table = {"name": "mijn.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()}
    with visit(browser, server.origin, session=site.sessions[language], width=width) as (page, complaints):
        page.goto(f"{server.origin}/certificates/import/")
        page.locator("a[href='/certificates/references/']").click()
        page.locator("input[type=file]").set_input_files(table)  # type: ignore[arg-type]  # a file's three parts
        page.screenshot(path=pictures / f"references-upload.{language}.{width}.png", full_page=True)
        assert violations(page) == []
        page.locator("main .button.primary").click()
        expect(page.locator("#absent")).to_be_visible()
        assert violations(page) == []
        assert page.evaluate(WIDER) <= 0
        page.screenshot(path=pictures / f"references.{language}.{width}.png", full_page=True)
        page.locator("main form .button.primary").click()
        expect(page.locator("main form .button.primary")).to_have_count(0)
        page.goto(f"{server.origin}/certificates/?tag=tabel+{language}")
        expect(page.locator("input[name=certificate]")).to_have_count(1)
        assert complaints == []
