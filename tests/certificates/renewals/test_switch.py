"""Two certificates side by side: what the switch still needs, accepting what is left, confirming once."""

from typing import Any

import pytest

from certificates.domain.lifecycle import RequestState
from certificates.domain.tokens import TokenState
from certificates.errors.installations import CannotAccept
from certificates.errors.renewals import CannotConfirmSwitch
from certificates.models import (
    Certificate,
    CertificateRequest,
    EncryptionToken,
    Installation,
)
from certificates.services.renewals.confirm_switch import (
    SwitchChecklist,
    accept_installation,
    checklist_of,
    confirm_switch,
)
from organisations.models import AuditEvent
from organisations.services.audit import Actor
from organisations.tenancy import acting_for
from tests.certificates.renewals.ending import install, login, looked, pair, proof, token
from tests.certificates.stages import now
from tests.certificates.web.shelf import shelve
from tests.support.hospital import Hospital, make_hospital


def look(hospital: Hospital, old: Certificate, new: Certificate) -> SwitchChecklist:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return checklist_of(old, new)


def confirm(hospital: Hospital, old: Certificate, reason: str = "") -> None:
    with acting_for([hospital.organisation.pk], as_platform=True):
        confirm_switch(old, reason=reason, actor=Actor.user(hospital.administrator), now=now())


def accept(hospital: Hospital, installation: Installation, certificate: Certificate, reason: str) -> None:
    with acting_for([hospital.organisation.pk], as_platform=True):
        accept_installation(
            installation.pk, certificate=certificate, reason=reason, user=hospital.administrator,
            actor=Actor.user(hospital.administrator), now=now(),
        )  # fmt: skip


def events(hospital: Hospital, certificate: Certificate, action: str) -> list[dict[str, Any]]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        rows = AuditEvent.objects.filter(subject_id=certificate.pk, action=action).order_by("happened_at")
        return [row.details for row in rows]


def test_the_checklist_follows_the_rows(hospital: Hospital) -> None:
    old, new = pair(hospital, RequestState.ISSUED)
    install(hospital, old)
    assert look(hospital, old, new).open == ("key_store", "look", "installations", "token", "proof", "login")
    with acting_for([hospital.organisation.pk], as_platform=True):
        CertificateRequest.objects.filter(certificate=new).update(state=RequestState.COMPLETED)
        Installation.objects.update(gone_at=now())
    looked(hospital, days_ago=3)
    assert "look" in look(hospital, old, new).open, "a look before the new one was here says nothing"
    looked(hospital, "PC-2")
    waiting = token(hospital, new, TokenState.WAITING)
    proof(hospital, new, passed=False)
    assert look(hospital, old, new).open == ("token", "proof", "login"), (
        "waiting is not active, and a failed test proves nothing"
    )
    with acting_for([hospital.organisation.pk], as_platform=True):
        EncryptionToken.objects.filter(pk=waiting.pk).update(state=TokenState.ACTIVE)
    proof(hospital, new)
    login(hospital, new, "refused", days_ago=1)
    assert look(hospital, old, new).open == ("login",), "a login that failed proves nothing"
    login(hospital, new)
    assert look(hospital, old, new).open == ()
    proof(hospital, new, passed=False, days_ago=-1)
    assert look(hospital, old, new).open == ("proof",), "the last self test counts"


def test_a_successor_made_elsewhere_has_no_workstation_to_wait_for(hospital: Hospital) -> None:
    old = shelve(hospital.organisation, "EHBOX", 60)
    new = shelve(hospital.organisation, "EHBOX", 1090)
    assert "key_store" in look(hospital, old, new).open, "nobody has seen it in use"
    with pytest.raises(CannotConfirmSwitch) as refused:
        confirm(hospital, old)
    assert refused.value.extra["field"] == "reason"
    confirm(hospital, old, "De leverancier heeft het geplaatst")
    install(hospital, new)
    assert "key_store" not in look(hospital, old, new).open


def test_a_finished_switch_is_confirmed_once(hospital: Hospital) -> None:
    old, new = pair(hospital)
    looked(hospital)
    token(hospital, new)
    proof(hospital, new)
    login(hospital, new)
    confirm(hospital, old)
    first = old.switch_confirmed_at
    confirm(hospital, old)
    assert look(hospital, old, new).confirmed_at == first
    [details] = events(hospital, old, "switch_confirmed")
    assert details["successor"] == new.fingerprint


