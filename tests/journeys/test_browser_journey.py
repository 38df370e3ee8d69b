"""The same journey in a real browser: an administrator asks, the holder approves, the certificate appears."""

import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from deploy.stack.demo.accounts import PASSWORD
from tests.browser.conftest import ARGUMENTS
from tests.environment import ROOT
from tests.journeys.conftest import World, give_code
from tests.support.effort import PATIENCE

PICTURES = ROOT / "test-output" / "journey"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the consoles of the pages complained about; must stay empty."""
    return []


def open_page(chromium: Browser, world: World, complaints: list[str]) -> Page:
    context = chromium.new_context(
        viewport={"width": 1280, "height": 900}, base_url=world.stack.origin, locale="nl-BE"
    )
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()

    def listen(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page


def sign_in(page: Page, world: World, email: str, picture: str | None = None) -> None:
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    if picture:
        page.screenshot(path=PICTURES / picture)
    page.locator("input[name=password]").press("Enter")
    page.locator("input[name=code]").wait_for()
    give_code(page, world.accounts[email].totp_secret)


def picture(page: Page, name: str) -> Path:
    path = PICTURES / name
    page.screenshot(path=path, full_page=True)
    return path


def test_ask_approve_appear(chromium: Browser, world: World, complaints: list[str]) -> None:
    administrator = open_page(chromium, world, complaints)
    sign_in(administrator, world, "els.wouters@maasdal.example", "1-sign-in.png")
    expect(administrator).to_have_url(world.stack.origin + "/")
    picture(administrator, "2-dashboard.png")

    administrator.goto("/requests/new/")
    number = administrator.locator("[name=identifier_id] option", has_text="0406798006").get_attribute(
        "value"
    )
    administrator.locator("[name=identifier_id]").select_option(number)
    administrator.locator("[name=application_id]").fill("BROWSER-ONE")
    administrator.locator("[name=holder_id]").select_option(index=1)
    administrator.locator("[name=email_private]").fill("els.wouters@maasdal.example")
    administrator.locator("[name=phone_private]").fill("+32 89 12 34 56")
    administrator.locator("[name=reason]").fill("Nieuwe server van het labo")
    picture(administrator, "3-new-request.png")
    administrator.locator("[name=reason]").evaluate("element => element.form.requestSubmit()")
    administrator.wait_for_url(re.compile(r"/requests/[0-9a-f-]{36}/$"))
    path = administrator.url.removeprefix(world.stack.origin)

    holder = open_page(chromium, world, complaints)
    sign_in(holder, world, "an.peeters@maasdal.example")
    holder.goto(path.replace("/requests/", "/sign/"))
    button = holder.locator("a[href^='ehportal://run/']")
    expect(button).to_be_visible(timeout=180_000)
    picture(holder, "4-holder-page.png")
    picture(administrator, "5-request-waits.png")
    job = str(button.get_attribute("href")).removeprefix("ehportal://run/")
    marker = holder.evaluate("() => { window.sameDocument = 'yes'; return window.sameDocument; }")
    assert marker == "yes"

    outcome: list[tuple[int, str]] = []
    agent = threading.Thread(target=lambda: outcome.append(world.terminal().run("run", job)))
    agent.start()
    # The page tells by itself, without being loaded again.
    expect(holder.locator(".outcome.good")).to_be_visible(timeout=180_000)
    assert holder.evaluate("() => window.sameDocument") == "yes"
    agent.join(60)
    assert outcome
    assert outcome[0][0] == 0, outcome[0][1]
    picture(holder, "6-holder-done.png")

    certificate = administrator.locator(
        "a[href^='/certificates/']", has_text=re.compile("certificaat", re.IGNORECASE)
    )
    expect(certificate.last).to_be_visible(timeout=180_000)
    picture(administrator, "7-request-done.png")
    certificate.last.click()
    administrator.wait_for_url(re.compile(r"/certificates/[0-9a-f-]{36}/$"))
    expect(administrator.locator("main")).to_contain_text("BROWSER-ONE")
    picture(administrator, "8-certificate.png")
    administrator.goto("/certificates/?q=browser-one")
    expect(administrator.locator("main")).to_contain_text("BROWSER-ONE")
    picture(administrator, "9-inventory.png")
    assert complaints == []
