"""The whole way in, with no shortcut: from the operator's command to a holder's first signature.

Nothing is planted: every account, password, second step, role, person and mandate comes about as people make them, in
Chromium, over letters that a real mail server took.
"""

import re
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from deploy.stack.demo.accounts import DemoHospital
from deploy.stack.demo.cards import make_workstation
from deploy.stack.demo.journey import Terminal
from tests.journeys.conftest import PASSWORD as KEY_STORE_PASSWORD
from tests.journeys.conftest import PIN, World, give_code
from tests.journeys.test_browser_journey import chromium, open_page, picture

__all__ = ["chromium"]

CLAIRE = DemoHospital(
    name="Ziekenhuisgroep Scheldeboog",
    language="nl",
    identifiers=(("CBE", "0635769870"),),
    ssin="79092305408",
    first_names="Claire",
    surname="Lemaître",
    card="rsa",
    holder_email="claire.lemaitre@scheldeboog.example",
    accounts=(),
)
"""Known to the sandbox's authentic source, with a mandate; nobody here knows her before the walk."""
ADMINISTRATOR = "griet.maes@scheldeboog.example"
PASSWORD = "wilgenroosje 58 aan de schelde"
SECONDS = 60


def letter(world: World, address: str, having: str) -> EmailMessage:
    """Wait for a letter to `address` in which `having` stands; never the work of a clock: the mail server took it."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        for to, message in list(world.mail.mails):
            if to == [address] and having in text_of(message):
                return message
        time.sleep(0.2)
    raise AssertionError(f"no letter to {address} with {having!r}: {[to for to, _ in world.mail.mails]}")


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def come_in(page: Page, world: World, address: str, name: str) -> str:
    """Follow the letter to the first page: password, second step, recovery codes. Returns the secret."""
    text = text_of(letter(world, address, "/invitations/"))
    assert name in text
    (link,) = set(re.findall(rf"{re.escape(world.stack.origin)}/invitations/\S+/", text))
    page.goto(link)
    picture(page, f"in-1-{address.split('@')[0]}.png")
    page.locator("input[name=password1]").fill(PASSWORD)
    page.locator("input[name=password2]").fill(PASSWORD)
    page.locator("input[name=password2]").press("Enter")
    page.wait_for_url("**/accounts/2fa/totp/activate/")
    page.locator("details summary").click()
    secret = page.locator("#authenticator_secret").inner_text()
    picture(page, f"in-2-{address.split('@')[0]}.png")
    give_code(page, secret)
    page.wait_for_url("**/accounts/2fa/recovery-codes/")
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="verder").click()
    page.wait_for_url(f"{world.stack.origin}/")
    expect(page.locator("main")).to_be_visible()
    expect(page.locator(".rail-organisation").first).to_contain_text(CLAIRE.name)
    return secret


def sign_in(page: Page, world: World, address: str, secret: str) -> None:
    """Sign in again, as on any other day. A code serves once, so it may take the next one."""
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill(address)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.locator("input[name=code]").wait_for()
    give_code(page, secret)


def send(page: Page) -> None:
    page.locator("form.sheet button.primary").click()
    page.wait_for_load_state()


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What consoles complained about."""
    found: list[str] = []
    yield found
    assert found == []


