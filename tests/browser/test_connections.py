"""An administrator makes a connection in a browser: the secret is shown once, and fits the window."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.accessibility import violations
from tests.browser.site import Site, SiteServer
from tests.browser.walks import CUT_OFF, WIDER, visit


@pytest.mark.parametrize(("language", "width"), [("nl", 1280), ("fr", 390)])
def test_a_secret_is_shown_once(
    site: Site, server: SiteServer, browser: Browser, pictures: Path, language: str, width: int
) -> None:
    with visit(browser, server.origin, session=site.sessions[language], width=width) as (page, complaints):
        page.goto(server.origin + site.pages["connection-new"])
        page.locator("main form.sheet button").click()
        expect(page.locator("[role=alert]")).to_be_visible()
        complaints += violations(page)
        page.locator("[name=name]").fill(f"Servicedesk {language}")
        page.locator("[name=purpose]").fill("Maakt meldingen voor certificaten die eindigen")
        page.locator("[name=contact]").fill("ict@maasdal.example")
        page.locator("[value='certificates.read']").check()
        page.locator("main form.sheet button").click()
        secret = page.locator(".copy code").first
        expect(secret).to_contain_text("ehp_")
        page.screenshot(path=pictures / f"connection-made.{language}.{width}.png", full_page=True)
        assert page.evaluate(WIDER) <= 0
        assert page.evaluate(CUT_OFF) == []
        complaints += violations(page)
        page.goto(server.origin + site.pages["connections"])
        page.get_by_role("link", name=f"Servicedesk {language}").click()
        expect(page.locator("main")).not_to_contain_text("Authorization: Bearer")
        assert complaints == []
