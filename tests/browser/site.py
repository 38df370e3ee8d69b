"""A site to walk through: a hospital with a full inventory, requests in every state, and a server in a thread."""

import random
import threading
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.test import Client

from certificates.domain.foreign_lifecycle import ForeignState
from certificates.domain.lifecycle import Environment, RequestState
from certificates.domain.papers import PaperKind, PaperState
from certificates.domain.revocation import HOLD, RevocationState
from certificates.domain.tokens import TokenState
from certificates.models import Certificate, CertificateRequest, Installation
from certificates.models.work import UNSIGNED
from certificates.services.papers.keep_signed_copy import keep_signed_copy
from certificates.services.papers.move import move_paper
from organisations.domain.roles import Role
from organisations.models import Device, Invitation, Membership, Person, User
from organisations.services.identifiers import add_identifier
from organisations.services.invitations import link_of
from organisations.services.mandates import give_mandate
from organisations.services.people import add_person
from organisations.tenancy import acting_for
from tests.certificates.foreigners.stages import make_foreigner
from tests.certificates.papers.test_papers import SCAN, TODAY, draft
from tests.certificates.renewals.ending import install, known, pair, renew, token
from tests.certificates.web.foreigners.test_pages import put
from tests.certificates.web.records.shelf import answered
from tests.certificates.web.revocations.endings import revoke
from tests.certificates.web.shelf import ask, give_token, shelve
from tests.organisations.web.invitations import invited
from tests.organisations.web.members import give_second_factor, member, signed_in
from tests.support.holder import link
from tests.support.hospital import PLATFORM, Hospital, make_hospital
from tests.support.questions import ask as records

PASSWORD = "een lang wachtwoord van de test"

PROBLEM = {
    "kind": "rejected",
    "summary": "",
    "answers": [
        {
            "code": "SIGNER_NOT_AUTHORIZED",
            "message": "The signer holds no mandate for organization CBE=0406798006.",
            "parameters": [["organization", "0406798006"]],
        }
    ],
    "at": "2026-11-20T09:30:00+00:00",
}
SERVICES = (
    "",
    "APOTHEEK",
    "EHBOX",
    "LABO-LIS",
    "VITALINK",
    "RECIP-E",
    "HUB-CONNECTOR",
    "EPD-ACUUT",
    "TARIFERING",
)

PLACES = (
    ("PC-APO-014", "HiX", r"C:\Users\apeeters\ehealth\keystore\CBE=0406798006 20240115-101500.p12"),
    ("PC-APO-014", "HiX", r"C:\Users\apeeters\ehealth\keystore\CBE=0406798006 20261120-093000.p12"),
    ("SRV-CONNECTOR-01", "eHealth-connector", "/opt/connector/conf/ehealth/keystore/centraal.p12"),
    ("SRV-CONNECTOR-02", "eHealth-connector", "/opt/connector/conf/ehealth/keystore/centraal.p12"),
)


class _Server(ThreadedWSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the product's own log has a line a request."""


class SiteServer:
    """The whole product on a free port of this machine."""

    def __init__(self) -> None:
        self.server = _Server(("127.0.0.1", 0), _Handler)
        self.server.set_app(StaticFilesHandler(WSGIHandler()))
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@dataclass
class Site:
    """What the pages show, and the sessions to see it with: one member a language, who may do everything."""

    hospital: Hospital
    email: str
    secret: str
    newcomer: str
    """Address of an account without a second factor."""
    certificate: UUID = field(default_factory=uuid4)
    pages: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)


def _holder(hospital: Hospital, user: User, ssin: str, first_names: str, name: str) -> Person:
    now = datetime.now(UTC)
    person = add_person(
        hospital.organisation,
        first_names=first_names,
        name=name,
        ssin=ssin,
        email=user.email,
        phone="+32 11 55 66 77",
        user=user,
        actor=PLATFORM,
        now=now,
    )
    give_mandate(
        hospital.organisation,
        person=person,
        identifier=hospital.identifier,
        starts_on=date(2024, 3, 1),
        reference="VOLM-2024-117",
        actor=PLATFORM,
        now=now,
    )
    return person


