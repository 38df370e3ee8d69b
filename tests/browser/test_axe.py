"""axe-core finds nothing: wide, on a phone, in the dark; signed in or not; and where something is refused."""

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.browser.accessibility import violations
from tests.browser.site import PASSWORD, Site, SiteServer
from tests.browser.test_pages import PAGES
from tests.browser.walks import MORE_FIELDS, visit
from tests.certificates.web.shelf import DER


@pytest.mark.parametrize(
    ("language", "width", "dark"), [("nl", 1280, False), ("fr", 390, False), ("de", 1280, True)]
)
def test_every_page(
    site: Site, server: SiteServer, browser: Browser, language: str, width: int, dark: bool
) -> None:
    session = site.sessions[language]
    with visit(browser, server.origin, session=session, width=width, dark=dark) as (page, complaints):
        for name in PAGES:
            page.goto(server.origin + (site.pages.get(f"{name}:{language}") or site.pages[name]))
            complaints += [f"{name}: {line}" for line in (*violations(page), *_lost(page))]
        assert complaints == []


def _lost(page: Page) -> list[str]:
    """Return the skip links that are there twice, or lead nowhere."""
    ways = [str(one.get_attribute("href")) for one in page.locator("a.skip").all()]
    doubled = sorted({way for way in ways if ways.count(way) > 1})
    return doubled + [way for way in ways if page.locator(way).count() != 1]


@pytest.mark.parametrize(("language", "width"), [("nl", 1280), ("de", 390)])
def test_on_the_way_in(site: Site, server: SiteServer, browser: Browser, language: str, width: int) -> None:
    """Signing in and its refusal, a forgotten password to the end, the second step and its set-up."""
    found: list[str] = []
    spoken = language

    def look(name: str, path: str = "") -> None:
        if path:
            page.goto(server.origin + path)
        expect(page.locator("html")).to_have_attribute("lang", spoken)
        expect(page.locator("h1")).to_have_count(1)
        found.extend(f"{name}: {line}" for line in (*violations(page), *_lost(page)))

    with visit(browser, server.origin, width=width) as (page, complaints):
        page.goto(f"{server.origin}/accounts/login/")
        page.locator(f".tongues button[value={language}]").click()
        look("sign-in")
        _sign_in(page, site.email, "not this one")
        expect(page.locator("[role=alert]")).to_be_visible()
        look("sign-in-refused")
        look("password-forgotten", "/accounts/password/reset/")
        with page.expect_navigation():
            page.locator("main form button").first.click()
        look("password-forgotten-refused")
        look("password-sent", "/accounts/password/reset/done/")
        look("password-link-spent", "/accounts/password/reset/key/1-set-password/")
        look("password-new", site.forgotten)
        page.wait_for_url("**set-password/")
        look("password-changed", "/accounts/password/reset/key/done/")
        look("invitation", site.pages["invitation"])
        look("not-found", "/accounts/nowhere/")
        page.goto(f"{server.origin}/accounts/login/")
        _sign_in(page, site.email, PASSWORD)
        page.wait_for_url("**/2fa/authenticate/")
        look("second-step")
        assert found + complaints == []
    with visit(browser, server.origin, width=width) as (page, complaints):
        page.goto(f"{server.origin}/accounts/login/")
        page.locator(f".tongues button[value={language}]").click()
        _sign_in(page, site.newcomer, PASSWORD)
        page.wait_for_url("**/2fa/totp/activate/")
        spoken = "nl"  # the account's own language, whatever was chosen at the door
        look("second-step-set-up")
        page.locator("details summary").last.click()
        look("second-step-secret")
        assert found + complaints == []


def _sign_in(page: Page, email: str, password: str) -> None:
    page.fill("#id_login", email)
    page.fill("#id_password", password)
    page.locator("#id_password").press("Enter")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_own_account(site: Site, server: SiteServer, browser: Browser, width: int) -> None:
    found: list[str] = []
    with visit(browser, server.origin, session=site.sessions["fr"], width=width) as (page, complaints):
        for path in (
            "/accounts/2fa/",
            "/accounts/2fa/totp/deactivate/",
            "/accounts/2fa/recovery-codes/generate/",
            "/accounts/password/change/",
            "/accounts/reauthenticate/",
            "/accounts/logout/",
        ):
            page.goto(server.origin + path)
            expect(page.locator("h1")).to_have_count(1)
            found += [f"{path}: {line}" for line in (*violations(page), *_lost(page))]
        assert found + complaints == []


@pytest.mark.parametrize("width", [1280, 390])
def test_a_preview_and_what_is_refused(site: Site, server: SiteServer, browser: Browser, width: int) -> None:
    """The import's preview; a form that is refused; pages of 400, 403 and 404; too much in one go."""
    found: list[str] = []

    def look(name: str) -> None:
        expect(page.locator("h1")).to_have_count(1)
        found.extend(f"{name}: {line}" for line in (*violations(page), *_lost(page)))

    with visit(browser, server.origin, session=site.sessions["nl"], width=width) as (page, complaints):
        upload = server.origin + site.pages["import"]
        page.goto(upload)
        page.set_input_files("#id_files", [_file("a.der", DER), _file("b.der", DER), _file("c.txt", b"none")])
        page.locator("form.sheet button.primary").click()
        expect(page.locator("tbody tr")).to_have_count(3)
        look("import-preview")
        page.goto(upload)
        page.set_input_files("#id_files", [_file(f"{number}.pem", b"x") for number in range(101)])
        page.locator("form.sheet button.primary").click()
        expect(page.locator("main")).to_contain_text("hoogstens 100 bestanden")
        look("too-many-files")
        page.goto(upload)
        page.evaluate(MORE_FIELDS, 1001)
        expect(page.locator("main")).to_contain_text("hoogstens 1000 regels")
        look("too-many-lines")
        page.goto(upload)
        page.evaluate(UNSIGNED)
        expect(page.locator("input#id_files")).to_have_count(0)
        look("form-without-token")
        page.goto(server.origin + site.pages["request-new"])
        page.locator("form.sheet button.primary").click()
        expect(page.locator("[role=alert]")).to_be_visible()
        look("request-refused")
        assert found + complaints == []
    with visit(browser, server.origin, session=site.looks_on, width=width) as (page, complaints):
        for path, status in (("/organisation/members/new/", 403), ("/certificates/nowhere/", 404)):
            answer = page.goto(server.origin + path)
            assert answer is not None
            assert answer.status == status
            look(str(status))
        assert found + complaints == []


UNSIGNED = """() => {
    const form = document.querySelector('main form');
    form.querySelector('[name=csrfmiddlewaretoken]').remove();
    HTMLFormElement.prototype.submit.call(form);
}"""


def _file(name: str, content: bytes) -> FilePayload:
    return FilePayload(name=name, mimeType="application/octet-stream", buffer=content)