def test_what_is_left_is_accepted_one_by_one_with_a_reason(hospital: Hospital) -> None:
    old, new = pair(hospital)
    token(hospital, new)
    proof(hospital, new)
    login(hospital, new)
    looked(hospital)
    one, two = install(hospital, old), install(hospital, old, machine="PC-2")
    with pytest.raises(CannotConfirmSwitch) as refused:
        confirm(hospital, old, "toch maar")
    assert refused.value.extra == {"open": ["installations"]}, "a reason for all does not do"
    with pytest.raises(CannotAccept):
        accept(hospital, one, old, "   ")
    accept(hospital, one, old, "Reservetoestel, uitgeschakeld")
    with pytest.raises(CannotAccept):
        accept(hospital, one, old, "nog eens")
    with pytest.raises(CannotConfirmSwitch):
        confirm(hospital, old)
    accept(hospital, two, old, "Wordt vrijdag vervangen")
    confirm(hospital, old)
    assert old.switch_confirmed_at is not None
    assert [one["reason"] for one in events(hospital, old, "installation_accepted")] == [
        "Reservetoestel, uitgeschakeld", "Wordt vrijdag vervangen"]  # fmt: skip
    assert [row.accepted_by for row in look(hospital, old, new).left] == [hospital.administrator] * 2


@pytest.mark.parametrize("ready", ["", "look", "proof"])
def test_without_a_token_look_and_proof_may_stay_open_for_a_reason(hospital: Hospital, ready: str) -> None:
    old, new = pair(hospital)
    if ready == "look":
        looked(hospital)
    if ready == "proof":
        proof(hospital, new)
    with pytest.raises(CannotConfirmSwitch):
        confirm(hospital, old, "  ")
    confirm(hospital, old, "Opent geen versleutelde berichten")
    [details] = events(hospital, old, "switch_confirmed")
    assert details["open"] == [code for code in ("look", "token", "proof", "login") if code != ready]
    assert details["reason"] == "Opent geen versleutelde berichten"


@pytest.mark.parametrize("state", [TokenState.STARTED, TokenState.WAITING, TokenState.ACTIVE])
def test_what_messages_are_sealed_to_must_be_proven(hospital: Hospital, state: TokenState) -> None:
    old, new = pair(hospital)
    looked(hospital)
    token(hospital, new, state)
    with pytest.raises(CannotConfirmSwitch) as refused:
        confirm(hospital, old, "Het zal wel gaan")
    assert "proof" in refused.value.extra["open"]  # type: ignore[operator]  # a list
    assert str(refused.value.detail) == look(hospital, old, new).obstacle != ""
    with acting_for([hospital.organisation.pk], as_platform=True):
        EncryptionToken.objects.update(state=TokenState.ACTIVE)
    proof(hospital, new, passed=False)
    with pytest.raises(CannotConfirmSwitch):
        confirm(hospital, old, "Het zal wel gaan")
    proof(hospital, new, days_ago=-0.1)
    login(hospital, new)
    confirm(hospital, old)


@pytest.mark.parametrize("verdict", ["", "refused", "clock"])
def test_a_login_that_was_not_proven_needs_a_reason(hospital: Hospital, verdict: str) -> None:
    """An older agent reports none: that is not tried, and no obstacle for who says why."""
    old, new = pair(hospital)
    looked(hospital)
    token(hospital, new)
    proof(hospital, new)
    if verdict:
        login(hospital, new, verdict)
    with pytest.raises(CannotConfirmSwitch) as refused:
        confirm(hospital, old)
    assert refused.value.extra == {"field": "reason", "open": ["login"]}
    confirm(hospital, old, "De software is al aangemeld")
    [details] = events(hospital, old, "switch_confirmed")
    assert (details["open"], details["reason"]) == (["login"], "De software is al aangemeld")


def test_no_reason_helps_while_no_workstation_holds_the_new_key(hospital: Hospital) -> None:
    old, _new = pair(hospital, RequestState.ISSUED)
    with pytest.raises(CannotConfirmSwitch) as refused:
        confirm(hospital, old, "toch maar")
    assert "key_store" in refused.value.extra["open"]  # type: ignore[operator]  # a list


def test_nothing_is_switched_without_a_successor(hospital: Hospital) -> None:
    old = shelve(hospital.organisation, "EHBOX", 60)
    with pytest.raises(CannotConfirmSwitch) as refused:
        confirm(hospital, old, "toch maar")
    assert refused.value.extra == {"open": ["successor"]}


def test_another_certificates_or_tenants_installation_is_not_accepted(hospital: Hospital) -> None:
    other = make_hospital(name="Clinique Saint-Roch", cbe="0809394427", ssin="93051822361")
    old, new = pair(hospital)
    theirs = install(other, shelve(other.organisation, "EHBOX", 60))
    ours = install(hospital, old)
    for installation, certificate in ((theirs, old), (ours, new)):
        with pytest.raises(CannotAccept):
            accept(hospital, installation, certificate, "geen reden")
