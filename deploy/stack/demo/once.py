"""`deploy/demo --once`: a day in the life, unattended, with the real agent; prints each step and the certificate."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from deploy.stack.demo.accounts import MAASDAL, Account
from deploy.stack.demo.cards import Workstation
from deploy.stack.demo.journey import KEY_STORE_PASSWORD, Browser, JourneyFailed, Terminal, wait_for
from deploy.stack.demo.life import DAYS_LEFT, Life
from deploy.stack.stack import Stack

T = TypeVar("T")
CERTIFICATE = r'"(/certificates/[0-9a-f-]{36}/)"'
JOB = r"ehportal://run/([A-Za-z0-9_-]{22})"


class Play:
    """One performance: steps with their times."""

    def __init__(self, stack: Stack, accounts: dict[str, Account], stations: dict[str, Workstation]) -> None:
        self.stack = stack
        self.accounts = accounts
        self.station = stations[MAASDAL.surname.lower()]
        self.terminal = Terminal(self.station.command)
        self.administrator = Browser(stack.origin)
        self.holder = Browser(stack.origin)
        self.application_id = f"DEMO-{datetime.now(UTC):%Y%m%d-%H%M%S}"
        self.life = Life(
            self.administrator, self.holder, self.terminal, self.station, stack.sandbox.control, self.step
        )

    def step(self, text: str, work: Callable[[], T]) -> T:
        """Do one step and print how long it took."""
        began = time.monotonic()
        outcome = work()
        print(f"  {text:<72} {time.monotonic() - began:6.2f} s", flush=True)
        return outcome

    def agent(self, *arguments: str) -> str:
        """Run the agent. Raises JourneyFailed unless it ends well."""
        status, seen = self.terminal.run(*arguments)
        if status:
            raise JourneyFailed(f"the agent ended with {status}; it showed:\n{seen[-2000:]}")
        return seen

    def run(self) -> x509.Certificate:
        """Play it; returns the certificate out of the key store."""
        before = set(self.station.key_stores.glob("*.p12"))
        self.step(
            "the holder's workstation is enrolled with the identity card",
            lambda: self.agent("enrol", self.stack.origin),
        )
        self.step(
            "the administrator signs in with password and code",
            lambda: self.administrator.sign_in(self.accounts["els.wouters@maasdal.example"]),
        )
        page = self.step(
            f"asks for a certificate for {self.application_id}",
            lambda: self.administrator.ask_certificate(self.application_id),
        )
        self.step(
            "the holder signs in", lambda: self.holder.sign_in(self.accounts["an.peeters@maasdal.example"])
        )
        job = self.step(
            "the government's contract is fetched, the holder's page offers it",
            lambda: wait_for(self.holder, page.replace("/requests/", "/sign/"), JOB),
        )
        self.step(
            "the holder reads, signs with the card; certificate, token and self test",
            lambda: self.life.signed_three_years_ago(job),
        )
        certificate_page = self.step(
            "it stands in the inventory", lambda: wait_for(self.administrator, page, CERTIFICATE)
        )
        new = set(self.station.key_stores.glob("*.p12")) - before
        if len(new) != 1:
            raise JourneyFailed(f"expected one new key store, found {len(new)}")
        old = new.pop()
        self.step("the key store opens, its key fits, its chain leads to the root",
                  lambda: self.check_key_store(old, certificate_page))  # fmt: skip
        print(f"\nThree years later: it has {DAYS_LEFT} days left")
        renewed_page, store = self.life.renew(certificate_page)
        certificate = self.step("the new key store opens, with the old encryption key in it",
                                lambda: self.check_key_store(store, renewed_page, tokens=2))  # fmt: skip
        self.life.switch(certificate_page, renewed_page, old)
        self.life.revoke(certificate_page)
        return certificate

    def check_key_store(self, path: Path, certificate_page: str, *, tokens: int = 1) -> x509.Certificate:
        """Check the key store from outside: password, key, chain, tokens, and the inventory's word about it."""
        key, leaf, others = pkcs12.load_key_and_certificates(path.read_bytes(), KEY_STORE_PASSWORD.encode())
        if key is None or leaf is None or key.public_key() != leaf.public_key():
            raise JourneyFailed("key and certificate of the key store do not belong together")
        if sum(one.subject == leaf.subject for one in others) != tokens:
            raise JourneyFailed(f"the key store does not hold {tokens} encryption keys")
        others = [one for one in others if one.subject != leaf.subject]
        root = x509.load_pem_x509_certificate(
            (self.stack.sandbox.pki / "production" / "root.pem").read_bytes()
        )
        for certificate, issuer in zip([leaf, *others], [*others, root], strict=True):
            certificate.verify_directly_issued_by(issuer)
        fingerprint = leaf.fingerprint(leaf.signature_hash_algorithm).hex()  # type: ignore[arg-type]  # SHA-256
        shown = re.sub(r"[^0-9a-f]", "", self.administrator.get(certificate_page).lower())
        if fingerprint not in shown:
            raise JourneyFailed(
                "the inventory does not show the fingerprint of the certificate in the key store"
            )
        return leaf


def play(stack: Stack, accounts: dict[str, Account], stations: dict[str, Workstation]) -> int:
    """Play the journey; returns 0, or 1 when a step failed, and says which."""
    print("\nThe journey")
    performance = Play(stack, accounts, stations)
    try:
        certificate = performance.run()
    except JourneyFailed as error:
        print(f"\nFAILED: {error}", flush=True)
        return 1
    print("\nThe certificate")
    print(f"  subject      {certificate.subject.rfc4514_string()}")
    print(f"  issuer       {certificate.issuer.rfc4514_string()}")
    print(f"  serial       {certificate.serial_number:x}")
    print(
        f"  valid        {certificate.not_valid_before_utc:%Y-%m-%d} to {certificate.not_valid_after_utc:%Y-%m-%d}"
    )
    print(f"  key stores   {performance.station.key_stores}", flush=True)
    return 0
