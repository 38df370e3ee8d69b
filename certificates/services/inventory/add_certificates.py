"""Putting many certificates of one organisation into the inventory, in a few statements however many there are.

Beside `add_certificate`, with the same rows (`rows`): new ones are copied into a table that ends with the transaction
and inserted from there, so that row-level security, constraints and triggers hold as for any other row. The history
has no line for each of them: who takes them in writes one for all, and their rows name it (`taken_in_with`).
"""

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from uuid import UUID, uuid4

from django.db import connection, transaction

from certificates.domain.lifecycle import Environment
from certificates.domain.x509 import CertificateFacts
from certificates.models import Certificate, Issuer
from certificates.services.inventory.rows import readable_of, values_of
from certificates.succession import LAST_ENDS
from organisations import ssin as numbers
from organisations.services.audit import Actor, event, record_all

AT_ONCE = 1000
"""Certificates that one statement inserts: what a worker holds in memory."""

_COLUMNS = {
    "id": ("uuid", ""),
    "fingerprint": ("text", ""),
    "environment": ("text", ""),
    "sealed_der": ("bytea", ""),
    "public_key_identifier": ("text", ""),
    "serial": ("text", ""),
    "subject": ("text", ""),
    "issuer": ("text", ""),
    "common_name": ("text", ""),
    "holder_name": ("text", ""),
    "identifier_type": ("text", ""),
    "identifier_value": ("text", ""),
    "ssin_index": ("text", ""),
    "application_id": ("text", ""),
    "holds_number": ("bool", ""),
    "not_before": ("timestamptz", ""),
    "not_after": ("timestamptz", ""),
    "key_algorithm": ("text", ""),
    "key_usages": ("text", "::jsonb"),
    "extended_key_usages": ("text", "::jsonb"),
    "crl_urls": ("text", "::jsonb"),
    "ocsp_urls": ("text", "::jsonb"),
    "chain_trusted": ("bool", ""),
    "source": ("text", ""),
    "search_text": ("text", ""),
    "created_at": ("timestamptz", ""),
    "issuers": ("text", "::varchar(64)[]"),
    "chain": ("text", "::jsonb"),
    "renewed": ("bool", ""),
}
"""The columns that arrive: their types on the way, and what makes the inventory's of them."""
_ALIKE = {
    "revocation_status": "'unknown'",
    "revocation_reason": "''",
    "government_status": "''",
    "government_token_status": "''",
}
"""Columns that are the same in every new row and have no default of their own in the database, as SQL."""
_ARRIVING = ", ".join(f"{name} {kind} NOT NULL" if name != "issuers" else f"{name} {kind}" for name, (kind, _c) in
                      _COLUMNS.items())  # fmt: skip
_NAMES = ", ".join(_COLUMNS)
_INSERT = f"""
    WITH taken AS (
        INSERT INTO certificates_certificate (organisation_id, taken_in_with, {_NAMES}, {", ".join(_ALIKE)})
        SELECT %s, %s, {", ".join(f"{name}{cast}" for name, (_kind, cast) in _COLUMNS.items())},
            {", ".join(_ALIKE.values())}
        FROM certificates_arriving ORDER BY fingerprint
        ON CONFLICT DO NOTHING RETURNING fingerprint
    ) SELECT fingerprint FROM taken"""  # noqa: S608  # names of ours


@dataclass(frozen=True)
class Arrival:
    """One certificate to be taken in: its facts, where it is at home, and its issuers (DER, nearest first, no root)."""

    facts: CertificateFacts
    environment: Environment
    chain: Sequence[bytes]
    chain_trusted: bool


@dataclass(frozen=True)
class Added:
    """How many were new, how many the organisation had, and of how many of those the authority is known only now."""

    new: int = 0
    known: int = 0
    recognised: int = 0

    def __add__(self, other: "Added") -> "Added":
        return Added(self.new + other.new, self.known + other.known, self.recognised + other.recognised)


def add_certificates(
    organisation_id: UUID,
    arrivals: Iterable[Arrival],
    *,
    source: str,
    taken_in_with: UUID,
    actor: Actor,
    now: datetime,
) -> Added:
    """Add those that the organisation does not have, `AT_ONCE` at a time, all in one transaction.

    Whoever adds in several transactions gives each its own share. The same certificates once more change nothing.
    """
    added, coming = Added(), iter(arrivals)
    with transaction.atomic():
        while some := {one.facts.fingerprint: one for one in islice(coming, AT_ONCE)}:
            new = _insert(organisation_id, some, source=source, taken_in_with=taken_in_with, now=now)
            known = {fingerprint: one for fingerprint, one in some.items() if fingerprint not in new}
            recognised = _recognise(organisation_id, known, actor=actor, now=now)
            added += Added(len(new), len(known), recognised)
    return added


