"""Judging all certificates of all organisations by a list at once: whoever stands on it is revoked, others stay good.

Its entries are rows, written once an edition; PostgreSQL finds who is meant. Only certificates that were found good by
themselves before are judged so, since "good" needs the whole path: here the path above is judged once for all of them.
They name the list (`judged_by`) and are not written again while it judges them: its `judged_at` is their date. What the
list alone does not decide (a hold, a certificate that nobody asked about yet) stays with services/status/check.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from asn1crypto import x509 as asn1_x509
from celery.exceptions import SoftTimeLimitExceeded
from cryptography import x509
from django.db import connection, transaction
from django.db.models.functions import Now

from agent.wire.pki.certificates import load_certificate, readable
from certificates.domain.lifecycle import Environment
from certificates.domain.revocation import Witness
from certificates.models import Certificate, Issuer, ListedCertificate, RevocationList
from certificates.services.status.check import EVERY, note_status
from certificates.trust.anchors import certificate_anchors
from certificates.trust.entries import entries_of, speaks_of_all
from certificates.trust.kept_answers import Sharing
from certificates.trust.paths import Trust, Verdict, validate
from certificates.trust.revocation import UNREADABLE
from organisations.services.work.deadlocks import write_down

AGAIN = EVERY / 4
"""After how long all are judged by the same edition once more: before any of them is due."""
BLOCKS = 4096
"""Pages of the table of certificates that one statement looks at: 32 MB, whose rows are locked for a moment."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Passed:
    """How many certificates became revoked, and how many are judged by the list from now on."""

    revoked: int = 0
    dated: int = 0


def judge_by_list(list_id: UUID, *, now: datetime) -> Passed:
    """Look through the newest edition of a kept list for all certificates that name it. Call outside transactions.

    Safe to repeat, and to stop anywhere. Does nothing with a list that speaks of some only, of an issuer that leads to
    no anchor, or by which all were judged some hours ago.
    """
    kept = RevocationList.objects.select_related("issuer").get(pk=list_id)
    issuer = bytes(kept.issuer.der)
    homes = [one for one in Environment if _trust(issuer, one, asking=False) is Trust.TRUSTED]
    if not homes or kept.next_update <= now:
        return Passed()
    is_new = kept.entries_digest != kept.content_digest
    # What was judged before this edition came was judged by another; a pass that was stopped begins again.
    if not is_new and kept.judged_at is not None and kept.judged_at > max(now - AGAIN, kept.fetched_at):
        return Passed()
    try:
        crl = x509.load_der_x509_crl(bytes(kept.content))
        if not speaks_of_all(crl, kept.address):
            return Passed()
        if is_new:
            _write_entries(kept, crl)
    except UNREADABLE:
        log.warning("list_not_looked_through", list=str(list_id))
        return Passed()
    issuers = _of_the_same_key(issuer)
    revoked = dated = 0
    heard = set()
    for environment in homes:
        revoked += _revoke(list_id, issuers, environment, now)
        heard.add(trust := _trust(issuer, environment, asking=True))
        if trust is Trust.TRUSTED:
            dated += _date(list_id, issuers, environment)
    # Whoever is judged by it is not asked about alone: that is its use.
    values: dict[str, object] = {"used_at": Now()} if dated or _judges_somebody(list_id) else {}
    # Of whom nobody can say that all above them is good, nobody was judged: after a day they are asked about alone, and
    # from now on where somebody above them is revoked.
    if heard == {Trust.TRUSTED}:
        values["judged_at"] = Now()
    elif Trust.REVOKED in heard:
        values["judged_at"] = None
        log.error("authority_of_list_revoked", list=str(list_id))
    if values:
        RevocationList.objects.filter(pk=list_id).update(**values)
    if Trust.REVOKED in heard:
        ask_unjudged(now)
    if revoked or dated:
        log.info("judged_by_list", list=str(list_id), revoked=revoked, dated=dated)
    return Passed(revoked, dated)


