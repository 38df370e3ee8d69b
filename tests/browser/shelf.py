"""Rows for every page of the site: certificates, renewals, papers, foreigners, endings."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from certificates.domain.foreign_lifecycle import ForeignState
from certificates.domain.lifecycle import Environment, RequestState
from certificates.domain.papers import PaperKind, PaperState
from certificates.domain.revocation import HOLD, RevocationState
from certificates.domain.tokens import TokenState
from certificates.models import Certificate, CertificateRequest, Installation
from certificates.models.work import UNSIGNED
from certificates.services.papers.keep_signed_copy import keep_signed_copy
from certificates.services.papers.move import move_paper
from organisations.models import Person, User
from organisations.services.mandates import give_mandate
from organisations.services.people import add_person
from organisations.tenancy import acting_for
from tests.certificates.foreigners.stages import make_foreigner
from tests.certificates.papers.test_papers import SCAN, TODAY, draft
from tests.certificates.renewals.ending import install, known, pair, renew, token
from tests.certificates.web.foreigners.test_pages import put
from tests.certificates.web.revocations.endings import revoke
from tests.certificates.web.shelf import ask, shelve
from tests.support.hospital import PLATFORM, Hospital

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


def holder_of(hospital: Hospital, user: User, ssin: str, first_names: str, name: str) -> Person:
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


def fill_shelf(hospital: Hospital) -> None:
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


def renewed(hospital: Hospital) -> tuple[Certificate, Certificate]:
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


def key_store_lost(hospital: Hospital, replaced: Certificate) -> CertificateRequest:
    problem = {"kind": "key_store_lost", "summary": "", "answers": [], "at": "2026-11-20T09:30:00+00:00"}
    return ask(hospital, RequestState.DECLINED, replaces=replaced, problem=problem)


def papers_and_foreigners(hospital: Hospital) -> dict[str, str]:
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


def endings(hospital: Hospital, installed: Certificate) -> dict[str, str]:
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
