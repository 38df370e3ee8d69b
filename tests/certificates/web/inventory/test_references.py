"""A table of certificates that somebody knows of: looked at first, set as a whole, told line by line."""

import csv
import io
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from certificates.domain.lifecycle import Environment
from certificates.domain.references import MAX_BYTES
from certificates.models import Carer, Certificate, ImportBatch, Note, Tag
from organisations.domain.roles import Role
from organisations.models import AuditEvent
from organisations.tenancy import acting_for
from tests.certificates.web.shelf import shelve
from tests.organisations.web.members import member, own_queries
from tests.support.hospital import Hospital

UPLOAD = "/certificates/references/"
HEAD = "fingerprint;serial;issuer;number;application;environment;owner;tags;note"


def send(client: Client, *lines: str, head: str = HEAD) -> Any:
    """Send a table; return the answer."""
    file = SimpleUploadedFile("mine.csv", "\n".join([head, *lines]).encode())
    return client.post(UPLOAD, {"file": file})


def confirm(client: Client, address: str) -> str:
    """Confirm what the page of a table shows; return the page that follows."""
    page = client.get(address).content.decode()
    seen = page.partition('name="seen" value="')[2].partition('"')[0]
    answer: str = client.post(address, {"seen": seen}, follow=True).content.decode()
    return answer


def kept(hospital: Hospital, model: Any) -> list[Any]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return list(model.objects.all())


def report(client: Client, address: str) -> list[list[str]]:
    text = client.get(f"{address}report").content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))[1:]


def test_a_table_is_looked_at_and_then_set(administrator: Client, hospital: Hospital) -> None:
    here = hospital.organisation
    labo, apo = shelve(here, "LABO", 400), shelve(here, "APO", 30, serial="ff1")
    shelve(here, "MIRTH", 30)
    shelve(here, "LABO", 20)
    tom = member(here, Role.VIEWER, name="Tom")
    answer = send(
        administrator,
        f"{labo.fingerprint.upper()};;;;;;{tom.email.upper()};Oost, west;=cmd|x",
        f";0x{apo.serial};{apo.issuer};;;;;oost;",
        ";deadbeef;;;;;;oost;",
        ";;;CBE=0406.798.006;NOWHERE;production;;oost;",
        f"{'ab' * 32};;;;;;;;",
        ";1.2E+9;;;;;;oost;",
        ";;;;MIRTH;;nobody@example.org;oost;",
        f"{labo.fingerprint};;;;;;;third;",
    )
    address = answer["Location"]
    page = administrator.get(address).content.decode()
    assert "2 certificates of the table stand here" in page
    assert "Set it on 2 certificates" in page
    assert kept(hospital, Tag) == [], "nothing is set before it was confirmed"
    lines = report(administrator, address)
    assert [line[0] for line in lines] == ["2", "3", "4", "5", "6", "7", "8", "9"]
    assert [line[1][:12] for line in lines] == [
        *["Stands here"] * 2,
        *["Stands not h"] * 3,
        *["Nothing is d"] * 3,
    ]
    assert "records" in lines[3][2]
    assert "Upload" in lines[2][2]
    assert "shortened" in lines[5][2]
    assert "e-mail" in lines[6][2]
    assert "above" in lines[7][2]
    assert lines[0][-1] == "'=cmd|x", "nothing is computed"
    assert "2 certificates were changed" in confirm(administrator, address)
    assert {(tag.certificate_id, tag.text) for tag in kept(hospital, Tag)} == {
        (labo.pk, "oost"),
        (labo.pk, "west"),
        (apo.pk, "oost"),
    }
    assert [(one.user_id, one.caring) for one in kept(hospital, Carer)] == [(tom.pk, "owner")]
    assert [(one.certificate_id, one.text) for one in kept(hospital, Note)] == [(labo.pk, "=cmd|x")]
    told = [event.action for event in kept(hospital, AuditEvent)]
    assert [told.count(one) for one in ("certificate_tagged", "certificate_given", "note_written")] == [
        3,
        1,
        1,
    ]
    again = administrator.get(address).content.decode()
    assert "Set it on" not in again
    assert len(report(administrator, address)) == 8, "what is not known stays in the report"