def _fill_shelf(hospital: Hospital) -> None:
    chance = random.Random(7)  # noqa: S311  # the same shelf at every run, nothing secret
    for index in range(64):
        acceptance = index % 4 == 3
        name = SERVICES[index % len(SERVICES)] + (
            f"-{index // len(SERVICES) + 1}" if index >= len(SERVICES) else ""
        )
        shelve(
            hospital.organisation,
            name.strip("-"),
            chance.choice((chance.randint(95, 1090), chance.randint(380, 460), chance.randint(20, 1090))),
            environment=Environment.ACCEPTANCE if acceptance else Environment.PRODUCTION,
            value="71000436" if index % 5 == 0 else "0406798006",
            identifier_type="NIHII-HOSPITAL" if index % 5 == 0 else "CBE",
            revocation_status="revoked" if index in {40, 41} else "good",
        )
    for days in (-3, -40):
        shelve(hospital.organisation, f"OUD{-days}", days)
    shelve(hospital.organisation, "GESCHORST", 34, revocation_status="on_hold", revocation_reason=HOLD)


def _renewed(hospital: Hospital) -> tuple[Certificate, Certificate]:
    """Two certificates side by side in the middle of their switch, and one whose renewal is on its way."""
    old, new = pair(hospital)
    for index, (machine, package, path) in enumerate(PLACES):
        install(hospital, new if index % 2 else old, machine=machine, package=package, path=path)
    install(
        hospital, old, machine="SRV-RESERVE-01", path="/srv/oud/keystore/CBE=0406798006 20240115-101500.p12",
        accepted_at=datetime.now(UTC), accepted_by=hospital.administrator, estimated=True,
        accepted_reason="Reservetoestel, staat uit sinds de verhuizing",
    )  # fmt: skip
    with acting_for([hospital.organisation.pk], as_platform=True):
        Installation.objects.create(
            organisation=hospital.organisation, device_id=uuid4(), machine="PC-ONTHAAL-2",
            path=r"C:\Users\onthaal\ehealth\keystore\CBE=0406798006,ONBEKEND 20250301-090000.p12",
            file_digest="d" * 64, name="CBE=0406798006, ONBEKEND", environment="production", estimated=True,
            first_seen_at=datetime.now(UTC), last_seen_at=datetime.now(UTC),
        )  # fmt: skip
        Installation.objects.create(
            organisation=hospital.organisation, device_id=uuid4(), machine="PC-ONTHAAL-2",
            path=r"C:\Users\onthaal\ehealth\keystore\CBE=0406798006 20231201-090000.p12", fingerprint="e" * 64,
            public_key_identifier=new.public_key_identifier, not_after=datetime.now(UTC) - timedelta(days=5),
            file_digest="e" * 64, name="CBE=0406798006", environment="production",
            first_seen_at=datetime.now(UTC), last_seen_at=datetime.now(UTC),
        )  # fmt: skip
    token(hospital, new, TokenState.WAITING)
    renew(hospital, known(hospital, 40))
    known(hospital, 25)
    return old, new


def _key_store_lost(hospital: Hospital, replaced: Certificate) -> CertificateRequest:
    problem = {"kind": "key_store_lost", "summary": "", "answers": [], "at": "2026-11-20T09:30:00+00:00"}
    return ask(hospital, RequestState.DECLINED, replaces=replaced, problem=problem)


