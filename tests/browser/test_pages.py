"""Every page in a real browser: fits its window, breaks no policy, and can be walked with the keyboard."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.browser.site import PASSWORD, Site, SiteServer
from tests.browser.walks import CUT_OFF, WIDER, visit
from tests.certificates.web.shelf import DER
from tests.organisations.web.members import code_of

PAGES = (
    "dashboard",
    "inventory",
    "calendar",
    "certificate",
    "certificate-token",
    "certificate-old",
    "certificate-new",
    "certificate-strange",
    "renewal",
    "renewal-too-early",
    "installations",
    "services",
    "key-store-lost",
    "import",
    "requests",
    "request-new",
    "request-waiting",
    "request-refused",
    "request-done",
    "sign-list",
    "sign",
    "sign-waiting",
    "sign-done",
    "records",
    "records-waiting",
    "records-answered",
    "records-unsigned",
    "own",
    "own-new",
    "workstation",
    "answers",
    "answers-unknown",
    "device-withdraw",
    "organisation",
    "person-leave",
    "person-new",
    "identifier-new",
    "mandate-new",
    "member-new",
    "member-take",
    "invitation",
    "contact-defaults",
    "connections",
    "connection",
    "connection-new",
    "webhooks",
    "webhook",
    "webhook-new",
    "webhook-change",
    "api",
    "history",
    "notices",
    "notice-rules",
    "endings",
    "ending-rules",
    "rules-new",
    "rules-change",
    "correspondent-new",
    "certificate-notices",
    "certificate-silent",
    "papers",
    "paper-kinds",
    "paper-new",
    "paper-acceptance",
    "paper-mandate",
    "foreign-requests",
    "foreign-new",
    "foreign-key",
    "foreign-confirm",
    "foreign-reminder",
    "foreign-examined",
    "foreign-issued",
    "foreign-lapsed",
    "certificate-revoke",
    "certificate-ending",
    "revocations",
    "revocation-evidence",
    "revocation-waiting",
    "revocation-done",
    "revocation-refused",
    "revocation-unsigned",
    "revocation-sign",
    "security",
    "operation",
    "trusted",
    "trusted-list",
    "trusted-refused",
    "trusted-store",
    "trusted-own-store",
    "platform-certificate",
    "operation-trust",
    "operation-services",
    "not-found",
)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", ["nl", "fr", "de"])
def test_every_page_fits_and_keeps_the_policy(
    site: Site, server: SiteServer, browser: Browser, pictures: Path, language: str, width: int
) -> None:
    with visit(browser, server.origin, session=site.sessions[language], width=width) as (page, complaints):
        for name in PAGES:
            address = site.pages.get(f"{name}:{language}") or site.pages[name]
            answer = page.goto(server.origin + address)
            if answer is None or answer.status != (404 if name == "not-found" else 200):
                complaints.append(f"{name} was answered with {answer and answer.status}")
            page.screenshot(path=pictures / f"{name}.{language}.{width}.png", full_page=True)
            if page.evaluate(WIDER) > 0:
                complaints.append(f"{name} scrolls sideways at {width}")
            complaints += [f"{name} hides columns of {table}" for table in page.evaluate(CUT_OFF)]
            if page.locator("html").get_attribute("lang") != language or page.locator("h1").count() != 1:
                complaints.append(f"{name} lacks its language or its one heading")
        assert complaints == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
def test_sign_in_fits(
    site: Site, server: SiteServer, browser: Browser, pictures: Path, language: str, width: int
) -> None:
    with visit(browser, server.origin, width=width) as (page, complaints):
        page.goto(f"{server.origin}/accounts/login/")
        page.locator(f".tongues button[value={language}]").click()
        expect(page.locator("html")).to_have_attribute("lang", language)
        assert page.evaluate(WIDER) <= 0
        assert complaints == []
        page.screenshot(path=pictures / f"sign-in.{language}.{width}.png", full_page=True)


def test_dark_pages_break_nothing(site: Site, server: SiteServer, browser: Browser, pictures: Path) -> None:
    with visit(browser, server.origin, session=site.sessions["nl"], dark=True) as (page, complaints):
        for name in ("dashboard", "inventory", "certificate", "request-refused"):
            page.goto(server.origin + site.pages[name])
            page.screenshot(path=pictures / f"{name}.dark.png", full_page=True)
        assert complaints == []


def _press_until(page: Page, selector: str, most: int = 40) -> None:
    """Press Tab until the focus is on `selector`; the focus must always be somewhere visible on the way."""
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        assert focused.count() == 1
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert ring != "none", f"no focus ring on {selector}"
            return
    raise AssertionError(f"{selector} cannot be reached with the keyboard")


def _sign_in(page: Page, site: Site, server: SiteServer) -> None:
    page.goto(f"{server.origin}/accounts/login/")
    _press_until(page, "#id_login")
    page.keyboard.type(site.email)
    _press_until(page, "#id_password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/2fa/authenticate/")
    _press_until(page, "#id_code")
    page.keyboard.type(code_of(site.secret))
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server.origin}/")


def test_the_keyboard_is_enough(site: Site, server: SiteServer, browser: Browser, pictures: Path) -> None:
    """Sign-in with both steps, the skip link, the menu, a search, and a certificate: without a mouse."""
    with visit(browser, server.origin) as (page, complaints):
        _sign_in(page, site, server)
        page.keyboard.press("Tab")
        assert page.locator(":focus").get_attribute("href") == "#main"
        page.keyboard.press("Enter")
        expect(page.locator("#main")).to_be_focused()
        page.goto(server.origin)
        _press_until(page, "a[href='/certificates/']")
        page.keyboard.press("Enter")
        page.wait_for_url("**/certificates/")
        _press_until(page, "#q")
        page.screenshot(path=pictures / "focus.png")
        page.keyboard.type("ehbox-centraal")
        page.keyboard.press("Enter")
        page.wait_for_url("**q=ehbox-centraal**")
        expect(page.locator("tbody tr")).to_have_count(1)
        _press_until(page, f"a[href='/certificates/{site.certificate}/']")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_contain_text("EHBOX-CENTRAAL")
        assert complaints == []


def test_the_state_updates_by_itself(site: Site, server: SiteServer, browser: Browser) -> None:
    """The page asks every two seconds and swaps only when something changed."""
    with visit(browser, server.origin, session=site.sessions["nl"]) as (page, complaints):
        page.goto(server.origin + site.pages["sign:nl"])
        with page.expect_response("**/status?**", timeout=180_000) as asked:
            pass
        assert asked.value.status == 204
        expect(page.locator("a.great")).to_have_attribute("href", re.compile("^ehportal://run/"))
        assert complaints == []


def test_small_targets_are_large_enough(site: Site, server: SiteServer, browser: Browser) -> None:
    """WCAG 2.2, 2.5.8: controls that are no links in a sentence measure at least 24 by 24."""
    with visit(browser, server.origin, session=site.sessions["nl"], width=390) as (page, _complaints):
        for name in ("dashboard", "inventory", "organisation", "request-new"):
            page.goto(server.origin + site.pages[name])
            small = page.evaluate(
                """() => [...document.querySelectorAll('button, select, summary, .button, input:not([type=hidden])')]
                    .filter(one => one.checkVisibility() && !one.closest('label.choice'))
                    .map(one => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
                    .filter(([, box]) => box.width < 24 || box.height < 23.9).map(([html]) => html)"""
            )
            assert small == [], name


@pytest.mark.parametrize("width", [1280, 390])
def test_refusals_stand_beside_what_was_typed(
    site: Site, server: SiteServer, browser: Browser, pictures: Path, width: int
) -> None:
    """A form that is refused keeps its input, names the field, and still fits."""
    with visit(browser, server.origin, session=site.sessions["fr"], width=width) as (page, complaints):
        page.goto(server.origin + site.pages["request-new"])
        page.fill("#id_application_id", "petites lettres")
        with page.expect_response("**/application-ids?*"):
            page.locator("input[value=acceptance]").check()
        page.locator("form.sheet button.primary").click()
        expect(page.locator("[role=alert]")).to_be_visible()
        expect(page.locator("#id_application_id")).to_have_value("petites lettres")
        holder = page.locator("#id_holder_id")
        assert "id_holder_id_error" in (holder.get_attribute("aria-describedby") or "")
        assert page.evaluate(WIDER) <= 0
        page.screenshot(path=pictures / f"refused.fr.{width}.png", full_page=True)
        assert complaints == []


@pytest.mark.parametrize("width", [1280, 390])
def test_an_upload_is_shown_before_it_is_taken_in(
    site: Site, server: SiteServer, browser: Browser, pictures: Path, width: int
) -> None:
    with visit(browser, server.origin, session=site.sessions["nl"], width=width) as (page, complaints):
        page.goto(server.origin + site.pages["import"])
        page.set_input_files(
            "#id_files",
            [
                FilePayload(name="apotheek.der", mimeType="application/pkix-cert", buffer=DER),
                FilePayload(name="oud.der", mimeType="application/pkix-cert", buffer=DER),
                FilePayload(name="notities.txt", mimeType="text/plain", buffer=b"geen certificaat"),
            ],
        )
        page.locator("form.sheet button.primary").click()
        expect(page.locator("tbody tr")).to_have_count(3)
        assert page.evaluate(WIDER) <= 0
        assert page.evaluate(CUT_OFF) == []
        page.screenshot(path=pictures / f"import-preview.nl.{width}.png", full_page=True)
        assert complaints == []


@pytest.mark.parametrize("width", [1280, 390])
def test_the_second_factor_is_set_up_with_a_picture(
    site: Site, server: SiteServer, browser: Browser, pictures: Path, width: int
) -> None:
    """Whoever has no second factor sees the QR code, its secret, and nothing else of the product."""
    with visit(browser, server.origin, width=width) as (page, complaints):
        page.goto(f"{server.origin}/accounts/login/")
        page.locator(".tongues button[value=nl]").click()
        page.fill("#id_login", site.newcomer)
        page.fill("#id_password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(
            "**/2fa/totp/activate/"
        )  # who has just signed in is not asked for the password again
        expect(page.locator(".qr img")).to_be_visible()
        page.locator("details summary").last.click()
        expect(page.locator("#authenticator_secret")).to_be_visible()
        assert page.evaluate(WIDER) <= 0
        page.screenshot(path=pictures / f"second-factor.nl.{width}.png", full_page=True)
        page.goto(f"{server.origin}/certificates/")
        page.wait_for_url("**/2fa/totp/activate/")
        assert complaints == []
