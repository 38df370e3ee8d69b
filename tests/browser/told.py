"""Notices in every state, for the pages of those who were told, and for links in letters."""

from datetime import UTC, datetime, timedelta

from certificates.models import Certificate, Mute, NoticePolicy
from organisations.models import Correspondent, Reminder, User
from organisations.services.correspondents import AGREE, STOP, path_to
from organisations.services.notices.answers import answer_path
from organisations.tenancy import acting_for
from tests.support.hospital import Hospital

DAY = timedelta(days=1)


def told(hospital: Hospital, certificate: Certificate, silent: Certificate, *users: User) -> dict[str, str]:
    """Tell each of `users` of two certificates, and keep rules, addresses outside and a silence."""
    now, here = datetime.now(UTC), hospital.organisation
    with acting_for([here.pk], as_platform=True):
        agreed, asked = (
            Correspondent.objects.create(
                organisation=here, name=name, email=f"{name.split()[0].lower()}.{here.pk.hex[:4]}@maasdal.example",
                language="nl", added_by=hospital.administrator, asked_at=now, agreed_at=at,
            )
            for name, at in (("Servicedesk van het netwerk", now), ("Bewakingsdienst", None))
        )  # fmt: skip
        everything = NoticePolicy.objects.create(organisation=here)
        NoticePolicy.objects.create(
            organisation=here, environment="production", tag="apotheek", steps=[60, 30, 7, 1, 0], escalate_after=3,
            correspondents=[agreed.pk], again_after=1,
        )  # fmt: skip
        Mute.objects.create(
            organisation=here, certificate=silent, until=(now + 5 * DAY).date(),
            reason="Wordt uitgezet met de oude server", muted_by=hospital.administrator,
        )  # fmt: skip
        rows = [
            Reminder.objects.create(
                organisation=here, kind="renewal", subject_id=certificate.pk, step=step, recipient=user,
                subject_type="certificates.certificate", created_at=now - step * DAY, answerable=True,
                sent_at=now - step * DAY, title=f"{certificate} eindigt binnenkort",
                path=f"/certificates/{certificate.pk}/", acknowledged_at=now if step == 90 else None,
            )
            for user in users
            for step in (90, 60)
        ]  # fmt: skip
        here.__class__.objects.filter(pk=here.pk).update(quiet_from=20, quiet_until=7)
    return {
        "notices": "/notices/",
        "notice-rules": "/notices/rules/",
        "endings": "/notices/ends/",
        "ending-rules": "/notices/ends/trusted/",
        "rules-new": "/notices/rules/new/",
        "rules-change": f"/notices/rules/{everything.pk}/",
        "correspondent-new": "/notices/addresses/new/",
        "certificate-notices": f"/certificates/{certificate.pk}/notices/",
        "certificate-silent": f"/certificates/{silent.pk}/notices/",
        "notice-answer": answer_path(rows[1]),
        "correspondent-agree": path_to(AGREE, asked),
        "correspondent-stop": path_to(STOP, agreed),
    }
