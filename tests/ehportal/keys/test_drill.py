"""The drill: rows under old keys, new keys in front, all goes on; reseal, old keys away, all goes on."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import pytest_django
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core.cache import cache
from django.test import Client

from certificates.domain.papers import WITH_PERSON, PaperKind
from certificates.models import Certificate, CertificateRequest, Paper
from certificates.selectors.revocations import has_another, revokers_of
from certificates.services.papers.read import read_document
from certificates.services.renewals.plan import plan_renewals
from ehportal.keys import numbers, sealed
from ehportal.keys.checks import keys_are_there
from organisations.errors import PersonExists
from organisations.models import Person
from organisations.sealing import key_id
from organisations.services.audit import Actor
from organisations.services.people import add_person, reveal_ssin
from organisations.tenancy import acting_for
from tests.certificates.inventory.uploads import stored, take, upload
from tests.certificates.papers.test_papers import draft
from tests.certificates.samples import ehealth, pem
from tests.certificates.stages import signed, to_sign
from tests.conftest import forget_rows
from tests.ehportal.keys.rings import index_key, reseal, sealing_key, stands, use, without_ids
from tests.environment import ROOT
from tests.organisations.web.members import code_of, give_second_factor
from tests.support.holder import Holder, issue_identity
from tests.support.hospital import PLATFORM, Hospital, make_hospital
from tests.support.sandbox import SandboxProcess

NUMBER = "85073003328"
PASSWORD = "een-lang-woord-77"
OLD, NEW = sealing_key(), sealing_key()
OLD_INDEX, NEW_INDEX = index_key(), index_key()


@dataclass
class House:
    """Two organisations that know one holder, with what the product keeps of them."""

    hospital: Hospital
    other: Hospital
    holder: Holder
    waiting: CertificateRequest
    """Whose contract waits for the holder's card."""
    sent: CertificateRequest
    """Which the holder has signed, and a worker sends."""
    personal: Certificate
    paper: Paper
    totp: str

    def everything_works(self) -> None:
        """Do with it what people, workstations and workers do."""
        self._person()
        self._workstation()
        self._inventory()
        self._sign_in()

    def _person(self) -> None:
        for one in (self.hospital, self.other):
            with acting_for([one.organisation.pk], as_platform=True):
                row = Person.objects.get(pk=one.holder.pk)
                assert reveal_ssin(row, actor=PLATFORM, now=datetime.now(UTC)) == NUMBER
                with pytest.raises(PersonExists):
                    add_person(
                        one.organisation,
                        first_names="An",
                        name="Peeters",
                        ssin=NUMBER,
                        actor=PLATFORM,
                        now=datetime.now(UTC),
                    )

    def _workstation(self) -> None:
        ours = {str(one.organisation.pk) for one in (self.hospital, self.other)}
        assert {one.id for one in self.holder.organisations().agreed} == ours
        assert self.holder.job(self.waiting.job.pk).request.contract.dn
        assert [one["id"] for one in self.holder.jobs()] == [self.waiting.job.pk]
        another = Holder(self.holder.identity)
        assert another.enrol().status_code == 201, "the card is known"
        assert {one.id for one in another.organisations().agreed} == ours
        assert [one["id"] for one in another.jobs()] == [self.waiting.job.pk]

    def _inventory(self) -> None:
        now = datetime.now(UTC)
        with acting_for([self.hospital.organisation.pk], as_platform=True):
            row = Certificate.objects.get(pk=self.personal.pk)
            assert list(revokers_of(row, now)) == [self.hospital.holder]
            assert not has_another(row, now)
            assert row.der.startswith(b"\x30")
            plan_renewals(self.hospital.organisation, [row], now=now)
            paper = Paper.objects.get(pk=self.paper.pk)
            assert read_document(paper, actor=PLATFORM, now=now).startswith(b"%PDF")
            assert paper.values

    def _sign_in(self) -> None:
        cache.clear()  # a code serves once
        user = self.hospital.administrator
        for code in (code_of(self.totp), self._recovery_code()):
            client = Client()
            answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
            assert answer.headers["Location"] == "/accounts/2fa/authenticate/"
            assert client.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 302
            assert client.get("/organisation/").status_code == 200

    def _recovery_code(self) -> str:
        kept = Authenticator.objects.get(
            user=self.hospital.administrator, type=Authenticator.Type.RECOVERY_CODES
        )
        return str(RecoveryCodes(kept).get_unused_codes()[0])

    def send(self) -> None:
        """Let a worker send what was signed under the keys of then."""
        sent = self.hospital.step(self.sent)
        assert sent.state == "awaiting_certificate", sent.problem