def _trust(issuer: bytes, environment: Environment, *, asking: bool) -> Trust:
    """Return whether an issuer leads to an anchor, and with `asking` whether it or somebody above it is revoked."""
    anchors = certificate_anchors(environment)
    if not anchors:
        return Trust.NOT_TRUSTED
    others = readable(bytes(der) for der in Issuer.objects.values_list("der", flat=True))
    verdict = validate(
        load_certificate(issuer), others, anchors, check_revocation=asking, sharing=Sharing.LISTS
    )
    return verdict.trust


def _of_the_same_key(issuer: bytes) -> list[str]:
    """Return the fingerprints of all certificates that this authority has for this key and name."""
    wanted = asn1_x509.Certificate.load(issuer)
    found = []
    for fingerprint, der in Issuer.objects.values_list("fingerprint", "der"):
        try:
            one = asn1_x509.Certificate.load(bytes(der))
            alike = one.subject == wanted.subject and one.public_key.dump() == wanted.public_key.dump()
        except UNREADABLE:
            continue
        if alike:
            found.append(fingerprint)
    return found


def _write_entries(kept: RevocationList, crl: x509.CertificateRevocationList) -> None:
    """Put the entries of an edition in place of those of the one before."""
    columns = "list_id, serial, revoked_at, reason, is_final"
    with transaction.atomic(), connection.cursor() as cursor:
        # Two workers that were late would both write.
        RevocationList.objects.select_for_update(no_key=True).get(pk=kept.pk)
        ListedCertificate.objects.filter(list=kept.pk).delete()
        with cursor.copy(f"COPY certificates_listedcertificate ({columns}) FROM STDIN") as copying:
            for entry in entries_of(crl):
                copying.write_row((kept.pk, entry.serial, entry.revoked_at, entry.reason, entry.is_final))
        RevocationList.objects.filter(pk=kept.pk).update(entries_digest=kept.content_digest)


def _revoke(list_id: UUID, issuers: Sequence[str], environment: Environment, now: datetime) -> int:
    """Write down of each certificate that the list names and that was not known as revoked; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT organisation_id, id, revoked_at, reason FROM ehportal_listed(%s, %s, %s)",
            [list_id, list(issuers), environment.value],
        )
        found = cursor.fetchall()
    broken: list[Exception] = []
    for organisation_id, certificate_id, revoked_at, reason in found:
        verdict = Verdict(Trust.REVOKED, revoked_at, Witness.CRL, reason)
        try:
            write_down([organisation_id], partial(_note, certificate_id, verdict, now))
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:  # the others are revoked all the same
            log.exception("revocation_not_noted", certificate=str(certificate_id))
            broken.append(error)
    if broken:
        raise broken[0]
    return len(found)


def _note(certificate_id: UUID, verdict: Verdict, now: datetime) -> None:
    note_status(Certificate.objects.get(pk=certificate_id), verdict, now=now)


def _date(list_id: UUID, issuers: Sequence[str], environment: Environment) -> int:
    """Judge by the list those good ones from now on that it does not name; return how many were not before."""
    question = "SELECT ehportal_judge_by_list(%s, %s, %s, %s, %s)"
    return _by_pieces(question, [list_id, list(issuers), environment.value], [])


def _judges_somebody(list_id: UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT ehportal_judges_somebody(%s)", [list_id])
        return bool(cursor.fetchone()[0])


def ask_unjudged(now: datetime) -> int:
    """Have certificates asked about alone again whose list judged nobody for a day; return how many.

    It ended, cannot be had, or its issuer is trusted no more. Call outside transactions.
    """
    asked = _by_pieces(
        "SELECT ehportal_ask_alone(%s, %s, make_interval(secs => %s))", [], [EVERY.total_seconds()]
    )
    if asked:
        log.warning("lists_judge_no_more", certificates=asked)
    return asked


def _by_pieces(question: str, before: Sequence[object], after: Sequence[object]) -> int:
    """Ask about some pages of the table of certificates after the other, and return the sum."""
    total = 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_relation_size('certificates_certificate') / current_setting('block_size')::int"
        )
        size = int(cursor.fetchone()[0])
        for first in range(0, size + 1, BLOCKS):
            values: list[Any] = [*before, first, first + BLOCKS, *after]
            cursor.execute(question, values)
            total += int(cursor.fetchone()[0])
    return total
