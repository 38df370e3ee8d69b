"""Keeping a list of references for a look, and setting what it says on what stands here: all of it, or nothing."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from certificates.domain.references import NoTable, Reference, read_table, reference_of
from certificates.errors.inventory import NotAsShown, TableRefused
from certificates.models import Certificate, ImportBatch, Note
from certificates.services.care.carers import give_to
from certificates.services.care.tags import add_tag
from certificates.services.references.look_up import Line, look_up
from organisations.domain.identifiers import mask_ssins
from organisations.models import Organisation, User
from organisations.sealing import seal, unseal
from organisations.services.audit import Actor, event, record_all

KIND = "references"


def keep_references(
    organisation: Organisation,
    name: str,
    content: bytes,
    *,
    names: Mapping[str, str],
    environments: Mapping[str, str],
    user: User,
    now: datetime,
) -> ImportBatch:
    """Keep the lines of a file for a look at them, a day at most. Raises TableRefused."""
    try:
        lines = [
            (number, _kept(reference_of(number, cells, environments), cells))
            for number, cells in read_table(content, names)
        ]
    except NoTable as error:
        raise TableRefused(error.code, line=error.line) from error
    return ImportBatch.objects.create(
        organisation=organisation,
        uploaded_by=user,
        uploaded_at=now,
        kind=KIND,
        # Empty for a version before, which knows of no other kind.
        sealed_certificates=seal(
            json.dumps(
                {"issuers": [], "entries": [], "lines": lines, "environments": dict(environments)}
            ).encode()
        ),
        findings=[{"file": mask_ssins(name)[:200], "code": "nothing_found"}],
    )


def _kept(reference: Reference, cells: Mapping[str, str]) -> dict[str, str]:
    """Return the cells that are kept: of a line with a national number only what is masked."""
    return dict(reference.said) if reference.problem == "number_of_person" else dict(cells)


def lines_of(batch: ImportBatch) -> list[Line]:
    """Return every line of a list with what is known of it now."""
    kept = json.loads(unseal(batch.sealed_certificates))
    references = [reference_of(number, cells, kept["environments"]) for number, cells in kept["lines"]]
    return look_up(batch.organisation, references)


def sign_of(lines: Sequence[Line]) -> str:
    """Return a mark of what a page shows: another one says that it would be something else by now."""
    return hashlib.sha256("\n".join(line.sign for line in lines).encode()).hexdigest()[:32]


@transaction.atomic
def set_references(batch: ImportBatch, shown: str, *, user: User, actor: Actor, now: datetime) -> int:
    """Set tags, owners and notes as the page showed it, and return on how many certificates.

    Raises NotAsShown where it would be something else by now: then nothing is set. Done once more it changes nothing.
    """
    named = [line.certificate.pk for line in lines_of(batch) if line.certificate and line.changes]
    # In one order for everybody who writes beside several.
    list(
        Certificate.objects.select_for_update(of=("self",))
        .filter(pk__in=named)
        .order_by("pk")
        .values_list("pk")
    )
    lines = lines_of(batch)
    if sign_of(lines) != shown:
        raise NotAsShown
    changing = [line for line in lines if line.changes]
    by_tag: dict[str, list[Certificate]] = defaultdict(list)
    by_owner: dict[User, list[Certificate]] = defaultdict(list)
    notes = []
    for line in changing:
        certificate = line.certificate
        if certificate is None:
            continue
        for text in line.tags:
            by_tag[text].append(certificate)
        if line.owner is not None:
            by_owner[line.owner].append(certificate)
        if line.note:
            notes.append((certificate, line.note))
    for text, some in sorted(by_tag.items()):
        add_tag(some, text, actor=actor, now=now)
    for member, some in sorted(by_owner.items(), key=lambda one: one[0].pk):
        give_to(some, member, actor=actor, now=now)
    notes.sort(key=lambda one: one[0].pk)
    Note.objects.bulk_create(
        Note(organisation_id=one.organisation_id, certificate=one, text=text, written_by=user, written_at=now)
        for one, text in notes
    )
    record_all(event(one.organisation_id, "note_written", one, actor=actor, now=now) for one, _text in notes)
    return len(changing)
