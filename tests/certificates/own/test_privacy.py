"""Every door through which somebody else might see a care provider's own certificate."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from certificates.domain.validity import RevocationStatus
from certificates.errors.own import SharingRefused
from certificates.models import (
    AgentJob,
    Certificate,
    CertificateRequest,
    ContinuityProof,
    EncryptionToken,
    Installation,
    LoginProof,
    Revocation,
)
from certificates.services.own.certificate import share_certificate, withdraw_sharing
from organisations.domain.roles import Role
from organisations.models import AuditEvent
from organisations.tenancy import NOBODY, acting_for
from tests.organisations.web.members import member, signed_in
from tests.support.holder import Holder
from tests.support.hospital import Hospital
from tests.support.provider import SSIN, Provider
from tests.support.sandbox import SandboxProcess


def everything_about(hers: Certificate, provider: Provider) -> None:
    """Rows of every table that may speak of the certificate."""
    now, here = datetime.now(UTC), provider.hospital.organisation
    with acting_for([here.pk], as_platform=True):
        token = EncryptionToken.objects.create(
            organisation=here, certificate=hers, state="waiting", state_since=now, serial="77"
        )
        ContinuityProof.objects.create(
            organisation=here,
            certificate=hers,
            device_id=here.pk,
            device_label="PC",
            checked_at=now,
            passed=True,
            finding="ok",
        )
        LoginProof.objects.create(
            organisation=here,
            certificate=hers,
            device_id=here.pk,
            device_label="PC",
            checked_at=now,
            verdict="ok",
            passed=True,
        )
        Installation.objects.create(
            organisation=here,
            certificate=hers,
            device_id=here.pk,
            machine="PC-SOFIE",
            path="/home/sofie/x.p12",
            file_digest="ab" * 32,
            environment="production",
            first_seen_at=now,
            last_seen_at=now,
        )
        revocation = Revocation.objects.create(
            organisation=here,
            certificate=hers,
            reason="superseded",
            holder=provider.person,
            requested_by=provider.user,
            state="awaiting_signature",
            state_since=now,
        )
        subjects: tuple[dict[str, Any], ...] = ({"token": token}, {"revocation": revocation})
        for index, about in enumerate(subjects):
            AgentJob.objects.create(
                id=f"{hers.pk.hex[:20]}{index}Q",
                organisation=here,
                kind="check-token",
                holder=provider.person,
                expires_at=now + timedelta(days=1),
                **about,
            )


MODELS = (
    Certificate,
    CertificateRequest,
    AgentJob,
    EncryptionToken,
    ContinuityProof,
    LoginProof,
    Installation,
    Revocation,
)


def seen_by(hospital: Hospital, user: Any, *, as_platform: bool = False) -> dict[str, int]:
    """How many rows of each table the database shows to `user`, whatever a page would ask."""
    with acting_for([hospital.organisation.pk], user=user, as_platform=as_platform):
        found = {model.__name__: model._default_manager.count() for model in MODELS}
        private = AuditEvent.objects.filter(private_to__isnull=False)
        return found | {"AuditEvent": private.count()}


def test_the_database_itself_keeps_it_private(provider: Provider, hers: Certificate) -> None:
    everything_about(hers, provider)
    hospital = provider.hospital
    nothing = dict.fromkeys([*(model.__name__ for model in MODELS), "AuditEvent"], 0)
    for other in (hospital.administrator.pk, hospital.holder_user.pk, NOBODY, None):
        assert seen_by(hospital, other) == nothing
    assert min(seen_by(hospital, provider.user.pk).values()) > 0
    assert min(seen_by(hospital, None, as_platform=True).values()) > 0
    with acting_for([hospital.organisation.pk], user=hospital.administrator.pk):
        assert Certificate.objects.filter(pk=hers.pk).update(source="imported") == 0
        assert CertificateRequest.objects.filter(certificate_id=hers.pk).update(reason="x") == 0
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM certificates_certificate WHERE private_to_id IS NOT NULL")
            assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR, Role.HOLDER])
def test_nobody_else_sees_it_through_any_page(provider: Provider, hers: Certificate, role: Role) -> None:
    everything_about(hers, provider)
    with acting_for([provider.hospital.organisation.pk], as_platform=True):
        request = CertificateRequest.objects.get(certificate=hers)
    other = signed_in(member(provider.hospital.organisation, role, name="Nieuwsgierig"))
    for address in (
        f"/certificates/{hers.pk}/",
        f"/certificates/{hers.pk}/download",
        f"/requests/{request.pk}/",
        f"/requests/{request.pk}/status",
        f"/sign/{request.pk}/",
        f"/own/new/?renews={hers.pk}",
    ):
        assert other.get(address).status_code == 404, address
    for address in (
        f"/requests/{request.pk}/cancel",
        f"/requests/{request.pk}/ask-again",
        f"/own/{hers.pk}/share",
    ):
        assert other.post(address, {"agree": "yes"}).status_code in (403, 404), address
    searches = [hers.serial, hers.fingerprint, hers.public_key_identifier, "janssens", "ssin"]
    pages = ["/", "/certificates/", "/requests/", "/requests/?state=issued", "/own/"]
    pages += [f"/certificates/?q={text}" for text in searches]
    pages += ["/sign/"] if role is Role.HOLDER else []
    pages += ["/records/"] if role is not Role.AUDITOR else []
    pages += ["/organisation/history/"] if role is not Role.HOLDER else []
    for address in pages:
        answer = other.get(address)
        assert answer.status_code == 200, address
        # What was typed comes back in its field, and in the addresses that ask for the same again.
        text = re.sub(r'value="[^"]*"|\?q=\w+"', "", answer.content.decode())
        for secret in (str(hers.pk), str(request.pk), hers.serial, hers.fingerprint[:16], "SSIN="):
            assert secret not in text, (address, secret)
    assert 'class="figure">1<' not in other.get("/").content.decode(), "not even a count"


def test_the_owner_sees_it_everywhere(provider: Provider, hers: Certificate) -> None:
    sofie = signed_in(provider.user)
    assert str(hers.pk) in sofie.get("/certificates/").content.decode()
    page = sofie.get(f"/certificates/{hers.pk}/").content.decode()
    assert "Only you see this certificate" in page
    assert "Certificate taken into the inventory" in page
    assert SSIN not in page
    download = sofie.get(f"/certificates/{hers.pk}/download")
    assert download.content.startswith(b"-----BEGIN CERTIFICATE-----")
    own = sofie.get("/own/").content.decode()
    assert "Only you see it." in own


def test_agreeing_and_taking_it_back(provider: Provider, hers: Certificate) -> None:
    hospital = provider.hospital
    sofie, els = signed_in(provider.user), signed_in(hospital.administrator)
    sofie.post(f"/own/{hers.pk}/share", {"agree": "yes"})
    shown = els.get(f"/certificates/{hers.pk}/").content.decode()
    assert "Sofie Janssens" in shown
    assert SSIN not in shown
    assert "/own/" in els.get("/certificates/").content.decode()
    assert str(hers.pk) in els.get("/certificates/").content.decode()
    history = els.get("/organisation/history/").content.decode()
    assert "het certificaat zien" in history
    with acting_for([hospital.organisation.pk], as_platform=True):
        request = CertificateRequest.objects.get(certificate=hers)
    assert els.get(f"/requests/{request.pk}/").status_code == 404, (
        "the request stays hers: it holds her contact data"
    )
    els.post(f"/own/{hers.pk}/share", {"agree": "no"})
    assert els.get(f"/certificates/{hers.pk}/").status_code == 200, "only she takes it back"
    sofie.post(f"/own/{hers.pk}/share", {"agree": "no"})
    assert els.get(f"/certificates/{hers.pk}/").status_code == 404
    assert str(hers.pk) not in els.get("/certificates/").content.decode()
    history = els.get("/organisation/history/").content.decode()
    assert "trok het akkoord in" in history


def test_another_person_agrees_to_nothing(provider: Provider, hers: Certificate) -> None:
    hospital, now = provider.hospital, datetime.now(UTC)
    with acting_for([hospital.organisation.pk], as_platform=True):
        with pytest.raises(SharingRefused):
            share_certificate(hers, user=hospital.administrator, now=now)
        with pytest.raises(SharingRefused):
            withdraw_sharing(hers, user=hospital.administrator, now=now)


def test_what_was_imported_meanwhile_betrays_nothing(provider: Provider, hers: Certificate) -> None:
    """The administrator imports the same certificate: it is new there, as if nothing were known."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    hospital = provider.hospital
    els = signed_in(hospital.administrator)
    preview = els.post("/certificates/import/", {"files": SimpleUploadedFile("a.der", hers.der)})
    page = els.get(preview["Location"]).content.decode()
    assert page.count('name="take"') == 1
    els.post(preview["Location"], {"take": "0"})
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert Certificate.objects.filter(fingerprint=hers.fingerprint).count() == 2
    sofie = signed_in(provider.user)
    answer = sofie.post(f"/own/{hers.pk}/share", {"agree": "yes"}, follow=True).content.decode()
    assert "has this certificate already" in answer


