"""A hospital with thousands of certificates, in Chromium: taken in from one file, seen together, told, renewed.

One walk: what it takes in is what is shared, told and renewed after that. It is walked in Dutch on a wide window; its
ends are looked at once more in French on a narrow one.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, Page, expect

from agent.stores.contents import new_contents, serialise
from agent.wire.pki.names import certificate_file_name
from deploy.sandbox.authorities.names import Subject
from deploy.sandbox.authorities.pki import Pki
from deploy.sandbox.register.requests import issue
from deploy.sandbox.state.store import Store
from deploy.stack.demo.accounts import MAASDAL
from tests.browser.walks import WIDER
from tests.journeys.conftest import PASSWORD, World
from tests.journeys.test_browser_journey import chromium, complaints, open_page, picture, sign_in
from tests.journeys.test_getting_in import letter, text_of
from tests.support.effort import until

__all__ = ["chromium", "complaints"]

MANY, TWELVE = 3_000, 12
NUMBER = "0406798006"
DESK = "servicedesk@netwerk.example"
OFFICIAL = [f"SAMEN-{one:02}" for one in range(1, TWELVE + 1)]
"""What the holder made with the official application three years ago, and has on the workstation."""


def three_years_before(end: datetime) -> datetime:
    begin = end - timedelta(days=1)
    return begin.replace(year=begin.year - 3, day=28 if (begin.month, begin.day) == (2, 29) else begin.day)


def made_long_ago(world: World) -> Iterator[tuple[str, bytes]]:
    """Twelve certificates in the government's register, each with its key store on the holder's workstation."""
    folder = world.stations["peeters"].key_stores
    folder.mkdir(exist_ok=True, mode=0o700)
    for days, name in enumerate(OFFICIAL, 60):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        since = three_years_before(datetime.now(UTC) + timedelta(days=days))
        order = {
            "environment": "production", "identifier": {"type": "CBE", "value": NUMBER}, "name": MAASDAL.name,
            "application_id": name, "not_before": since.isoformat(), "public_key": public.decode(),
        }  # fmt: skip
        pem: bytes = world.control("/control/issue", order)["pem"].encode()
        certificate = x509.load_pem_x509_certificate(pem)
        store = folder / certificate_file_name("CBE", NUMBER, name, since, "production")
        store.write_bytes(serialise(new_contents(key, certificate), PASSWORD, "legacy"))
        yield f"{name}.pem", pem


def the_others(world: World) -> Iterator[tuple[str, bytes]]:
    """What the other software of the hospital was given over the years; of a key each knows no more than its own."""
    state: Path = world.stack.folder / "sandbox"
    authority = Pki.load(state, Store(state))["production-issuing"]
    keys = [rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key() for _ in range(8)]
    now = datetime.now(UTC)
    for number in range(MANY - TWELVE):
        subject = Subject("CBE", NUMBER, MAASDAL.name, f"PARK-{number:04}")
        made = issue(authority, subject, keys[number % 8], now - timedelta(hours=6 * number + 1))
        yield f"{number % 40}/{number}.pem", made.public_bytes(Encoding.PEM)


def one_file(world: World) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in (*made_long_ago(world), *the_others(world)):
            archive.writestr(name, content)
    return written.getvalue()


def look_again(page: Page, world: World, email: str, path: str, name: str) -> None:
    """Look at an end in French on a telephone, as the same person, and go back."""
    wide = page.viewport_size
    assert wide is not None
    page.set_viewport_size({"width": 390, "height": 844})
    speak(page, "fr")
    page.goto(path)
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    assert page.evaluate(WIDER) <= 0
    picture(page, f"many-{name}.fr.390.png")
    speak(page, "nl")
    page.set_viewport_size(wide)
    page.goto(path)


def speak(page: Page, language: str) -> None:
    page.evaluate(
        """async language => {
            const body = new URLSearchParams({language, next: "/"});
            const token = document.querySelector("input[name=csrfmiddlewaretoken]").value;
            await fetch("/language/", {method: "POST", body, headers: {"X-CSRFToken": token}});
        }""",
        language,
    )


def test_thousands_are_taken_in_and_twelve_renewed(
    chromium: Browser, world: World, complaints: list[str]
) -> None:
    els = open_page(chromium, world, complaints)
    sign_in(els, world, "els.wouters@maasdal.example")
    take_in(els, world)
    share_a_view(els)
    seen_by_others(chromium, world, complaints)
    tell_the_desk(chromium, els, world, complaints)
    renew_together(els, world)
    assert complaints == []


def take_in(els: Page, world: World) -> None:
    """3,000 certificates from one file; the page says how far it is until all of them stand there."""
    els.goto("/certificates/import/")
    content = one_file(world)
    els.locator("input[type=file]").set_input_files(
        {"name": "alle certificaten.zip", "mimeType": "application/zip", "buffer": content}
    )
    els.locator("main form button.primary").click()
    els.wait_for_url("**/certificates/import/large/**")
    progress = els.locator("#progress p").first
    expect(progress).to_contain_text(re.compile("wordt (gelezen|vergeleken)"))
    picture(els, "many-1-reading.png")
    expect(els.locator("input[name=group][value=new]")).to_be_checked()
    expect(els.locator("label[for=group-new]")).to_be_visible()
    expect(els.locator("tr", has=els.locator("#group-new"))).to_contain_text(str(MANY))
    els.locator(".more button.primary").click()
    expect(els.locator("#progress")).to_contain_text("%")
    picture(els, "many-2-taking.png")
    expect(els.locator("#progress a[href*='/imported/']")).to_be_visible()
    els.goto("/certificates/?application=SAMEN-01")
    expect(els.locator("tbody tr")).to_have_count(1)
    els.goto("/certificates/?q=park")
    expect(els.locator("header .note")).to_contain_text("2988")
    picture(els, "many-3-list.png")


def share_a_view(els: Page) -> None:
    els.goto("/certificates/?q=samen")
    expect(els.locator("tbody input[name=certificate]")).to_have_count(TWELVE)
    els.locator(".below details:has(#view-name) summary").click()
    els.locator("#view-name").fill("Samen te hernieuwen")
    els.locator("input[name=shared]").check()
    els.locator("form[action$='/views/save'] button").click()
    expect(els.locator(".views a.current")).to_contain_text("Samen te hernieuwen")
    picture(els, "many-4-view.png")


def seen_by_others(chromium: Browser, world: World, complaints: list[str]) -> None:
    bart = open_page(chromium, world, complaints)
    sign_in(bart, world, "bart.claes@maasdal.example")
    bart.goto("/certificates/")
    bart.locator(".views a", has_text="Samen te hernieuwen").click()
    expect(bart.locator("tbody input[name=certificate]")).to_have_count(TWELVE)
    look_again(bart, world, "bart.claes@maasdal.example", bart.url, "4-view")
    bart.context.close()


def tell_the_desk(chromium: Browser, els: Page, world: World, complaints: list[str]) -> None:
    """The service desk agrees by mail, is told of the ends by mail, and says from the mail that it takes care."""
    els.goto("/notices/addresses/new/")
    els.locator("[name=name]").fill("Servicedesk van het netwerk")
    els.locator("[name=email]").fill(DESK)
    els.locator("select[name=language]").select_option("fr")
    els.locator("main form button.primary").click()
    els.wait_for_url("**/notices/rules/")
    desk = open_page(chromium, world, complaints)
    desk.set_viewport_size({"width": 390, "height": 844})
    desk.goto(link_in(world, "/notices/agree/"))
    desk.locator("main form button.primary").click()
    expect(desk.locator("main [role=status]")).to_be_visible()

    els.goto("/notices/rules/new/")
    els.get_by_label("Servicedesk van het netwerk").check()
    els.locator("main form button.primary").click()
    els.wait_for_url("**/notices/rules/")
    desk.goto(link_in(world, "/notices/letter/"))
    expect(desk.locator("html")).to_have_attribute("lang", "fr")
    told = desk.locator("h1").inner_text()
    picture(desk, "many-5-letter.fr.390.png")
    desk.locator("main form button.primary").click()
    expect(desk.locator("main [role=status]")).to_be_visible()
    assert desk.evaluate(WIDER) <= 0
    picture(desk, "many-6-answered.fr.390.png")
    desk.context.close()

    name = re.search(r"SAMEN-\d\d", told)
    assert name is not None, told
    els.goto(f"/certificates/?application={name[0]}")
    path = els.locator("tbody a[href^='/certificates/']").first.get_attribute("href")
    els.goto(f"{path}notices/")
    expect(els.locator("tbody")).to_contain_text("Servicedesk van het netwerk")
    expect(els.locator("tbody .second", has_text="opgevolgd sinds").first).to_be_visible()
    picture(els, "many-7-told.png")


def link_in(world: World, path: str) -> str:
    found = re.search(rf"{re.escape(world.stack.origin)}{path}\S+", text_of(letter(world, DESK, path)))
    assert found is not None
    return found[0]


def in_state(world: World, state: str) -> int:
    """How many of the twelve renewals are in a state, from the database (as its owner)."""
    with psycopg.connect(world.stack.urls.owner) as connection:
        row = connection.execute(
            "SELECT count(*) FROM certificates_certificaterequest WHERE state = %s AND application_id LIKE 'SAMEN-%%'",
            [state],
        ).fetchone()
    return int(row[0]) if row else 0


def renew_together(els: Page, world: World) -> None:
    """Ticked together, asked for with one confirmation, and signed in one sitting on the holder's workstation."""
    els.goto("/certificates/")
    els.locator(".views a", has_text="Samen te hernieuwen").click()
    expect(els.locator("tbody input[name=certificate]")).to_have_count(TWELVE)
    els.locator("[data-check-all]").check()
    els.locator("#do").select_option("renew")
    els.locator("#several button").click()
    expect(els.locator("#will")).to_contain_text(str(TWELVE))
    for name, value in (
        ("email_private", "els.wouters@maasdal.example"),
        ("phone_private", "+32 89 12 34 56"),
    ):
        if els.locator(f"[name={name}]").count():
            els.locator(f"[name={name}]").fill(value)
    picture(els, "many-8-renew.png")
    els.locator("main button.primary").click()
    els.wait_for_url("**/requests/**")
    until(lambda: in_state(world, "awaiting_signature") == TWELVE, "what the holder is to sign")
    answers: dict[str, str | Callable[[], str]] = {
        r"Begin\? \[y/N\] ": "y",
        r"the one before\? \[y/N\] ": "y",
        r"the next one\? \[y/N\] ": "y",
    }
    # Others may have left something for the same card: what matters is that these twelve are signed, and come.
    _status, seen = world.terminal().run("sign", answers=answers, timeout=240)
    until(lambda: in_state(world, "completed") == TWELVE, f"twelve certificates after {seen[-3000:]}")
    els.goto("/certificates/?q=samen")
    expect(els.locator("tbody input[name=certificate]")).to_have_count(2 * TWELVE)
    picture(els, "many-9-renewed.png")
    look_again(els, world, "els.wouters@maasdal.example", els.url, "9-renewed")
