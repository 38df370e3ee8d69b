"""Pages by keyboard and on a phone: where the focus stands, how far the fields are, and what opens the agent."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.site import Site, SiteServer
from tests.browser.test_pages import PAGES
from tests.browser.walks import visit

FORMS = ("person-new", "identifier-new", "mandate-new", "member-new", "request-new", "foreign-new")
FOCUSED = "document.activeElement.matches('[data-summary]')"
NESTED = (
    "[...document.querySelectorAll('[role=img]')].filter(e => e.querySelector('a, button, input')).length"
)
NAMELESS = "[...document.querySelectorAll('th')].filter(e => !e.textContent.trim()).length"
DOUBLED = """(() => {
    const named = e => e.getAttribute('aria-label')
        || (e.getAttribute('aria-labelledby') || '').split(' ')
            .map(id => document.getElementById(id)?.textContent.trim() || '').join(' ');
    const seen = new Map();
    for (const e of document.querySelectorAll('section, nav, aside, form[aria-label], header.rail, main')) {
        if (!e.checkVisibility()) continue;
        const name = named(e);
        if (e.tagName === 'SECTION' && !name) continue;
        const key = e.tagName + '|' + name;
        seen.set(key, (seen.get(key) || 0) + 1);
    }
    return [...seen].filter(([, count]) => count > 1).map(([key]) => key);
})()"""


def _send_empty(page: Page) -> None:
    """Send the form of the page as it stands, without a mouse."""
    with page.expect_navigation():
        page.locator("main form.sheet button.primary, main form.panel button.primary").first.press("Enter")


@pytest.mark.parametrize("name", FORMS)
def test_a_refusal_puts_the_focus_on_a_summary_that_leads_to_the_fields(
    site: Site, server: SiteServer, browser: Browser, name: str
) -> None:
    with visit(browser, server.origin, session=site.sessions["nl"]) as (page, complaints):
        page.goto(server.origin + site.pages[name])
        _send_empty(page)
        assert page.evaluate(FOCUSED), page.evaluate("document.activeElement.outerHTML").split("\n")[0]
        links = page.locator("[data-summary] a")
        assert links.count() >= 1
        for number in range(links.count()):
            target = str(links.nth(number).get_attribute("href"))[1:]
            links.nth(number).press("Enter")
            page.wait_for_function(f"document.activeElement.closest('#{target}') !== null")
        assert complaints == []


def test_what_was_done_has_the_focus_afterwards(site: Site, server: SiteServer, browser: Browser) -> None:
    with visit(browser, server.origin, session=site.sessions["nl"]) as (page, _):
        page.goto(server.origin + site.pages["organisation"])
        page.locator("#software").select_option("openssl")
        with page.expect_navigation():
            page.get_by_role("button", name="Deze keuze bewaren").press("Enter")
        assert page.evaluate(FOCUSED)
        expect(page.locator("[data-summary]")).to_contain_text("OpenSSL")
        expect(page.locator("#software")).to_have_value("openssl")


@pytest.mark.parametrize("name", FORMS)
def test_the_first_field_is_a_few_keys_away(
    site: Site, server: SiteServer, browser: Browser, name: str
) -> None:
    with visit(browser, server.origin, session=site.sessions["nl"]) as (page, _):
        page.goto(server.origin + site.pages[name])
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        expect(page.locator(":focus")).to_have_text("Naar het formulier")
        page.keyboard.press("Enter")
        expect(page.locator("#form")).to_be_focused()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.matches('input, select, textarea')")


def test_a_page_says_so_when_no_agent_opened(site: Site, server: SiteServer, browser: Browser) -> None:
    with visit(browser, server.origin, session=site.sessions["nl"]) as (page, _):
        page.clock.install()
        page.goto(server.origin + site.pages["sign:nl"])
        silent = page.locator("#agent-silent")
        expect(silent).to_be_hidden()
        # The browser's own question about an unknown kind of address is not what is looked at here.
        page.evaluate(
            "document.querySelector('[data-opens-agent]').addEventListener('click', e => e.preventDefault())"
        )
        page.locator("[data-opens-agent]").press("Enter")
        page.clock.run_for(3000)
        expect(silent).to_be_hidden()
        page.clock.run_for(2000)
        expect(silent).to_be_visible()
        expect(silent).to_contain_text("ehportal-agent install-handler")
        page.locator("[data-opens-agent]").press("Enter")
        expect(silent).to_be_hidden()
        page.evaluate("window.dispatchEvent(new Event('blur'))")
        page.clock.run_for(9000)
        expect(silent).to_be_hidden()


def test_a_phone_sends_people_to_the_workstation(site: Site, server: SiteServer, browser: Browser) -> None:
    for width, shown in ((390, True), (1280, False)):
        with visit(browser, server.origin, session=site.sessions["nl"], width=width) as (page, _):
            page.goto(server.origin + site.pages["sign:nl"])
            note = page.locator(".on-phone")
            expect(note).to_be_visible(visible=shown)
            expect(note).to_contain_text("werkstation")
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    context.add_cookies([{"name": "ehportal_session", "value": site.sessions["nl"], "url": server.origin}])
    phone = context.new_page()
    phone.goto(server.origin + site.pages["sign:nl"])
    expect(phone.locator(".on-phone")).to_be_visible()
    expect(phone.locator("[data-opens-agent]")).to_be_hidden()
    context.close()


def test_no_page_nests_links_in_a_picture_doubles_a_landmark_or_leaves_a_header_empty(
    site: Site, server: SiteServer, browser: Browser
) -> None:
    with visit(browser, server.origin, session=site.sessions["nl"]) as (page, complaints):
        for name in PAGES:
            # What a page still loads when one leaves it counts as failed.
            address = site.pages.get(f"{name}:nl") or site.pages[name]
            page.goto(server.origin + address, wait_until="networkidle")
            for kind, found in (
                ("nested", page.evaluate(NESTED)),
                ("nameless", page.evaluate(NAMELESS)),
                ("doubled", page.evaluate(DOUBLED)),
            ):
                if found:
                    complaints.append(f"{name}: {kind} {found}")
        assert complaints == []