def test_workers_still_look_after_it(
    government: SandboxProcess, provider: Provider, hers: Certificate
) -> None:
    from certificates.services.status.check import check_revocation
    from tests.support.work import claimable

    now = datetime.now(UTC)
    assert (hers.organisation_id, hers.pk) in claimable("status_checks")
    check_revocation(hers.organisation_id, hers.pk, now=now)
    with acting_for([hers.organisation_id], as_platform=True):
        row = Certificate.objects.get(pk=hers.pk)
        event = AuditEvent.objects.get(subject_id=hers.pk, action="certificate_found_good")
    assert row.revocation_status == RevocationStatus.GOOD
    assert event.private_to_id == provider.user.pk


def test_another_tenant_and_strangers(client: Client, provider: Provider, hers: Certificate) -> None:
    from tests.support.hospital import make_hospital

    other = make_hospital(
        name="Clinique", cbe="0809394427", ssin="93051822361", first_names="Luc", surname="Dubois"
    )
    luc = signed_in(other.administrator)
    assert luc.get(f"/certificates/{hers.pk}/").status_code == 404
    assert luc.post(f"/own/{hers.pk}/share", {"agree": "yes"}).status_code == 404
    assert (
        "not linked" in luc.get("/own/").content.decode() or "gekoppeld" in luc.get("/own/").content.decode()
    )
    assert luc.get("/own/new/").status_code == 404
    assert client.get("/own/").status_code == 302


def test_another_workstation_learns_nothing_of_it(
    provider: Provider, hers: Certificate, hospital: Hospital, holder: Holder
) -> None:
    """A key store of hers on An's disk: unknown to An's workstation, and no installation of a private certificate."""
    assert holder.enrol().status_code == 201
    found = {
        "fingerprint": hers.fingerprint,
        "public_key_identifier": hers.public_key_identifier,
        "serial": None,
        "subject": hers.subject,
        "path": "/home/an/ehealth/keystore/x.p12",
        "file_digest": "d" * 64,
        "package": None,
        "environment": "production",
        "not_after": hers.not_after.isoformat(),
        "estimated": False,
    }
    report = {"machine": "PC-AN", "complete": True, "folders": ["/home/an/ehealth"], "installations": [found]}
    answer = holder.call("POST", "/agent/v1/installations", report)
    assert (answer.status_code, answer.json()["matched"]) == (200, 0), answer.content
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert not Installation.objects.filter(certificate=hers).exists()
