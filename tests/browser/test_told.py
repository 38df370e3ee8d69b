"""A notice as it arrives: the letter as a picture, and what its links lead to, without signing in."""

import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from playwright.sync_api import Browser, expect

from organisations.domain.roles import Role
from organisations.models import Organisation
from organisations.tenancy import acting_for
from tests.browser.accessibility import violations
from tests.browser.site import Site, SiteServer
from tests.browser.walks import WIDER, visit
from tests.certificates.web.shelf import shelve
from tests.organisations.web.members import member
from tests.support.hospital import make_hospital
from tests.support.mail_sink import receiving_mail
from tests.support.notices import remind_organisation

ENDS = {
    "EHBOX": 20, "MYCARENET": 3, "RECIPE": 61, "LABO-OOST": 80, "LABO-WEST": 81, "APOTHEEK": 85, "RADIOLOGIE": 88,
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def letters(site: Site) -> dict[str, str]:
    """What an administrator of each language gets, when seven certificates of an organisation end soon."""
    made = make_hospital(name="Clinique Sainte-Barbe", cbe="0403198811", ssin="93051822361", proven=False)
    here = made.organisation
    for name, days in ENDS.items():
        shelve(here, name, days)
    readers = {
        language: member(here, Role.ADMINISTRATOR, name="Jeanne Lambert", language=language)
        for language in ("nl", "fr")
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "EMAIL_BACKEND", settings.EMAIL_BACKEND)
        patch.setattr(settings, "EMAIL_HOST", settings.EMAIL_HOST)
        patch.setattr(settings, "EMAIL_PORT", settings.EMAIL_PORT)
        with receiving_mail(settings) as sink:
            with acting_for([here.pk], as_platform=True):
                Organisation.objects.filter(pk=here.pk).update(reminders_due_at=datetime.now(UTC))
            remind_organisation(here.pk, now=datetime.now(UTC))
            return {language: sink.text_to(one.email, "html") for language, one in readers.items()}


@pytest.mark.parametrize(("language", "width"), [("nl", 1280), ("nl", 390), ("fr", 1280), ("fr", 390)])
def test_a_notice_is_answered_from_its_letter(
    letters: dict[str, str],
    server: SiteServer,
    browser: Browser,
    pictures: Path,
    language: str,
    width: int,
) -> None:
    html = letters[language]
    assert html.count("/notices/letter/") >= 3, "what is not about an end has nothing to answer"
    assert html.index("MYCARENET") < html.index("EHBOX") < html.index("RECIPE"), (
        "what ends first stands first"
    )
    with visit(browser, server.origin, width=width) as (page, complaints):
        page.set_content(html)
        page.screenshot(path=pictures / f"letter.{language}.{width}.png", full_page=True)
        assert page.evaluate(WIDER) <= 0
        name = "MYCARENET" if width == 390 else "EHBOX"
        link = re.search(r'href="([^"]*/notices/letter/[^"]*)"', html[html.index(name) :])
        assert link is not None
        answer = page.goto(server.origin + urlsplit(link[1]).path)
        assert answer is not None
        assert answer.status == 200
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(page.locator("h1")).to_contain_text(name)
        assert violations(page) == []
        page.screenshot(path=pictures / f"notice-answer.{language}.{width}.png", full_page=True)
        page.locator("main form button.primary").click()
        expect(page.locator("main [role=status]")).to_be_visible()
        assert page.evaluate(WIDER) <= 0
        assert complaints == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("which", ["correspondent-agree", "correspondent-stop"])
def test_an_address_outside_agrees_or_stops(
    site: Site, server: SiteServer, browser: Browser, pictures: Path, which: str, width: int
) -> None:
    with visit(browser, server.origin, width=width) as (page, complaints):
        page.goto(server.origin + site.pages[which])
        assert violations(page) == []
        assert page.evaluate(WIDER) <= 0
        page.screenshot(path=pictures / f"{which}.nl.{width}.png", full_page=True)
        if page.locator("main form button.primary").count():  # pressed once, at whichever width came first
            page.locator("main form button.primary").click()
        expect(page.locator("main [role=status]")).to_be_visible()
        assert complaints == []
