"""Taking a role away: felt at the next page, recorded, and never from the last administrator."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

from django.db import connections
from django.test import Client

from organisations.domain.roles import Role
from organisations.errors import LastAdministrator
from organisations.models import AuditEvent, Membership, User
from organisations.services.members import take_role
from organisations.tenancy import acting_for
from tests.organisations.web.members import member, own_queries, signed_in
from tests.support.hospital import PLATFORM, Hospital, make_hospital


def role_of(hospital: Hospital, user: User, role: Role) -> Membership:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return Membership.objects.select_related("user").get(user=user, role=role)


def address(membership: Membership) -> str:
    return f"/organisation/members/{membership.pk}/take/"


def test_a_role_is_taken_away(administrator: Client, hospital: Hospital) -> None:
    auditor = member(hospital.organisation, Role.AUDITOR, Role.VIEWER, name="Ada Auditor")
    theirs = signed_in(auditor)
    assert theirs.get("/organisation/history/").status_code == 200
    membership = role_of(hospital, auditor, Role.AUDITOR)
    assert address(membership) in administrator.get("/organisation/").content.decode()
    asked = administrator.get(address(membership)).content.decode()
    for told in ("Ada Auditor", "Auditor", "changes nothing", "Back, the role stays"):
        assert told in asked
    assert role_of(hospital, auditor, Role.AUDITOR), "looking takes nothing"
    page = administrator.post(address(membership), follow=True).content.decode()
    assert "Ada Auditor no longer has the role Auditor." in page
    assert theirs.get("/organisation/history/").status_code == 403
    assert theirs.get("/").status_code == 200, "the other role stays"
    with acting_for([hospital.organisation.pk], as_platform=True):
        [event] = AuditEvent.objects.filter(action="role_taken")
    assert (event.subject_id, event.details) == (
        membership.pk,
        {"member": "Ada Auditor", "role": "auditor"},
    )
    again = administrator.post(address(membership), follow=True).content.decode()
    assert "Koen Claes: Role taken away (" in again, "once"
    assert "Role taken away" in administrator.get("/organisation/history/").content.decode()


def test_who_may_not(viewer: Client, stranger: Client, client: Client, hospital: Hospital) -> None:
    membership = role_of(hospital, hospital.holder_user, Role.HOLDER)
    assert viewer.post(address(membership)).status_code == 403
    assert viewer.get(address(membership)).status_code == 403
    assert stranger.get(address(membership)).status_code == 404
    assert stranger.post(address(membership)).status_code == 404
    assert client.post(address(membership)).status_code == 302
    assert stranger.post(f"/organisation/members/{uuid4()}/take/").status_code == 404
    assert role_of(hospital, hospital.holder_user, Role.HOLDER)


def test_the_last_administrator_keeps_the_role(hospital: Hospital) -> None:
    els = signed_in(hospital.administrator)
    hospital.administrator.language = "en"
    hospital.administrator.save()
    membership = role_of(hospital, hospital.administrator, Role.ADMINISTRATOR)
    page = els.post(address(membership), follow=True).content.decode()
    assert "An organisation keeps one administrator." in page
    gone = member(hospital.organisation, Role.ADMINISTRATOR)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    page = els.post(address(membership), follow=True).content.decode()
    assert "An organisation keeps one administrator." in page, "one who cannot sign in does not count"
    member(hospital.organisation, Role.ADMINISTRATOR)
    assert els.post(address(membership))["Location"] == "/"
    assert els.get("/organisation/").status_code == 403


def test_two_administrators_cannot_both_leave_at_once(committing: None) -> None:
    """Committed rows of a hospital of its own: two connections have to see them."""

    def leave(membership: Membership) -> str:
        try:
            with acting_for([hospital.organisation.pk], as_platform=True):
                take_role(membership, actor=PLATFORM, now=datetime.now(UTC))
        except LastAdministrator:
            return "refused"
        finally:
            connections.close_all()
        return "taken"

    hospital = make_hospital()
    other = member(hospital.organisation, Role.ADMINISTRATOR)
    both = [role_of(hospital, user, Role.ADMINISTRATOR) for user in (hospital.administrator, other)]
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(leave, both)) == ["refused", "taken"]
    with acting_for([hospital.organisation.pk], as_platform=True):
        assert Membership.objects.filter(role=Role.ADMINISTRATOR).count() == 1
    connections.close_all()


def test_the_organisation_page_asks_no_more_for_more_rows(administrator: Client, hospital: Hospital) -> None:
    _answer, before = own_queries(administrator, "/organisation/")
    for index in range(5):
        member(hospital.organisation, Role.VIEWER, Role.AUDITOR, name=f"Viewer {index}")
    assert own_queries(administrator, "/organisation/")[1] == before == 10
