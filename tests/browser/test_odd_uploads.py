"""An upload of odd things in a real browser, from the files to the certificate's own page; and one that is too much."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from tests.browser.site import Site, SiteServer
from tests.browser.walks import CUT_OFF, MORE_FIELDS, WIDER, visit
from tests.certificates.samples import certificate, ehealth, pem, plain_name
from tests.certificates.stages import tag
from tests.support.odd import ODD

TRUST_STORE = b"\xfe\xed\xfe\xed" + bytes([0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 4]) + b"root" + bytes(8)


def file(name: str, content: bytes) -> FilePayload:
    return FilePayload(name=name, mimeType="application/octet-stream", buffer=content)


@pytest.mark.parametrize("width", [1280, 390])
def test_odd_things_are_shown_and_taken_in(
    site: Site, server: SiteServer, browser: Browser, pictures: Path, width: int
) -> None:
    endless, latin = tag(), tag()
    with visit(browser, server.origin, session=site.sessions["nl"], width=width) as (page, complaints):
        page.goto(server.origin + site.pages["import"])
        page.set_input_files(
            "#id_files",
            [
                file("goed.pem", pem(ehealth(application_id=tag()))),
                file("zonder-einde.der", ODD["no end"](ehealth(application_id=endless))),
                file("latin-1.cer", ODD["latin-1 in a UTF8String"](ehealth(application_id=latin))),
                file(
                    "utf-16.pem",
                    pem(certificate(plain_name("www.maasdal.example"))).decode().encode("utf-16"),
                ),
                file("cacerts", TRUST_STORE),
            ],
        )
        page.locator("form.sheet button.primary").click()
        expect(page.locator("tbody tr")).to_have_count(5)
        expect(page.locator("tbody")).to_contain_text("geen einde")
        expect(page.locator("tbody")).to_contain_text("truststore van Java")
        expect(page.locator("tbody")).to_contain_text("Niet alles erin is leesbaar")
        assert page.evaluate(WIDER) <= 0
        assert page.evaluate(CUT_OFF) == []
        page.screenshot(path=pictures / f"odd-upload.nl.{width}.png", full_page=True)
        for box in page.locator("tbody input[type=checkbox]").all():
            box.check()  # what no authority vouches for is not ticked at first
        page.locator("form.panel button.primary").click()
        page.wait_for_url("**/certificates/")
        page.wait_for_load_state("networkidle")  # what a page still loads when one leaves it counts as failed
        page.goto(f"{server.origin}/certificates/?q={endless.lower()}")
        page.wait_for_load_state("networkidle")
        page.locator("tbody a").first.click()
        expect(page.locator("#validity + .note")).to_have_text("Het is zonder einde gemaakt.")
        assert page.evaluate(WIDER) <= 0
        page.screenshot(path=pictures / f"no-end.nl.{width}.png", full_page=True)
        assert complaints == []


@pytest.mark.parametrize("width", [1280, 390])
def test_too_many_files_are_told_how_many_they_may_be(
    site: Site, server: SiteServer, browser: Browser, pictures: Path, width: int
) -> None:
    with visit(browser, server.origin, session=site.sessions["nl"], width=width) as (page, complaints):
        page.goto(server.origin + site.pages["import"])
        page.set_input_files("#id_files", [file(f"{number}.pem", b"x") for number in range(101)])
        page.locator("form.sheet button.primary").click()
        expect(page.locator("main")).to_contain_text("hoogstens 100 bestanden")
        assert page.evaluate(WIDER) <= 0
        page.screenshot(path=pictures / f"too-many.nl.{width}.png", full_page=True)
        assert complaints == []


@pytest.mark.parametrize("width", [1280, 390])
def test_too_many_lines_are_told_in_our_words_and_many_bytes_go_to_workers(
    site: Site, server: SiteServer, browser: Browser, pictures: Path, width: int
) -> None:
    with visit(browser, server.origin, session=site.sessions["fr"], width=width) as (page, complaints):
        page.goto(server.origin + site.pages["import"])
        page.evaluate(MORE_FIELDS, 1001)
        expect(page.locator("main")).to_contain_text("1000 lignes")
        assert page.evaluate(WIDER) <= 0
        page.screenshot(path=pictures / f"too-many-lines.fr.{width}.png", full_page=True)
        page.goto(server.origin + site.pages["import"])
        page.set_input_files("#id_files", [file(f"{number}.pem", b" " * 1024 * 1024) for number in range(5)])
        page.locator("form.sheet button.primary").click()
        expect(page.locator("main h1")).to_have_text("Grand envoi")
        expect(page.locator("#progress")).to_contain_text("Lecture en cours")
        assert page.evaluate(WIDER) <= 0
        page.screenshot(path=pictures / f"large-upload.fr.{width}.png", full_page=True)
        assert complaints == []