@pytest.fixture
def house(
    committing: None,
    government: SandboxProcess,
    owner_url: str,
    admin_url: str,
    settings: pytest_django.Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[House]:
    monkeypatch.setenv("DATABASE_OWNER_URL", owner_url)
    monkeypatch.setattr(sealed, "PAUSE", 0)
    monkeypatch.setattr(numbers, "PAUSE", 0)
    settings.ACCOUNT_RATE_LIMITS = settings.MFA_RATE_LIMITS = False
    use(settings, [OLD], [OLD_INDEX])
    hospital = make_hospital()
    other = make_hospital(name="Kliniek Twee", cbe="0809394427", ssin=NUMBER)
    holder = Holder(issue_identity(government.state, NUMBER, "An Marie", "Peeters"))
    sent = signed(hospital, holder)
    waiting = to_sign(hospital, holder)
    take(hospital, upload(hospital, [("x.pem", pem(ehealth("SSIN", NUMBER, "An Marie Peeters")))]), {"0"})
    upload(hospital, [("y.pem", pem(ehealth("CBE", "0406798006", "AZ Sint-Elisabeth Maasdal")))])
    hospital.administrator.set_password(PASSWORD)
    hospital.administrator.save()
    totp = give_second_factor(hospital.administrator)
    RecoveryCodes.activate(hospital.administrator)
    personal = stored(hospital)[0]
    paper = draft(hospital, next(kind for kind in PaperKind if kind not in WITH_PERSON))
    yield House(hospital, other, holder, waiting, sent, personal, paper, totp)
    forget_rows(urlsplit(admin_url)._replace(path=urlsplit(owner_url).path).geturl())


@pytest.mark.parametrize("before_ids", [False, True], ids=["with ids", "from before ids"])
def test_keys_are_changed_while_everything_goes_on(
    house: House, settings: pytest_django.Settings, owner_url: str, before_ids: bool
) -> None:
    if before_ids:
        without_ids(owner_url)
    house.everything_works()

    use(settings, [OLD, NEW], [OLD_INDEX, NEW_INDEX])  # several machines: first all of them know the new keys
    house.everything_works()
    use(settings, [NEW, OLD], [NEW_INDEX, OLD_INDEX])
    house.everything_works()
    house.send()

    said = reseal()
    assert f"SSIN_KEYS {key_id(OLD)}   may be dropped" in said, said
    assert f"SSIN_INDEX_KEYS {key_id(OLD_INDEX)}   may be dropped" in said, said
    assert stands(owner_url) == ({key_id(NEW)}, {key_id(NEW_INDEX)})
    house.everything_works()

    use(settings, [NEW], [NEW_INDEX])
    assert keys_are_there(None, databases=["default"]) == []
    house.everything_works()
    with acting_for([house.hospital.organisation.pk], as_platform=True):
        request = CertificateRequest.objects.get(pk=house.sent.pk)
        assert request.state == "awaiting_certificate"


def test_reseal_is_killed_and_run_again(
    house: House, settings: pytest_django.Settings, owner_url: str, tmp_path: Path
) -> None:
    """Killed anywhere, it leaves rows that everybody finds; run again, it goes on."""
    count_file = tmp_path / "count"
    environment = os.environ | {
        "SSIN_KEYS": f"{NEW},{OLD}",
        "SSIN_INDEX_KEYS": f"{NEW_INDEX},{OLD_INDEX}",
        "SSIN_INDEX_KEY": "",
        "DATABASE_OWNER_URL": owner_url,
    }

    def run(kill_at: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tests.support.kill_reseal", str(count_file), str(kill_at)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
        )

    use(settings, [NEW, OLD], [NEW_INDEX, OLD_INDEX])
    seen = []
    for kill_at in range(150, 10_000, 250):
        ended = run(kill_at)
        if ended.returncode == 0:
            break
        assert ended.returncode == -9, ended.stdout + ended.stderr
        seen.append(stands(owner_url))
        house.everything_works()
    else:
        pytest.fail("it never came to its end")
    assert len(seen) > 2
    assert any(len(one) == 2 for one, _ in seen), "some of what is sealed was done, some was left"
    assert stands(owner_url) == ({key_id(NEW)}, {key_id(NEW_INDEX)})
    use(settings, [NEW], [NEW_INDEX])
    house.everything_works()


def test_half_of_the_numbers_are_moved(
    house: House, settings: pytest_django.Settings, owner_url: str
) -> None:
    """Indexes under both keys stand beside each other, and each number is wholly under one."""
    with acting_for([house.hospital.organisation.pk], as_platform=True):
        add_person(
            house.hospital.organisation,
            first_names="Luc",
            name="Dubois",
            ssin="93051822361",
            actor=Actor.platform(),
            now=datetime.now(UTC),
        )
    use(settings, [NEW, OLD], [NEW_INDEX, OLD_INDEX])
    with psycopg.connect(owner_url, autocommit=True) as connection:
        # Somebody is at the second person's row for as long as this goes.
        with psycopg.connect(owner_url) as busy:
            busy.execute("SELECT 1 FROM organisations_person WHERE name = 'Dubois' FOR UPDATE")
            numbers.move(connection, rounds=1)
        assert stands(owner_url)[1] == {key_id(OLD_INDEX), key_id(NEW_INDEX)}
        house.everything_works()
        numbers.move(connection)
    assert stands(owner_url)[1] == {key_id(NEW_INDEX)}
    with acting_for([house.hospital.organisation.pk], as_platform=True):
        assert Person.objects.count() == 2
