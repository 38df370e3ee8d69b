"""Notes: what somebody wrote about a certificate, for whoever comes later."""

from datetime import datetime

from django.db import transaction

from certificates.errors.care import NoteEmpty, NoteTooLong
from certificates.models import Certificate, Note
from certificates.models.listing.care import MAX_NOTE
from organisations.domain.identifiers import mask_ssins
from organisations.models import User
from organisations.services.audit import Actor, record


@transaction.atomic
def write_note(
    certificate: Certificate, given: str, *, user: User, actor: Actor, now: datetime, through: str = ""
) -> Note:
    """Keep a note beside the certificate; a national number in it is masked. Raises NoteEmpty, NoteTooLong.

    `through` is the name of the connection that writes it, where one does.
    """
    text = mask_ssins(given.replace("\r\n", "\n").replace("\0", "").strip())
    if not text:
        raise NoteEmpty(field="note")
    if len(text) > MAX_NOTE:
        raise NoteTooLong(most=MAX_NOTE, field="note")
    note = Note.objects.create(
        organisation_id=certificate.organisation_id,
        certificate=certificate,
        text=text,
        written_by=user,
        through=through,
        written_at=now,
    )
    record(certificate.organisation_id, "note_written", certificate, actor=actor, now=now)
    return note


@transaction.atomic
def remove_note(note: Note, *, actor: Actor, now: datetime) -> None:
    """Take a note away; that there was one stays in the record. A second time changes nothing."""
    gone, _what = Note.objects.filter(pk=note.pk).delete()
    if gone:
        record(note.organisation_id, "note_removed", note.certificate, actor=actor, now=now)
