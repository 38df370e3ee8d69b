"""A care provider's own certificate: requested and renewed by the person, shown to others by agreement only."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from certificates.domain.validity import CertificateStatus
from certificates.errors.own import SharingRefused
from certificates.errors.requests import RequestInProgress, RequestRefused
from certificates.models import Certificate, CertificateRequest, Revocation
from certificates.services.requests.first_step import enqueue_after_commit, first_step
from certificates.services.requests.start import ContactWish, check_contact, own_request_under_way
from organisations.models import Organisation, Person, User
from organisations.services.audit import Actor, record
from organisations.services.webhooks.keep import leave_unsaid


@dataclass(frozen=True, kw_only=True)
class OwnWish(ContactWish):
    """What a person asks for; `replaces` is the own certificate that is renewed."""

    replaces_id: UUID | None = None


def _replaced(person: Person, wish: OwnWish, now: datetime) -> Certificate | None:
    """Return the certificate that is renewed. Raises RequestRefused when it is too early, or too late."""
    own = Certificate.objects.filter(owner=person, environment=wish.environment)
    if wish.replaces_id is not None:
        certificate = own.filter(pk=wish.replaces_id).first()
        if certificate is None:
            raise RequestRefused(_("Choose a certificate of your own."))
        status = certificate.status(now)
        if status in {CertificateStatus.NOT_RECOGNISED, CertificateStatus.ON_HOLD}:
            raise RequestRefused(_("A certificate that is suspended or not recognised cannot be renewed."))
        if Revocation.objects.on_their_way().filter(certificate=certificate).exists():
            raise RequestRefused(_("What is being revoked is not renewed."))
        if status in {CertificateStatus.EXPIRED, CertificateStatus.REVOKED}:
            raise RequestRefused(
                _("An expired or revoked certificate cannot be renewed: request a new one instead.")
            )
        if now < certificate.renewable_from:
            raise RequestRefused(_("It is too early to renew this certificate."))
        return certificate
    active = own.unexpired_at(now).genuine().order_by("-not_after").first()
    if active is not None:
        raise RequestRefused(
            _(
                "You have a valid certificate. Renew it in its last 90 days, or have it revoked before you request "
                "another."
            )
        )
    return None


def request_own_certificate(
    organisation: Organisation, person: Person, wish: OwnWish, *, user: User, now: datetime
) -> CertificateRequest:
    """Make the request and start it; only the person's own account may.

    Raises RequestRefused (its extra names the field), RequestInProgress.
    """
    if person.user_id != user.pk or person.organisation_id != organisation.pk or person.left_on is not None:
        raise RequestRefused(_("A certificate in one's own name is requested by the person alone."))
    check_contact(wish)
    with transaction.atomic():
        if own_request_under_way(person.pk, wish.environment):
            raise RequestInProgress
        replaces = _replaced(person, wish, now)
        request = CertificateRequest.objects.create(
            organisation=organisation,
            environment=wish.environment,
            personal=True,
            private_to=user,
            replaces=replaces,
            **wish.columns(),
            holder=person,
            requested_by=user,
            requested_at=now,
            **first_step(CertificateRequest, person, now=now),
        )
        record(
            organisation,
            "request_made",
            request,
            actor=Actor.user(user),
            now=now,
            environment=str(wish.environment),
            holder=str(person),
            state=str(request.state),
        )
        enqueue_after_commit(request, now=now)
    return request


def _owned(certificate: Certificate, user: User) -> None:
    if certificate.owner is None or certificate.owner.user_id != user.pk:
        raise SharingRefused


@transaction.atomic
def share_certificate(certificate: Certificate, *, user: User, now: datetime) -> None:
    """Show an own certificate to the organisation, as its owner agrees.

    Raises SharingRefused for anybody else, and when the organisation has it already, imported from a file.
    """
    _owned(certificate, user)
    try:
        with transaction.atomic():
            changed = Certificate.objects.filter(pk=certificate.pk, shared_at=None).update(
                shared_at=now, private_to=None
            )
    except IntegrityError as error:
        raise SharingRefused(_("Your organisation has this certificate already, from a file.")) from error
    if not changed:
        return
    certificate.shared_at, certificate.private_to = now, None
    _agreement("certificate_shared", certificate, user, now)


@transaction.atomic
def withdraw_sharing(certificate: Certificate, *, user: User, now: datetime) -> None:
    """Hide an own certificate from everybody else again, as its owner asks. Raises SharingRefused.

    That it was seen until now stays in the record; what happens from now on is the owner's alone.
    """
    _owned(certificate, user)
    if certificate.shared_at is None:
        return
    _agreement("certificate_unshared", certificate, user, now)
    Certificate.objects.filter(pk=certificate.pk).update(shared_at=None, private_to=user)
    about = CertificateRequest.objects.filter(Q(certificate=certificate) | Q(replaces=certificate))
    leave_unsaid([certificate.pk, *about.values_list("pk", flat=True)])
    certificate.shared_at, certificate.private_to = None, user


def _agreement(action: str, certificate: Certificate, user: User, now: datetime) -> None:
    record(
        certificate.organisation_id,
        action,
        certificate,
        actor=Actor.user(user),
        now=now,
        name=certificate.common_name,
        environment=certificate.environment,
    )
