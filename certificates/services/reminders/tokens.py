"""Reminders about encryption tokens that wait for their activation."""

from collections.abc import Callable, Iterator
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certificates.domain.watch.reminders import DAY, WAITING_STEPS, code_of, step_after
from certificates.models import Certificate
from certificates.selectors import tokens
from certificates.services.notices.readers import Readers
from certificates.services.notices.words import name_of
from certificates.services.reminders.certificates import page_of
from organisations.models import Organisation, Reader, User
from organisations.services.letters.mail import Note
from organisations.services.notices.notice import Notice


def waiting_tokens(organisation: Organisation, readers: Readers, now: datetime) -> Iterator[Notice]:
    """Find the tokens that have waited too long, for those who may act on them and the administrators."""
    for token in tokens.waiting_tokens(organisation, most=None):
        certificate, gone = token.certificate, now - token.state_since
        step = step_after(WAITING_STEPS, gone)
        if step is not None:
            to = _people(certificate, readers)
            yield Notice("token", code_of(step), certificate, to, _waiting(certificate, gone // DAY))


def _people(certificate: Certificate, readers: Readers) -> tuple[User, ...]:
    """Return who is told: the owner alone of an own certificate, shared or not, since its messages are theirs."""
    holders = readers.holders_of(certificate)
    return holders if certificate.owner_id is not None else readers.of(certificate, *holders)


def _waiting(certificate: Certificate, days: int) -> Callable[[Reader], Note]:
    return lambda reader: Note(
        _("Encryption token of %(certificate)s waits for its activation")
        % {"certificate": name_of(certificate, certificate.environment)},
        ngettext(
            "It has been waiting for %(days)d day. Messages are still sealed to the token of the certificate before. "
            "Once the new key store is installed everywhere, activate the new one on this page:",
            "It has been waiting for %(days)d days. Messages are still sealed to the token of the certificate before. "
            "Once the new key store is installed everywhere, activate the new one on this page:",
            days,
        )
        % {"days": days},
        page_of(certificate, reader),
    )
