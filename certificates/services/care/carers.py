"""Who answers for a certificate, and who wants to hear of it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from certificates.errors.care import NotAMember
from certificates.models import Carer, Caring, Certificate
from organisations.models import Membership, User
from organisations.services.audit import Actor, event, record_all


@transaction.atomic
def give_to(certificates: Sequence[Certificate], member: User | None, *, actor: Actor, now: datetime) -> int:
    """Make `member` the one who answers for the certificates, or nobody; returns for how many that is new.

    Who answered before hears of them no longer. Raises NotAMember.
    """
    rows = sorted(certificates, key=lambda one: one.pk)
    if member is not None and not _is_member(rows, member):
        raise NotAMember(field="owner")
    # The certificates are the lock: of two who give the same one away, the later one waits and decides.
    list(
        Certificate.objects.select_for_update()
        .filter(pk__in=[one.pk for one in rows])
        .order_by("pk")
        .values_list("pk")
    )
    owners = dict(
        Carer.objects.filter(certificate__in=rows, caring=Caring.OWNER).values_list(
            "certificate_id", "user_id"
        )
    )
    changed = [one for one in rows if owners.get(one.pk) != (member.pk if member else None)]
    Carer.objects.filter(certificate__in=changed, caring=Caring.OWNER).delete()
    if member is not None:
        Carer.objects.filter(certificate__in=changed, user=member).delete()
        Carer.objects.bulk_create(
            Carer(
                organisation_id=one.organisation_id, certificate=one, user=member, caring=Caring.OWNER.value
            )
            for one in changed
        )
    record_all(
        event(
            one.organisation_id,
            "certificate_given" if member else "certificate_given_to_nobody",
            one,
            actor=actor,
            now=now,
            name=one.common_name,
            **({"member": member.full_name} if member else {}),
        )
        for one in changed
    )
    return len(changed)


@transaction.atomic
def watch(certificate: Certificate, user: User, *, watching: bool) -> None:
    """Have a member hear of a certificate from now on, or no longer; who answers for it hears of it anyway."""
    # As whoever makes somebody its owner does: of the two, the later one sees the other's row.
    list(Certificate.objects.select_for_update().filter(pk=certificate.pk).values_list("pk"))
    if watching:
        Carer.objects.get_or_create(
            certificate=certificate,
            user=user,
            defaults={"organisation_id": certificate.organisation_id, "caring": Caring.WATCHER.value},
        )
    else:
        Carer.objects.filter(certificate=certificate, user=user, caring=Caring.WATCHER).delete()


def _is_member(certificates: Sequence[Certificate], user: User) -> bool:
    organisations = {one.organisation_id for one in certificates}
    found = Membership.objects.filter(user=user, organisation__in=organisations)
    return organisations <= set(found.values_list("organisation_id", flat=True))