def test_from_the_first_administrator_to_the_first_signature(
    chromium: Browser, world: World, complaints: list[str], tmp_path: Path
) -> None:
    world.stack.manage("add_organisation", CLAIRE.name, ADMINISTRATOR, "Griet Maes")
    griet = open_page(chromium, world, complaints)
    secret = come_in(griet, world, ADMINISTRATOR, "Griet Maes")

    # She invites a holder; that the address is new is not said, and nothing stands there yet.
    griet.goto("/organisation/members/new/")
    assert griet.locator("input[name=role]:checked").count() == 0
    griet.locator("input[name=email]").fill(CLAIRE.holder_email)
    griet.locator("input[name=full_name]").fill("Claire Lemaître")
    griet.locator("input[name=role][value=holder]").check()
    picture(griet, "in-3-invite.png")
    send(griet)
    expect(griet.locator("main")).to_contain_text("Claire Lemaître is uitgenodigd")
    invitation = letter(world, CLAIRE.holder_email, "/invitations/")
    for kind in ("plain", "html"):
        for told in ("Griet Maes", CLAIRE.name, "Certificaathouder", "wachtwoord"):
            assert told in text_of(invitation, kind)
    griet.goto("/organisation/")
    expect(griet.locator("main")).to_contain_text("verstuurd op")
    picture(griet, "in-4-organisation.png")

    claire = open_page(chromium, world, complaints)
    claire_secret = come_in(claire, world, CLAIRE.holder_email, "Claire Lemaître")

    # What an administrator writes down before somebody can sign: the number, the person, the mandate.
    griet.goto("/organisation/identifiers/new/")
    griet.locator("select[name=type]").select_option("CBE")
    griet.locator("input[name=value]").fill("0635.769.870")
    send(griet)
    griet.goto("/organisation/people/new/")
    griet.locator("input[name=first_names]").fill("Claire")
    griet.locator("input[name=name]").fill("Lemaître")
    griet.locator("input[name=ssin]").fill(CLAIRE.ssin)
    griet.locator("select[name=user]").select_option(label="Claire Lemaître")
    send(griet)
    griet.goto("/organisation/mandates/new/")
    griet.locator("select[name=person]").select_option(index=1)
    griet.locator("select[name=identifier]").select_option(index=1)
    griet.locator("input[name=starts_on]").fill("2024-01-01")
    send(griet)
    expect(griet.locator("main")).to_contain_text("Claire Lemaître")

    # She asks for a certificate: the holder hears of it at once, and of the workstation that is still missing.
    griet.goto("/requests/new/")
    griet.locator("[name=identifier_id]").select_option(index=1)
    griet.locator("[name=application_id]").fill("EERSTE")
    griet.locator("[name=holder_id]").select_option(index=1)
    griet.locator("[name=email_private]").fill(ADMINISTRATOR)
    griet.locator("[name=phone_private]").fill("+32 3 12 34 56 78")
    griet.locator("[name=reason]").fill("De eerste")
    griet.locator("[name=reason]").evaluate("element => element.form.requestSubmit()")
    griet.wait_for_url(re.compile(r"/requests/[0-9a-f-]{36}/$"))
    path = griet.url.removeprefix(world.stack.origin)
    text = text_of(letter(world, CLAIRE.holder_email, "/workstation/"))
    assert "EERSTE" in text
    assert "Griet Maes" in text
    griet.goto(path)
    expect(griet.locator("main")).to_contain_text("verstuurd op")
    picture(griet, "in-5-request.png")

    # The agent on her own workstation, with her card: enrolment, and the first signature.
    station = make_workstation(tmp_path / "claire", CLAIRE, world.stack.folder / "sandbox", "nl", pin=PIN)
    terminal = Terminal(station.command, language="en", pin=PIN, password=KEY_STORE_PASSWORD)
    status, seen = terminal.run("enrol", world.stack.origin)
    assert status == 0, seen
    link = f"{world.stack.origin}{path.replace('/requests/', '/sign/')}"
    text = text_of(letter(world, CLAIRE.holder_email, link))
    claire.context.clear_cookies()
    sign_in(claire, world, CLAIRE.holder_email, claire_secret)
    claire.goto(link)
    button = claire.locator("a[href^='ehportal://run/']")
    expect(button).to_be_visible(timeout=SECONDS * 1000)
    job = str(button.get_attribute("href")).removeprefix("ehportal://run/")
    status, seen = terminal.run("run", job)
    assert status == 0, seen
    assert "EERSTE" in seen
    expect(claire.locator(".outcome.good")).to_be_visible(timeout=SECONDS * 1000)
    picture(claire, "in-6-signed.png")
    assert len(list(station.key_stores.glob("*.p12"))) == 1

    # On another day both come in by the door.
    griet.context.clear_cookies()
    sign_in(griet, world, ADMINISTRATOR, secret)
    griet.goto("/certificates/?q=eerste")
    expect(griet.locator("main")).to_contain_text("EERSTE")
    for to, message in world.mail.mails:
        if to in ([ADMINISTRATOR], [CLAIRE.holder_email]):
            assert re.search(r"\b(the|your|Dear|Open)\b", text_of(message)) is None, (
                "no English in a Dutch letter"
            )
