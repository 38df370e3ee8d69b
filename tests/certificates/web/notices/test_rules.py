"""The page of rules: seen by members, changed by administrators, and never overwritten unseen."""

import re
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from certificates.models import NoticePolicy
from organisations.domain.roles import Role
from organisations.models import AuditEvent, Correspondent, Organisation
from organisations.tenancy import acting_for
from tests.certificates.notices.test_wishes import desk, rules, tag
from tests.certificates.web.shelf import shelve
from tests.organisations.web.members import member, own_queries, signed_in
from tests.support.hospital import Hospital

NOBODY = UUID(int=7)

GIVEN = {
    "steps": "30, 7;1 0", "again_after": "0", "administrators": "on", "holders_from": "", "escalate_after": "4",
    "by_mail": "on",
}  # fmt: skip


def kept(hospital: Hospital, model: Any) -> list[Any]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return list(model.objects.all())


def actions(hospital: Hospital) -> list[str]:
    with acting_for([hospital.organisation.pk], as_platform=True):
        return list(AuditEvent.objects.order_by("happened_at").values_list("action", flat=True))


def test_without_rules_the_house_s_own_are_shown(viewer: Client, hospital: Hospital) -> None:
    page = viewer.get("/notices/rules/").content.decode()
    assert "90, 60, 45, 30, 21, 14, 7, 3, 1, 0" in page
    assert "/notices/rules/new/" not in page


def test_rules_are_made_changed_and_removed(administrator: Client, hospital: Hospital) -> None:
    tag(shelve(hospital.organisation, "APP", 40), "lab")
    outside = desk(hospital)
    answer = administrator.post(
        "/notices/rules/new/",
        GIVEN | {"tag": "lab", "environment": "acceptance", "correspondents": [str(outside.pk)]},
        follow=True,
    )
    assert "30, 7, 1, 0" in answer.content.decode()
    [policy] = kept(hospital, NoticePolicy)
    assert (policy.tag, policy.environment, policy.steps) == ("lab", "acceptance", [30, 7, 1, 0])
    assert (policy.again_after, policy.holders_from, policy.escalate_after) == (0, None, 4)
    assert policy.correspondents == [outside.pk]
    form = administrator.get(f"/notices/rules/{policy.pk}/").content.decode()
    seen = re.search(r'name="seen" value="([^"]+)"', form)
    assert seen is not None
    administrator.post(f"/notices/rules/{policy.pk}/", GIVEN | {"steps": "5", "seen": seen[1]})
    [changed] = kept(hospital, NoticePolicy)
    assert (changed.tag, changed.steps) == ("lab", [5])
    stale = administrator.post(f"/notices/rules/{policy.pk}/", GIVEN | {"seen": seen[1]}, follow=True)
    assert "changed these rules meanwhile" in stale.content.decode()
    assert kept(hospital, NoticePolicy)[0].steps == [5], "nothing is overwritten unseen"
    for _ in range(2):
        administrator.post(f"/notices/rules/{policy.pk}/remove/")
    assert kept(hospital, NoticePolicy) == []
    told = [one for one in actions(hospital) if one.startswith("notice_rules")]
    assert told == ["notice_rules_kept", "notice_rules_kept", "notice_rules_removed"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"steps": "soon"}, "Write whole days"),
        ({"steps": "91"}, "Write whole days"),
        ({"steps": ", ,"}, "Write whole days"),
        ({"steps": "\u0663"}, "Write whole days"),
        ({"steps": "1" * 200}, "Write whole days"),
        ({"administrators": ""}, "nobody for sure"),
        ({"again_after": "-1"}, ""),
        ({"holders_from": "1000"}, ""),
        ({"seen": "yesterday"}, ""),
        ({"correspondents": str(NOBODY)}, ""),
    ],
)
def test_what_cannot_be_kept_is_said_and_stays_in_the_form(
    administrator: Client, hospital: Hospital, given: dict[str, str], words: str
) -> None:
    desk(hospital, agreed_at=None)
    answer = administrator.post("/notices/rules/new/", GIVEN | {"environment": "", "tag": ""} | given)
    if "seen" in given:  # new rules look at none
        assert answer.status_code == 302
        return
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert kept(hospital, NoticePolicy) == []


def test_there_is_one_set_of_rules_for_the_same(administrator: Client, hospital: Hospital) -> None:
    rules(hospital)
    answer = administrator.post("/notices/rules/new/", GIVEN | {"environment": "", "tag": ""})
    assert answer.status_code == 422
    assert "are rules for these certificates already" in answer.content.decode()


def test_another_tenant_s_rules_do_not_exist(administrator: Client, other_hospital: Hospital) -> None:
    theirs, outside = rules(other_hospital), desk(other_hospital)
    assert administrator.get(f"/notices/rules/{theirs.pk}/").status_code == 404
    assert administrator.post(f"/notices/rules/{theirs.pk}/", GIVEN).status_code == 404
    assert administrator.post(f"/notices/rules/{theirs.pk}/remove/").status_code == 404
    assert administrator.post(f"/notices/addresses/{outside.pk}/end/").status_code == 404
    assert kept(other_hospital, NoticePolicy) == [theirs]
    assert kept(other_hospital, Correspondent)[0].ended_at is None


@pytest.mark.parametrize("path", ["new/", "quiet/", f"{NOBODY}/", f"{NOBODY}/remove/"])
def test_members_look_and_change_nothing(viewer: Client, hospital: Hospital, path: str) -> None:
    assert viewer.get("/notices/rules/").status_code == 200
    assert viewer.post(f"/notices/rules/{path}", GIVEN).status_code == 403
    assert viewer.post("/notices/addresses/new/", {}).status_code == 403
    assert Client().get(f"/notices/rules/{path}").status_code in {302, 405}


def test_quiet_hours_are_kept_and_given_up(administrator: Client, hospital: Hospital) -> None:
    for begin, end, expected in (("20", "7", (20, 7)), ("5", "5", (None, None)), ("", "", (None, None))):
        administrator.post("/notices/rules/quiet/", {"begin": begin, "end": end})
        with acting_for([hospital.organisation.pk], as_platform=True):
            now = Organisation.objects.get(pk=hospital.organisation.pk)
        assert (now.quiet_from, now.quiet_until) == expected
    assert actions(hospital).count("quiet_hours_kept") == 2
    assert (
        "20:00" not in administrator.get("/notices/rules/").content.decode().partition('id="quiet"')[2][:200]
    )


def test_the_number_of_queries_does_not_grow(hospital: Hospital) -> None:
    client = signed_in(member(hospital.organisation, Role.ADMINISTRATOR))
    _page, few = own_queries(client, "/notices/rules/")
    for index in range(8):
        rules(hospital, tag=f"tag{index}")
        desk(hospital, email=f"{index}@maasdal.example")
    assert own_queries(client, "/notices/rules/")[1] == few
