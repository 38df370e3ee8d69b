"""Large uploads: kept in sealed pieces, read, judged and taken in by workers, a part in each transaction.

How far it is stands in the row, written together with each part: whoever goes on after a worker that died begins there,
and a worker that lost its lease finds that somebody else went on.
"""

import base64
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from certificates.domain.files import read_file
from certificates.domain.lifecycle import Environment
from certificates.domain.x509 import UnreadableCertificate, read_certificate
from certificates.errors.inventory import FilesTooLarge, TooManyFiles
from certificates.models import Certificate, Consignment, ConsignmentPart, Intake
from certificates.services.installations.match import match_waiting_installations
from certificates.services.inventory.add_certificates import Arrival, add_certificates
from certificates.services.inventory.archives import MAX_ENTRIES, Entry, Sent, entries
from certificates.services.inventory.chains import Chains
from certificates.services.inventory.imports import MAX_FILES, note_intake
from certificates.services.signing.nudges import nudge_new_certificates
from organisations.domain.identifiers import mask_ssins
from organisations.domain.work import Lane
from organisations.models import Organisation, User
from organisations.sealing import seal, unseal
from organisations.selectors import identifiers_of
from organisations.services.audit import Actor
from organisations.services.work.claims import plan_next
from organisations.services.work.wakes import wake_on_commit
from organisations.tenancy import acting_for

MAX_SENT = 256 * 1024 * 1024
MAX_UNPACKED = 1024 * 1024 * 1024
MAX_CERTIFICATES = 100_000
PIECE = 1024 * 1024
"""Bytes of a sealed piece."""
PART = 500
"""Certificates after which a part is written."""
PART_BYTES = 16 * 1024 * 1024
PART_ENTRIES = 2_000
SECONDS = 20.0
"""How long a worker stays at one upload before others have their turn."""
MOST_AUTHORITIES = 200
TAKEABLE = ("new", "not_ours", "not_recognised", "expired", "not_ehealth")
"""Groups of entries that may be taken in; the first is what everybody takes in."""


