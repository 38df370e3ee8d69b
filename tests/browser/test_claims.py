"""What a number may do, who else wrote it down, and whose word is still to come, as people see it."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.site import Site, SiteServer
from tests.browser.walks import WIDER, visit


@pytest.mark.parametrize("width", [1280, 390])
def test_the_table_of_what_a_number_may_do_opens_and_fits(
    site: Site, server: SiteServer, browser: Browser, pictures: Path, width: int
) -> None:
    with visit(browser, server.origin, session=site.sessions["nl"], width=width) as (page, complaints):
        page.goto(f"{server.origin}/organisation/")
        expect(page.get_by_text("Clinique Notre-Dame gaf uw nummer 0406798006 op")).to_be_visible()
        page.get_by_text("Wat een nummer mag").click()
        shown = page.locator("details dl.facts dd")
        assert shown.nth(0).inner_text().count("\n") == 4, "proven: all of it"
        assert "geïnstalleerd" in shown.nth(0).inner_text()
        assert "geïnstalleerd" not in shown.nth(1).inner_text(), "claimed"
        expect(shown.nth(2)).to_have_text("Niets, tot de uitbater ernaar gekeken heeft")
        expect(shown.nth(3)).to_have_text("Niets, tenzij de uitbater daarop terugkomt")
        assert page.evaluate(WIDER) <= 0
        page.screenshot(path=pictures / f"number-claims.nl.{width}.png", full_page=True)
        assert complaints == []


@pytest.mark.parametrize("width", [1280, 390])
def test_a_holder_sees_that_the_organisation_waits_and_what_to_run(
    site: Site, server: SiteServer, browser: Browser, pictures: Path, width: int
) -> None:
    with visit(browser, server.origin, session=site.sessions["fr"], width=width) as (page, complaints):
        page.goto(f"{server.origin}/workstation/")
        expect(page.get_by_text("AZ Sint-Elisabeth Maasdal attend votre parole")).to_be_visible()
        expect(page.get_by_text("ehportal-agent organisations", exact=True)).to_be_visible()
        assert page.evaluate(WIDER) <= 0
        page.screenshot(path=pictures / f"workstation-waits.fr.{width}.png", full_page=True)
        page.goto(f"{server.origin}/organisation/")
        page.get_by_role("link", name="Mettre fin à l’usage").click()
        expect(page.get_by_role("button", name="Mettre fin à son usage ici")).to_be_visible()
        assert page.evaluate(WIDER) <= 0
        page.screenshot(path=pictures / f"device-end-link.fr.{width}.png", full_page=True)
        assert complaints == []