def _insert(
    organisation_id: UUID,
    some: dict[str, Arrival],
    *,
    source: str,
    taken_in_with: UUID,
    now: datetime,
) -> set[str]:
    """Insert what is not there; return the fingerprints of what was."""
    above = _above(some.values())
    indexes = numbers.indexes_to_write(
        [one.facts.identifier_value for one in some.values() if one.facts.is_personal]
    )
    names = {fingerprint: _name_of(one, indexes) for fingerprint, one in some.items()}
    last_ends = _last_ends(organisation_id, some, names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS certificates_arriving ({_ARRIVING}) ON COMMIT DROP"
        )
        cursor.execute("TRUNCATE certificates_arriving")
        with cursor.copy(f"COPY certificates_arriving ({_NAMES}) FROM STDIN (FORMAT BINARY)") as copying:
            copying.set_types([kind for kind, _cast in _COLUMNS.values()])
            for fingerprint, one in some.items():
                values = values_of(
                    one.facts,
                    environment=one.environment,
                    chain_trusted=one.chain_trusted,
                    source=source,
                    now=now,
                )
                values |= {
                    "id": uuid4(),
                    "fingerprint": fingerprint,
                    "ssin_index": names[fingerprint][2],
                    "renewed": one.facts.not_after < last_ends.get(names[fingerprint], one.facts.not_after),
                    **above[tuple(one.chain), one.chain_trusted],
                }
                copying.write_row([_as_text(values[name]) for name in _COLUMNS])
        cursor.execute(_INSERT, [organisation_id, taken_in_with])
        return {fingerprint for (fingerprint,) in cursor.fetchall()}


Name = tuple[str, str, str, str, str]
"""As `succession.NAME` has it."""


def _name_of(one: Arrival, indexes: dict[str, str]) -> Name:
    facts, personal = one.facts, one.facts.is_personal
    return (
        facts.identifier_type,
        "" if personal else facts.identifier_value,
        indexes[facts.identifier_value] if personal else "",
        facts.application_id,
        one.environment.value,
    )


def _last_ends(
    organisation_id: UUID, some: dict[str, Arrival], names: dict[str, Name]
) -> dict[Name, datetime]:
    """Return when the last genuine certificate of each name ends, among those that are there and those that come.

    So a row comes as it will stay, and is written once; the trigger of `succession` decides.
    """
    wanted = sorted({name for name in names.values() if name[0]})
    found: dict[Name, datetime] = {}
    if wanted:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT place, last_end FROM {LAST_ENDS}(%s, %s, %s, %s, %s, %s)"  # noqa: S608  # ours
                " WHERE last_end IS NOT NULL",
                [organisation_id, *map(list, zip(*wanted, strict=True))],
            )
            found = {wanted[place - 1]: last_end for place, last_end in cursor.fetchall()}
    for fingerprint, name in names.items():
        one = some[fingerprint]
        if (
            name[0]
            and one.chain_trusted
            and one.facts.not_after > found.get(name, datetime.min.replace(tzinfo=UTC))
        ):
            found[name] = one.facts.not_after
    return found


def _as_text(value: object) -> object:
    """Return a list as JSON; everything else arrives as it is."""
    return _json(tuple(value)) if isinstance(value, list) else value


@lru_cache(maxsize=256)
def _json(texts: tuple[str, ...]) -> str:
    """Return a list of texts as JSON; the certificates of one authority have the same."""
    return json.dumps(texts)


def _above(some: Iterable[Arrival]) -> dict[tuple[tuple[bytes, ...], bool], dict[str, object]]:
    """Return how the issuers of each chain are kept, as `rows.issuers_of`, with one look for all of them."""
    chains = {(tuple(one.chain), one.chain_trusted) for one in some}
    shared = list(dict.fromkeys(der for chain, trusted in chains if trusted for der in readable_of(chain)))
    named = dict(zip(shared, Issuer.objects.keep(shared), strict=True))
    kept: dict[tuple[tuple[bytes, ...], bool], dict[str, object]] = {}
    for chain, trusted in chains:
        above = readable_of(chain)
        if trusted:
            kept[chain, trusted] = {"issuers": "{" + ",".join(named[der] for der in above) + "}", "chain": []}
        else:
            alone = [base64.b64encode(der).decode() for der in above]
            kept[chain, trusted] = {"issuers": None, "chain": alone}
    return kept


def _recognise(organisation_id: UUID, known: dict[str, Arrival], *, actor: Actor, now: datetime) -> int:
    """Put right the guess of those whose authority is known only now; return how many. Each has its own line."""
    trusted = [fingerprint for fingerprint, one in known.items() if one.chain_trusted]
    if not trusted:
        return 0
    guessed = Certificate.objects.filter(
        organisation=organisation_id, private_to=None, chain_trusted=False, fingerprint__in=trusted
    )
    rows = list(guessed.order_by("fingerprint").select_for_update(of=("self",)).defer("sealed_der"))
    if not rows:
        return 0
    above = {fingerprint: readable_of(known[fingerprint].chain) for fingerprint in trusted}
    shared = list(dict.fromkeys(der for chain in above.values() for der in chain))
    named = dict(zip(shared, Issuer.objects.keep(shared), strict=True))
    for row in rows:
        row.environment, row.chain_trusted = known[row.fingerprint].environment, True
        row.issuers, row.chain = [named[der] for der in above[row.fingerprint]], []
    Certificate.objects.bulk_update(rows, ["environment", "chain_trusted", "issuers", "chain"])
    record_all(
        event(
            organisation_id,
            "certificate_recognised",
            row,
            actor=actor,
            now=now,
            name=row.common_name,
            environment=row.environment,
        )
        for row in rows
    )
    return len(rows)
