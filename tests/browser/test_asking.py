"""Pages that wait for what a worker asks outside say so, and show the answer by themselves, or when loaded again."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connections
from playwright.sync_api import Browser, expect

from certificates.models import Certificate
from certificates.services.requests.application_ids import ApplicationIds
from tests.browser.accessibility import violations
from tests.browser.site import Site, SiteServer
from tests.browser.walks import visit
from tests.certificates.web.shelf import shelve
from tests.support.work import run_errands

T = TypeVar("T")
ASKED = "Aan het depot wordt het token van dit certificaat gevraagd."
ANSWER = "Het depot geeft het token van dit certificaat. Test het om zeker te zijn dat het opengaat."


def apart(work: Callable[[], T]) -> T:
    """Do `work` in a thread of its own, as a worker is: this one belongs to the browser."""

    def done() -> T:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(done).result()


@pytest.fixture
def unknown(site: Site, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    """A certificate of which no token is known, and a depot that has it."""
    monkeypatch.setattr("certificates.services.tokens.find.find_token", lambda *_, **__: None)
    return apart(lambda: shelve(site.hospital.organisation, "DEPOT", 400))


def test_the_page_says_that_the_depot_is_asked_and_what_it_answered(
    site: Site, server: SiteServer, browser: Browser, unknown: Certificate
) -> None:
    with visit(browser, server.origin, session=site.sessions["nl"]) as (page, complaints):
        page.goto(f"{server.origin}/certificates/{unknown.pk}/")
        page.get_by_role("button", name="In het depot kijken").click()
        waits = page.get_by_role("status").filter(has_text=ASKED)
        expect(waits).to_be_visible()
        expect(waits).to_be_focused()
        assert violations(page) == []
        with page.expect_response(lambda answer: "/token/asked" in answer.url and answer.status == 204):
            pass
        assert apart(run_errands) == 1
        expect(page.get_by_role("status").filter(has_text=ANSWER)).to_be_visible()
        expect(waits).to_have_count(0)
        assert complaints == []


def test_without_scripts_it_is_loaded_again(
    site: Site, server: SiteServer, browser: Browser, unknown: Certificate
) -> None:
    context = browser.new_context(java_script_enabled=False)
    try:
        context.add_cookies(
            [{"name": "ehportal_session", "value": site.sessions["nl"], "url": server.origin}]
        )
        page = context.new_page()
        page.goto(f"{server.origin}/certificates/{unknown.pk}/")
        page.get_by_role("button", name="In het depot kijken").click()
        expect(page.get_by_text(ASKED)).to_be_visible()
        assert apart(run_errands) == 1
        page.get_by_role("link", name="Opnieuw laden").click()
        expect(page.get_by_text(ANSWER)).to_be_visible()
    finally:
        context.close()


def test_the_form_stays_as_it_was_typed_while_the_government_is_asked(
    site: Site, server: SiteServer, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "certificates.services.requests.application_ids.existing_application_ids",
        lambda *_: ApplicationIds(True, ("VITALINK", None)),
    )
    apart(run_errands)
    with visit(browser, server.origin, session=site.sessions["nl"]) as (page, complaints):
        page.goto(server.origin + site.pages["request-new"])
        page.fill("#id_application_id", "APOTHEEK")
        page.select_option("#id_identifier_id", index=1)
        hint = page.locator("#ids-in-use")
        expect(hint).to_have_attribute("aria-live", "polite")
        expect(hint).to_have_text(re.compile("Aan de overheid wordt gevraagd"))
        apart(run_errands)
        expect(hint.locator("code").first).to_have_text("VITALINK")
        expect(page.locator("#id_application_id")).to_have_value("APOTHEEK")
        assert complaints == []
