"""The switch and its installations on the pages: what is left, confirming, and how many queries."""

import re
from datetime import UTC, datetime

from django.test import Client

from certificates.models import Certificate, Installation
from organisations.tenancy import acting_for
from tests.certificates.renewals.ending import (
    install,
    login,
    looked,
    pair,
    proof,
    token,
)
from tests.certificates.web.renewals.test_pages import address_of, page
from tests.certificates.web.shelf import shelve
from tests.support.hospital import Hospital

RECOGNISED = "urn:be:fgov:ehealth:1.0:certificateholder:hospital:nihii-number:recognisedhospital:boolean"

# --- side by side


def test_both_pages_show_the_switch(administrator: Client, hospital: Hospital) -> None:
    old, new = pair(hospital)
    install(hospital, old)
    token(hospital, new)
    for certificate, other in ((old, new), (new, old)):
        body = page(administrator, address_of(certificate))
        assert "Both certificates live side by side" in body
        assert f'href="{address_of(other)}"' in body
        assert "1 installation of the old certificate is left" in body
        assert "The encryption token of the new certificate is active" in body
        assert "No self test was done" in body
        assert "No workstation has looked for key stores since" in body
        assert 'class="plot switch' in body
        assert "can be confirmed once" in body


def test_the_way_to_a_confirmed_switch(administrator: Client, hospital: Hospital) -> None:
    old, new = pair(hospital)
    installation = install(hospital, old)
    looked(hospital, "PC-APO-014")
    token(hospital, new)
    blocked = administrator.post(address_of(old, "switch"), {"reason": "toch maar"}, follow=True)
    assert "can be confirmed once a workstation holds" in blocked.content.decode()
    empty = administrator.post(f"/installations/{installation.pk}/accept", {"reason": " "}, follow=True)
    assert "Say why this installation" in empty.content.decode()
    accepted = administrator.post(
        f"/installations/{installation.pk}/accept", {"reason": "Oude reserve"}, follow=True
    )
    body = accepted.content.decode()
    assert "Oude reserve" in body
    assert "looked for key stores since: PC-APO-014" in body
    assert "Messages are sealed to the new token" in body
    assert "Why the switch is done" not in body
    proof(hospital, new)
    login(hospital, new, attributes={RECOGNISED: "true"}, signer="ab" * 32, digest="cd" * 32)
    body = page(administrator, address_of(new))
    assert "The new certificate logs in at the platform" in body
    assert f"{RECOGNISED.removeprefix('urn:be:fgov:')}: true" in body
    assert "abababababababab…" in body
    done = administrator.post(address_of(old, "switch"), follow=True).content.decode()
    assert "Confirmed on" in done
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert Certificate.objects.get(pk=old.pk).switch_confirmed_at is not None
    install(hospital, old, machine="PC-LATER")
    assert "has found the old certificate since" in page(administrator, address_of(old))


def test_a_switch_with_a_line_open_asks_why(administrator: Client, hospital: Hospital) -> None:
    old, _new = pair(hospital)
    assert "Why the switch is done although a line above is open" in page(administrator, address_of(old))
    asked = administrator.post(address_of(old, "switch"), {"reason": " "}, follow=True).content.decode()
    assert "Say why the switch is done" in asked
    done = administrator.post(address_of(old, "switch"), {"reason": "Door de leverancier"}, follow=True)
    assert "Confirmed on" in done.content.decode()


def test_what_the_platform_did_not_take_is_said(administrator: Client, hospital: Hospital) -> None:
    _old, new = pair(hospital)
    assert "It was not tried whether the new certificate logs in" in page(administrator, address_of(new))
    login(hospital, new, "clock", days_ago=2)
    assert "The clock of the workstation is wrong" in page(administrator, address_of(new))
    login(hospital, new, "certificate_refused", days_ago=1)
    body = page(administrator, address_of(new))
    assert "did not get a session at the platform" in body
    assert "it may be revoked, or not known there yet" in body
    login(hospital, new, attributes={RECOGNISED: "false"})
    assert "does not recognise the organisation" in page(administrator, address_of(new))


# --- installations


def test_installations_are_listed_by_machine(
    viewer: Client, administrator: Client, hospital: Hospital
) -> None:
    old, new = pair(hospital)
    install(hospital, new, machine="B", package="HiX")
    install(hospital, old, machine="A", path="/x/1.p12")
    install(hospital, old, machine="C", gone_at=datetime.now(UTC))
    with acting_for([hospital.organisation.pk], as_platform=True):
        Installation.objects.create(
            organisation=hospital.organisation, device_id=old.pk, machine="D", path="/x/2.p12", file_digest="",
            name="CBE=0406798006, ONBEKEND", environment="production", estimated=True,
            first_seen_at=datetime.now(UTC), last_seen_at=datetime.now(UTC),
        )  # fmt: skip
    body = page(viewer, "/installations/")
    assert re.findall(r"<td><strong>(\w+)</strong></td>", body) == ["A", "B", "D"]
    assert [word for word in ("Old certificate", "Present certificate", "Not in the inventory") if word in body] == [
        "Old certificate", "Present certificate", "Not in the inventory"]  # fmt: skip
    assert "ONBEKEND" in body
    assert "Import this certificate" not in body
    assert "Import this certificate" in page(administrator, "/installations/")
    only = page(viewer, f"/installations/?certificate={old.pk}")
    assert re.findall(r"<td><strong>(\w+)</strong></td>", only) == ["A"]
    assert viewer.get("/installations/?certificate=x").status_code == 404


def test_installations_turn_their_pages(viewer: Client, hospital: Hospital) -> None:
    certificate = shelve(hospital.organisation, "EHBOX", 300)
    for index in range(104):
        install(hospital, certificate, machine=f"M{index // 60}", path=f"/{index:03}.p12")
    seen: list[str] = []
    query = ""
    for _ in range(3):
        body = page(viewer, f"/installations/{query}")
        seen += re.findall(r"/(\d{3})\.p12", body)
        found = re.findall(r'href="\?(after=[^"]+)"', body)
        query = f"?{found[0]}" if found else ""
    assert query == ""
    assert seen == [f"{index:03}" for index in range(104)]
    assert page(viewer, "/installations/?after=nonsense")


def test_old_and_new_are_told_apart_and_what_is_left_is_one_click_away(
    administrator: Client, hospital: Hospital
) -> None:
    old, new = pair(hospital)
    install(hospital, old)
    install(hospital, new, path="/home/an/b.p12")
    listed = page(administrator, "/installations/")
    texts = re.findall(r'<a href="/certificates/[0-9a-f-]{36}/">(.*?)</a>', listed)
    assert len(set(texts)) == 2
    assert all("until" in one for one in texts)
    assert f'href="{address_of(old)}#installations"' in page(administrator, address_of(new))


def test_the_overview_says_when_a_switch_gets_late(hospital: Hospital, administrator: Client) -> None:
    late = "its successor is not known to be in use everywhere"
    old, _new = pair(hospital)
    assert late not in page(administrator, "/"), "60 days are enough"
    near = shelve(hospital.organisation, old.application_id, 20)
    shelve(hospital.organisation, "without-successor", 20)
    shown = page(administrator, "/")
    assert f"{near.common_name} ends in 20 days, and {late}" in shown
    assert f"{address_of(near)}#switch" in shown
    assert shown.count(late) == 1
    with acting_for([hospital.organisation.pk], as_platform=True):
        Certificate.objects.filter(pk=near.pk).update(switch_confirmed_at=datetime.now(UTC))
    assert late not in page(administrator, "/")