def _papers_and_foreigners(hospital: Hospital) -> dict[str, str]:
    """Papers of every kind and state, and a foreign care provider at each step that asks for something."""
    lead = {"project": "Vernieuwing van het elektronisch patiëntendossier"}
    papers = [
        draft(hospital, PaperKind.ACCEPTANCE_PROCURATION, values=lead, ends_on=TODAY + timedelta(days=41)),
        draft(hospital, PaperKind.MANDATE, ends_on=None),
        draft(hospital, PaperKind.SOFTWARE_HOUSE),
        draft(hospital, PaperKind.TEST_CASES),
    ]
    with acting_for([hospital.organisation.pk], as_platform=True):
        move_paper(papers[0], PaperState.SENT, on=TODAY, actor=PLATFORM, now=datetime.now(UTC))
        move_paper(papers[1], PaperState.ACCEPTED, on=TODAY, actor=PLATFORM, now=datetime.now(UTC))
        keep_signed_copy(papers[1], SCAN, user=hospital.administrator, actor=PLATFORM, now=datetime.now(UTC))
    names: tuple[tuple[str, ForeignState, str, str, dict[str, Any]], ...] = (
        ("foreign-key", ForeignState.AWAITING_CSR, "Zdzisława", "Ćwikła-Wiśniewska", {}),
        ("foreign-confirm", ForeignState.AWAITING_CONFIRMATION, "Giulia Maria", "De Luca", {}),
        (
            "foreign-reminder",
            ForeignState.AWAITING_CONFIRMATION,
            "João",
            "Guimarães Araújo",
            {"expires_at": datetime.now(UTC) + timedelta(days=2, hours=5), "environment": "acceptance"},
        ),
        ("foreign-examined", ForeignState.AWAITING_CERTIFICATE, "Mehmet", "Yılmaz", {}),
        ("foreign-issued", ForeignState.ISSUED, "Ștefan", "Ionescu", {}),
        ("foreign-lapsed", ForeignState.LAPSED, "Marie-Claire", "Dupont", {}),
    )
    pages = {
        "papers": "/papers/",
        "paper-kinds": "/papers/new/",
        "paper-new": "/papers/new/acceptance_procuration/",
        "paper-acceptance": f"/papers/{papers[0].pk}/",
        "paper-mandate": f"/papers/{papers[1].pk}/",
        "foreign-requests": "/foreigners/",
    }
    for page, state, first_names, name, fields in names:
        foreigner = make_foreigner(hospital, first_names=first_names, name=name)
        pages[page] = f"/foreigners/{put(foreigner, state, **fields).pk}/"
        pages["foreign-new"] = f"/foreigners/new/?person={foreigner.person.pk}"
    return pages


REFUSED_ENDING = {
    "kind": "rejected",
    "summary": "",
    "answers": [
        {"code": "SIGNER_NOT_AUTHORIZED", "message": "No mandate for CBE=0406798006 today.", "parameters": []}
    ],
    "at": "2026-11-20T09:30:00+00:00",
}


def _endings(hospital: Hospital, installed: Certificate) -> dict[str, str]:
    """Asking for an end, and revocations at the steps that look different."""
    under_way = revoke(hospital, RevocationState.AWAITING_EVIDENCE)
    acceptance = shelve(hospital.organisation, "TEST-EPD", 500, environment=Environment.ACCEPTANCE)
    waiting = revoke(hospital, RevocationState.AWAITING_SIGNATURE, acceptance)
    done = revoke(hospital, RevocationState.COMPLETED)
    refused = revoke(hospital, RevocationState.REJECTED, problem=REFUSED_ENDING)
    unsigned = revoke(hospital, RevocationState.GAVE_UP, problem={"kind": UNSIGNED})
    return {
        "certificate-revoke": f"/certificates/{installed.pk}/revoke/?reason=superseded",
        "certificate-ending": f"/certificates/{under_way.certificate_id}/",
        "revocations": "/revocations/",
        "revocation-evidence": f"/revocations/{under_way.pk}/",
        "revocation-waiting": f"/revocations/{waiting.pk}/",
        "revocation-done": f"/revocations/{done.pk}/sign/",
        "revocation-refused": f"/revocations/{refused.pk}/",
        "revocation-unsigned": f"/revocations/{unsigned.pk}/",
    }