def send(
    organisation: Organisation,
    files: Iterable[tuple[str, int, Iterable[bytes]]],
    *,
    user: User,
    now: datetime,
) -> Consignment:
    """Keep files (name, size, content in chunks) for workers, sealed piece by piece. Raises FileRefused."""
    given = list(files)
    if len(given) > MAX_FILES:
        raise TooManyFiles(most=MAX_FILES)
    if sum(size for _name, size, _chunks in given) > MAX_SENT:
        raise FilesTooLarge(megabytes=MAX_SENT // (1024 * 1024))
    with transaction.atomic():
        made = Consignment.objects.create(
            organisation=organisation,
            uploaded_by=user,
            uploaded_at=now,
            files=[{"name": mask_ssins(name)[:200], "size": size} for name, size, _chunks in given],
            place={"file": 0, "entry": 0, "visited": 0, "unpacked": 0, "certificates": 0},
            next_attempt_at=now,
        )
        for number, piece in enumerate(_pieces(chunk for *_rest, chunks in given for chunk in chunks)):
            _keep(made, "sent", number, piece)
        wake_on_commit(Lane.IMPORTS)
    return made


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= PIECE:
            yield bytes(held[:PIECE])
            del held[:PIECE]
    if held:
        yield bytes(held)


def decide(consignment: Consignment, groups: Iterable[str], *, now: datetime) -> bool:
    """Have workers take the chosen groups in; return False when that was decided before."""
    with transaction.atomic():
        row = Consignment.objects.select_for_update(of=("self",)).get(pk=consignment.pk)
        if row.state != "to_decide":
            return False
        intake = Intake.objects.create(organisation_id=row.organisation_id, taken_at=now)
        row.state, row.parts_done, row.taken_in_with = "taking", 0, intake.pk
        row.chosen = [group for group in TAKEABLE if group in set(groups)]
        row.next_attempt_at = now
        row.save()
        wake_on_commit(Lane.IMPORTS)
    return True


def work_on_consignment(organisation_id: UUID, row_id: UUID, /, *, now: datetime) -> None:
    """Go on with one upload for a while: part by part, each in a transaction of its own."""
    until = time.monotonic() + SECONDS
    work = _Work(organisation_id, row_id, now)
    more = True
    while more and time.monotonic() < until:
        with acting_for([organisation_id], as_platform=True):
            more = work.advance()
    with acting_for([organisation_id], as_platform=True):
        plan_next(Consignment, row_id, now if more else None, now)


def part_of(consignment: Consignment, number: int) -> list[dict[str, Any]]:
    """Return the entries of one part, as they were found."""
    rows = ConsignmentPart.objects.filter(consignment=consignment.pk, kind="read", number=number)
    return [entry for row in rows for entry in _content(row)["entries"]]


def _keep(
    row: Consignment, kind: str, number: int, content: bytes, fingerprints: list[str] | None = None
) -> None:
    ConsignmentPart.objects.create(
        organisation_id=row.organisation_id,
        consignment=row,
        kind=kind,
        number=number,
        sealed_content=seal(content),
        fingerprints=fingerprints or [],
    )


def _content(part: ConsignmentPart) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(unseal(part.sealed_content))
    return found


class _Work:
    """One worker at one upload: what it holds between two parts; all that counts stands in the rows."""

    def __init__(self, organisation_id: UUID, row_id: UUID, now: datetime) -> None:
        self._organisation_id, self._row_id, self._now = organisation_id, row_id, now
        self._place: dict[str, int] | None = None
        self._coming: Iterator[tuple[int, Entry]] = iter(())
        self._seen: set[str] = set()
        self._chains: Chains | None = None

    def advance(self) -> bool:
        """Do one part, in the caller's transaction; return whether there is more to do."""
        row = (
            Consignment.objects.select_for_update(of=("self",))
            .select_related("organisation", "uploaded_by")
            .filter(pk=self._row_id)
            .first()
        )
        if row is None:
            return False  # forgotten meanwhile
        step = {"reading": self._read, "judging": self._judge, "taking": self._take}.get(row.state)
        if step is None:
            return False
        step(row)
        row.save(update_fields=["state", "place", "parts", "parts_done", "counts"])
        return row.state not in {"to_decide", "done"}

    def _read(self, row: Consignment) -> None:
        if self._place != row.place:
            self._coming = self._entries(row)
            kept = ConsignmentPart.objects.filter(consignment=row, kind="read")
            self._seen = {one for found in kept.values_list("fingerprints", flat=True) for one in found}
        place = dict(row.place)
        found: list[dict[str, Any]] = []
        authorities: list[str] = []
        size = visited = certificates = 0
        ended = True
        for file, entry in self._coming:
            place |= {"file": file, "entry": entry.number + 1}
            size, visited = size + len(entry.content), visited + 1
            name = mask_ssins(entry.name)[:200]
            read = read_file(entry.content) if not entry.problem else None
            if read is None or read.problem:
                found.append({"file": name, "group": "unreadable", "problem": entry.problem or read.problem})  # type: ignore[union-attr]  # read where the entry has no problem
            for der in read.certificates if read is not None else ():
                found.append(self._line(name, der, authorities))
                certificates += 1
            if place["certificates"] + certificates > MAX_CERTIFICATES or (
                place["visited"] + visited > MAX_ENTRIES or place["unpacked"] + size > MAX_UNPACKED
            ):
                found.append({"file": name, "group": "unreadable", "problem": "too_much"})
                break
            if certificates >= PART or size >= PART_BYTES or visited >= PART_ENTRIES:
                ended = False
                break
        place["visited"] += visited
        place["unpacked"] += size
        place["certificates"] += certificates
        if found:
            fingerprints = [one["fingerprint"] for one in found if "fingerprint" in one]
            _keep(
                row, "read", row.parts, json.dumps({"issuers": [], "entries": found}).encode(), fingerprints
            )
            row.parts += 1
        if authorities:
            self._keep_authorities(row, authorities)
        row.place = self._place = place
        if ended:
            ConsignmentPart.objects.filter(consignment=row, kind="sent").delete()
            row.state = "judging" if row.parts else "to_decide"

    def _entries(self, row: Consignment) -> Iterator[tuple[int, Entry]]:
        rows = ConsignmentPart.objects.filter(consignment=row.pk, kind="sent")

        def piece(number: int) -> bytes:
            return unseal(rows.values_list("sealed_content", flat=True).get(number=number))

        start = 0
        for number, file in enumerate(row.files):
            if number >= row.place["file"]:
                begin = row.place["entry"] if number == row.place["file"] else 0
                sent = Sent(piece, start=start, size=file["size"], piece_size=PIECE)
                for entry in entries(sent, file["name"], file["size"], begin=begin):
                    yield number, entry
            start += file["size"]

    def _line(self, name: str, der: bytes, authorities: list[str]) -> dict[str, Any]:
        """Return what is found out about one certificate by itself."""
        try:
            facts = read_certificate(der)
        except UnreadableCertificate:
            return {"file": name, "group": "unreadable", "problem": "unreadable"}
        line: dict[str, Any] = {
            "file": name,
            "fingerprint": facts.fingerprint,
            "name": mask_ssins(facts.common_name)[:250],
        }
        if facts.fingerprint in self._seen:
            return line | {"group": "duplicate"}
        self._seen.add(facts.fingerprint)
        if facts.is_authority:
            authorities.append(base64.b64encode(der).decode())
            return line | {"group": "ca_certificate"}
        return line | {"der": base64.b64encode(der).decode()}

    @staticmethod
    def _keep_authorities(row: Consignment, found: list[str]) -> None:
        rows = ConsignmentPart.objects.filter(consignment=row, kind="authorities")
        number = rows.count()
        if number * PART < MOST_AUTHORITIES:
            _keep(row, "authorities", number, json.dumps({"entries": found[:MOST_AUTHORITIES]}).encode())

    def _judge(self, row: Consignment) -> None:
        if self._chains is None:
            kept = ConsignmentPart.objects.filter(consignment=row, kind="authorities").order_by("number")
            ders = [base64.b64decode(one) for part in kept for one in _content(part)["entries"]]
            self._chains = Chains(ders[:MOST_AUTHORITIES])
        part = ConsignmentPart.objects.get(consignment=row, kind="read", number=row.parts_done)
        known = set(
            Certificate.objects.filter(
                organisation=row.organisation_id, private_to=None, fingerprint__in=part.fingerprints
            ).values_list("fingerprint", flat=True)
        )
        ours = {(one.type, one.value) for one in identifiers_of(row.organisation)}
        issuers: dict[bytes, int] = {}
        judged = []
        for entry in _content(part)["entries"]:
            if "group" in entry:
                judged.append(entry)
                continue
            facts = read_certificate(base64.b64decode(entry["der"]))
            judgement = self._chains.judge(facts)
            group = "new"
            if facts.fingerprint in known:
                group = "already_known"
            elif not facts.is_ehealth:
                group = "not_ehealth"
            elif facts.not_after <= self._now:
                group = "expired"
            elif not facts.is_personal and (facts.identifier_type, facts.identifier_value) not in ours:
                group = "not_ours"
            elif not judgement.trusted:
                group = "not_recognised"
            judged.append(
                entry
                | {
                    "group": group,
                    "not_after": facts.not_after.isoformat(),
                    "environment": judgement.environment.value,
                    "trusted": judgement.trusted,
                    "chain": [issuers.setdefault(issuer, len(issuers)) for issuer in judgement.chain],
                }
            )
        kept_issuers = [base64.b64encode(der).decode() for der in issuers]
        part.sealed_content = seal(json.dumps({"issuers": kept_issuers, "entries": judged}).encode())
        part.save(update_fields=["sealed_content"])
        row.counts = dict(Counter(row.counts) + Counter(one["group"] for one in judged))
        row.parts_done += 1
        if row.parts_done == row.parts:
            row.state = "to_decide"

    def _take(self, row: Consignment) -> None:
        if row.taken_in_with is None:
            raise LookupError("an upload that nobody decided about")
        part = ConsignmentPart.objects.filter(consignment=row, kind="read", number=row.parts_done).first()
        intake = Intake.objects.select_for_update(of=("self",)).get(pk=row.taken_in_with)
        actor = Actor.user(row.uploaded_by)
        if part is not None:
            self._take_part(row, part, intake, actor)
            row.parts_done += 1
        if row.parts_done >= row.parts:
            intake.known += row.counts.get("already_known", 0)
            intake.refused = sum(row.counts.get(group, 0) for group in ("unreadable", "ca_certificate"))
            note_intake(intake, actor=actor, now=self._now)
            match_waiting_installations(row.organisation)
            row.state = "done"
        intake.save(update_fields=["new", "known", "refused"])
        nudge_new_certificates()

    def _take_part(self, row: Consignment, part: ConsignmentPart, intake: Intake, actor: Actor) -> None:
        content = _content(part)
        issuers = [base64.b64decode(der) for der in content["issuers"]]
        chosen = [one for one in content["entries"] if one["group"] in row.chosen]
        added = add_certificates(
            row.organisation_id,
            (
                Arrival(
                    read_certificate(base64.b64decode(one["der"])),
                    Environment(one["environment"]),
                    [issuers[number] for number in one["chain"]],
                    one["trusted"],
                )
                for one in sorted(chosen, key=lambda one: str(one["fingerprint"]))
            ),
            source="imported",
            taken_in_with=intake.pk,
            actor=actor,
            now=self._now,
        )
        intake.new += added.new
        intake.known += added.known
        # What is reported stays for a day; no certificate does.
        left = [
            {name: value for name, value in one.items() if name != "der"}
            for one in content["entries"]
            if one["group"] not in TAKEABLE
        ]
        part.sealed_content = seal(json.dumps({"issuers": [], "entries": left}).encode())
        part.save(update_fields=["sealed_content"])
