"""The list of certificates by hand: counted, ticked, tagged after a look, kept as a view that others see."""

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
        page.locator(".below details summary").click()
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
