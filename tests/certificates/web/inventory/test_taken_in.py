"""What was taken in together: one line in the history, its certificates one click away."""

from django.test import Client

from certificates.models import Intake
from organisations.models import AuditEvent
from organisations.tenancy import acting_for
from tests.certificates.inventory.uploads import stored, take, upload
from tests.certificates.samples import ehealth, pem
from tests.certificates.stages import tag
from tests.support.hospital import Hospital


def test_the_history_has_one_line_for_an_import(
    administrator: Client, stranger: Client, hospital: Hospital
) -> None:
    known = ehealth(application_id=tag())
    take(hospital, upload(hospital, [("a.pem", pem(known))]), {"0"})
    files = [
        ("b.pem", pem(known) + b"".join(pem(ehealth(application_id=tag())) for _ in range(3))),
        ("c", b"x"),
    ]
    assert take(hospital, upload(hospital, files), {"0", "1", "2"}) == 2
    with acting_for([hospital.organisation.pk], as_platform=True):
        events = AuditEvent.objects.filter(action="certificates_imported").order_by("happened_at")
        assert [one.details for one in events] == [
            {"new": 1, "known": 0, "refused": 0},
            {"new": 2, "known": 1, "refused": 1},
        ]
        intake = Intake.objects.get(pk=events[1].subject_id)
        assert not AuditEvent.objects.filter(action="certificate_imported").exists()
    address = f"/certificates/imported/{intake.pk}/"
    assert (
        f'<a href="{address}">Import taken in</a>'
        in administrator.get("/organisation/history/").content.decode()
    )
    page = administrator.get(address).content.decode()
    assert "new: 2, known before: 1, refused: 1" in page
    links = [f"/certificates/{one.pk}/" for one in stored(hospital) if one.taken_in_with == intake.pk]
    assert len(links) == 2
    assert all(f'href="{one}"' in page for one in links)
    assert page.count('<td class="name">') == 2, "what came with another import stands there"
    assert f'href="{address}"' in administrator.get(links[0]).content.decode()
    assert stranger.get(address).status_code == 404