def test_by_name_the_latest_is_meant_and_doubt_is_told(administrator: Client, hospital: Hospital) -> None:
    here = hospital.organisation
    shelve(here, "LABO", 20)
    latest = shelve(here, "LABO", 400)
    other = shelve(here, "LABO", 300, environment=Environment.ACCEPTANCE)
    number = "0406798006"
    address = send(
        administrator,
        f";;;{number};LABO;;;a;",
        f";;;{number};LABO;Productie;;b;",
        f";;;{number};LABO;acceptance;;c;",
    )["Location"]
    assert "Several certificates fit" in report(administrator, address)[0][2]
    confirm(administrator, address)
    assert {(one.certificate_id, one.text) for one in kept(hospital, Tag)} == {
        (latest.pk, "b"),
        (other.pk, "c"),
    }


def test_what_changed_meanwhile_is_not_set(administrator: Client, hospital: Hospital) -> None:
    one, two = shelve(hospital.organisation, "LABO", 400), shelve(hospital.organisation, "APO", 30)
    lines = [f"{each.fingerprint};;;;;;;oost;" for each in (one, two)]
    address = send(administrator, *lines)["Location"]
    page = administrator.get(address).content.decode()
    seen = page.partition('name="seen" value="')[2].partition('"')[0]
    administrator.post(
        "/certificates/several", {"do": "tag", "tag": "oost", "certificate": str(one.pk), "confirmed": "yes"}
    )
    refused = administrator.post(address, {"seen": seen}, follow=True).content.decode()
    assert "nothing was set" in refused
    assert [tag.certificate_id for tag in kept(hospital, Tag)] == [one.pk]
    assert "1 certificate was changed" in confirm(administrator, address)


def test_whose_table_it_is_alone_sees_it(
    administrator: Client, viewer: Client, stranger: Client, hospital: Hospital, other_hospital: Hospital
) -> None:
    theirs = shelve(other_hospital.organisation, "THEIRS", 400)
    address = send(administrator, f"{theirs.fingerprint};;;;;;;oost;", f";{theirs.serial};;;;;;oost;")[
        "Location"
    ]
    assert "0 certificates of the table" in administrator.get(address).content.decode()
    assert viewer.get(address).status_code == 403
    assert viewer.get(UPLOAD).status_code == 403
    assert stranger.get(address).status_code == 404
    [batch] = kept(hospital, ImportBatch)
    assert administrator.get(f"/certificates/import/{batch.pk}/").status_code == 404
    assert b"THEIRS" not in bytes(batch.sealed_certificates)


def test_limits_are_stated_and_kept(administrator: Client) -> None:
    page = administrator.get(UPLOAD).content.decode()
    assert "one file of 2 MB with up to 2000 lines" in page
    assert "Fingerprint (SHA-256)" in administrator.get(f"{UPLOAD}empty").content.decode()
    large = administrator.post(
        UPLOAD, {"file": SimpleUploadedFile("x.csv", b"serial\n" + b"1\n" * (MAX_BYTES // 2))}
    )
    assert large.status_code == 422
    assert "too large" in large.content.decode()
    broken = send(administrator, '1;"open', head="serial;note")
    assert broken.status_code == 422
    assert "From line 2 on" in broken.content.decode()
    assert "names the columns" not in broken.content.decode().partition("<form")[0]
    assert administrator.post(UPLOAD).status_code == 422


def test_our_own_export_is_read_again(administrator: Client, hospital: Hospital) -> None:
    one = shelve(hospital.organisation, "LABO", 400)
    text = administrator.get("/certificates/export").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    rows[1][rows[0].index("Tags")] = "oost"
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows(rows)
    answer = administrator.post(
        UPLOAD, {"file": SimpleUploadedFile("x.csv", out.getvalue().encode("utf-16"))}
    )
    confirm(administrator, answer["Location"])
    assert [(tag.certificate_id, tag.text) for tag in kept(hospital, Tag)] == [(one.pk, "oost")]


def test_its_queries_do_not_grow(administrator: Client, hospital: Hospital) -> None:
    some: list[Certificate] = [shelve(hospital.organisation, f"C{number}", 400) for number in range(12)]
    counts = []
    for number in (2, 12):
        lines = [f"{one.fingerprint};;;;;;;oost;" for one in some[:number]]
        address = send(administrator, *lines, *[f";{one.serial};;;;;;;" for one in some[:number]])["Location"]
        counts.append(own_queries(administrator, address)[1])
    assert counts[0] == counts[1]
