"""Telling people by mail that a new encryption token still waits for its activation."""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from certificates.domain.tokens import ACTIVATION_REMINDER, TokenState
from certificates.models import Certificate, EncryptionToken
from certificates.services.activate_token import people_for
from organisations.models import User
from organisations.services.audit import Actor, record
from organisations.services.mail import Letter, administrators_of, send
from organisations.tenancy import acting_for


def waiting_tokens(*, now: datetime, most: int = 200) -> list[tuple[UUID, UUID]]:
    """Return (organisation, token) ids of those that have waited too long and of which nobody was told."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT organisation_id, id FROM ehportal_waiting_tokens(%s, %s)",
            [now - ACTIVATION_REMINDER, most],
        )
        return [(row[0], row[1]) for row in cursor.fetchall()]


def remind_of_token(organisation_id: UUID, token_id: UUID, *, now: datetime) -> None:
    """Tell the holder and the administrators once; safe to run twice. Call outside transactions.

    The reminder is claimed before the mails leave and given back when the mail server did not take them. A worker that
    dies in between leaves it claimed: then only the pages remind, which is better than the same mail every hour.
    """
    with acting_for([organisation_id]), transaction.atomic():
        token = EncryptionToken.objects.select_related("certificate__owner").get(pk=token_id)
        claim = EncryptionToken.objects.filter(pk=token_id, state=TokenState.WAITING, reminded_at=None)
        if not token.waits_too_long(now) or not claim.update(reminded_at=now):
            return
        people = _people(token.certificate, now)
    sent = bool(people) and send(people, lambda: _letter(token.certificate))
    with acting_for([organisation_id]), transaction.atomic():
        if not sent:
            EncryptionToken.objects.filter(pk=token_id, reminded_at=now).update(reminded_at=None)
            return
        record(
            organisation_id,
            "token_reminder",
            token.certificate,
            actor=Actor.platform(),
            now=now,
            people=len(people),
        )


def _people(certificate: Certificate, now: datetime) -> list[User]:
    """Who is told: the owner alone of an own certificate; else whoever may act on it, and the administrators."""
    accounts = User.objects.filter(pk__in=people_for(certificate, now).exclude(user=None).values("user_id"))
    if certificate.owner_id is not None:
        return list(accounts)
    return [*accounts, *administrators_of(certificate.organisation_id)]


def _letter(certificate: Certificate) -> Letter:
    return Letter(
        subject=_("Encryption token of %(certificate)s waits for its activation")
        % {"certificate": certificate},
        text=_(
            "The encryption token of %(certificate)s has been waiting for more than two weeks. Messages are still "
            "sealed to the token of the certificate before. Once the new key store is installed everywhere, activate "
            "it on the page of the certificate:"
        )
        % {"certificate": certificate},
        path=reverse("certificate", args=[certificate.pk]),
    )