def _memberships(hospital: Hospital, viewer: User) -> dict[str, str]:
    """Invitations whose letters fared differently, and the pages that ask before something is given or taken."""
    here, now = hospital.organisation, datetime.now(UTC)
    made = [
        invited(hospital, f"{name}.uitgenodigd@sint-elisabeth-maasdal.example", role, full_name=name.title())
        for name, role in (("marieke", Role.HOLDER), ("jean-pierre", Role.VIEWER), ("ingeborg", Role.AUDITOR))
    ]
    with acting_for([here.pk], as_platform=True):
        rows = Invitation.objects.filter(organisation=here)
        rows.filter(pk=made[0].pk).update(sent_at=now, next_attempt_at=None)
        refused = "550 5.1.1 <jean-pierre.uitgenodigd@sint-elisabeth-maasdal.example> no such mailbox"
        rows.filter(pk=made[1].pk).update(attempts=1, answer=refused, expires_at=now - timedelta(days=2))
        membership = Membership.objects.get(organisation=here, user=viewer)
    return {
        "member-take": f"/organisation/members/{membership.pk}/take/",
        "invitation": link_of(made[0]).removeprefix(settings.ORIGIN),
    }


def make_site() -> Site:
    """Commit a hospital of its own with everything that pages can show."""
    hospital = make_hospital()
    here = hospital.organisation
    users = {
        "nl": member(here, Role.ADMINISTRATOR, Role.HOLDER, name="Katrien Vandenbroucke", language="nl"),
        "fr": member(here, Role.ADMINISTRATOR, Role.HOLDER, name="Jean-Baptiste Delacroix", language="fr"),
        "de": member(here, Role.ADMINISTRATOR, Role.HOLDER, name="Annelies Müller", language="de"),
    }
    walker = member(here, Role.ADMINISTRATOR, name="Piet Walker", language="en")
    walker.set_password(PASSWORD)
    walker.save()
    newcomer = member(here, Role.VIEWER, name="Nele Nieuw", language="nl")
    newcomer.set_password(PASSWORD)
    newcomer.save()
    site = Site(hospital, walker.email, give_second_factor(walker), newcomer.email)
    with acting_for([here.pk], as_platform=True):
        add_identifier(here, type="NIHII-HOSPITAL", value="71000436", actor=PLATFORM, now=datetime.now(UTC))
        holders = {
            "nl": _holder(hospital, users["nl"], "93051822361", "Katrien Maria", "Vandenbroucke"),
            "fr": _holder(hospital, users["fr"], "00010100105", "Jean-Baptiste", "Delacroix"),
            "de": _holder(hospital, users["de"], "78041204401", "Annelies", "Müller"),
        }
    other = make_hospital(name="Clinique Notre-Dame", cbe="0809394427", ssin="93051822361").organisation
    with acting_for([other.pk], as_platform=True):
        add_identifier(
            other, type="CBE", value=hospital.identifier.value, actor=PLATFORM, now=datetime.now(UTC)
        )
    _fill_shelf(hospital)
    certificate = shelve(here, "EHBOX-CENTRAAL", 61)
    strange = shelve(here, "ZELFGEMAAKT", 61, chain_trusted=False, revocation_status="unknown")
    for language, days in (("nl", 61), ("fr", 700)):
        shelve(
            here,
            "",
            days,
            common_name="SSIN=••.••.••-•••.61",
            holder_name=str(holders[language]).upper(),
            identifier_type="SSIN",
            identifier_value="",
            ssin_index=holders[language].ssin_index,
            owner=holders[language],
            **({"private_to": users[language]} if language == "nl" else {"shared_at": datetime.now(UTC)}),
        )
    old, new = _renewed(hospital)
    made = {state: ask(hospital, state) for state in RequestState if state is not RequestState.REJECTED}
    rejected = ask(hospital, RequestState.REJECTED, problem=PROBLEM)
    device = Device.objects.create(
        thumbprint=str(here.pk).replace("-", ""),
        public_jwk={},
        label="PC-APO-014",
        ssin_index=holders["nl"].ssin_index,
        holder_first_names=["Katrien", "Maria"],
        holder_name="Vandenbroucke",
        last_seen_at=datetime.now(UTC),
    )
    link(device, holders["nl"])
    waiting = {
        language: ask(
            hospital,
            RequestState.AWAITING_SIGNATURE,
            holder=holders[language],
            environment=Environment.ACCEPTANCE if language == "fr" else Environment.PRODUCTION,
        )
        for language in users
    }
    with_token = made[RequestState.COMPLETED].certificate
    assert with_token is not None
    give_token(with_token, TokenState.WAITING)
    site.certificate = certificate.pk
    site.pages = {
        "dashboard": "/",
        "inventory": "/certificates/",
        "certificate": f"/certificates/{certificate.pk}/",
        "certificate-token": f"/certificates/{with_token.pk}/",
        "certificate-old": f"/certificates/{old.pk}/",
        "certificate-new": f"/certificates/{new.pk}/",
        "certificate-strange": f"/certificates/{strange.pk}/",
        "renewal": f"/certificates/{certificate.pk}/renew/",
        "renewal-too-early": f"/certificates/{new.pk}/renew/",
        "installations": "/installations/",
        "key-store-lost": f"/requests/{_key_store_lost(hospital, certificate).pk}/",
        "import": "/certificates/import/",
        "requests": "/requests/",
        "request-new": "/requests/new/",
        "request-waiting": f"/requests/{made[RequestState.AWAITING_CERTIFICATE].pk}/",
        "request-refused": f"/requests/{rejected.pk}/",
        "request-done": f"/requests/{made[RequestState.COMPLETED].pk}/",
        "sign-list": "/sign/",
        "sign-waiting": f"/sign/{made[RequestState.AWAITING_CERTIFICATE].pk}/",
        "sign-done": f"/sign/{made[RequestState.COMPLETED].pk}/",
        "records": "/records/",
        "records-answered": f"/records/{answered(hospital, certificates=4, taken_back=True).pk}/",
        "records-unsigned": f"/records/{records(hospital, now=datetime.now(UTC) - timedelta(days=31)).pk}/",
        "own": "/own/",
        "own-new": "/own/new/",
        "workstation": "/workstation/",
        "answers": "/help/answers/",
        "answers-unknown": "/help/answers/?q=ZZ_SIGNER_UNKNOWN_AT_THE_FRONT_DESK",
        "device-withdraw": f"/workstation/{device.pk}/withdraw/",
        "organisation": "/organisation/",
        "person-leave": f"/organisation/people/{hospital.holder.pk}/leave/",
        "person-new": "/organisation/people/new/",
        "identifier-new": "/organisation/identifiers/new/",
        "mandate-new": "/organisation/mandates/new/",
        "member-new": "/organisation/members/new/",
        "history": "/organisation/history/",
        "security": "/accounts/2fa/",
        "not-found": "/certificates/nowhere/",
    }
    site.pages |= _papers_and_foreigners(hospital)
    site.pages |= _endings(hospital, old)
    site.pages |= _memberships(hospital, newcomer)
    for language, holder in holders.items():
        ending = revoke(hospital, RevocationState.AWAITING_SIGNATURE, holder=holder)
        site.pages[f"revocation-sign:{language}"] = f"/revocations/{ending.pk}/sign/"
    for language, request in waiting.items():
        site.pages[f"sign:{language}"] = f"/sign/{request.pk}/"
    for language, holder in holders.items():
        site.pages[f"records-waiting:{language}"] = f"/records/{records(hospital, holder=holder).pk}/"
    for language, user in users.items():
        client: Client = signed_in(user)
        site.sessions[language] = client.cookies["ehportal_session"].value
    return site
