"""Proposals out of the government's answers: what is new, what is gone, what is told otherwise."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from certificates.certra.facts import (
    ActorQualities,
    AuthenticationCertificateStatus,
    AuthorisedOrganisation,
    CertificateInfo,
)
from certificates.models import Certificate, CertificateRequest, RecordProposal, RecordsInquiry
from certificates.models.records import ProposalKind
from certificates.services.records.differences import contact_of, word_of, write_government_word
from certificates.services.records.fetch_certificates import Fetched, sealed
from certificates.services.records.scope import (
    Number,
    authorised_here,
    infos_here,
    key_of,
    number_of,
    serial_told,
)
from organisations.domain.identifiers import mask_ssins
from organisations.domain.mandates import belgian_day
from organisations.models import Mandate, OrganisationIdentifier
from organisations.services.audit import Actor

MOST_CERTIFICATES = 2000
"""More than any organisation has; what comes beyond is not read."""


@dataclass(frozen=True)
class Known:
    """What concerns this organisation, what of it stands here, and which certificates are to be fetched."""

    authorised: list[AuthorisedOrganisation]
    infos: list[CertificateInfo]
    by_key: dict[str, list[Certificate]]
    requested_keys: set[str]
    to_fetch: list[CertificateInfo]

    def standing_here(self, info: CertificateInfo) -> Certificate | None:
        """Return the certificate of the inventory that `info` tells of."""
        return _same(info, self.by_key.get(info.public_key_identifier.lower(), []))


def _same(info: CertificateInfo, candidates: Iterable[Certificate]) -> Certificate | None:
    serial = serial_told(info)
    return next((one for one in candidates if serial is not None and one.serial_number == serial), None)


def known_here(inquiry: RecordsInquiry, qualities: ActorQualities, infos: Iterable[CertificateInfo]) -> Known:
    """Read what stands here about the government's answers; call with the organisation named."""
    own = list(OrganisationIdentifier.objects.filter(organisation_id=inquiry.organisation_id))
    authorised = authorised_here(inquiry, qualities, own)
    numbers: set[Number] = {(one.type, one.value) for one in own}
    numbers |= {(one.identifier.type, one.identifier.value) for one in authorised}
    here = infos_here(infos, numbers)[:MOST_CERTIFICATES]
    keys = [info.public_key_identifier.lower() for info in here]
    by_key: dict[str, list[Certificate]] = defaultdict(list)
    rows = Certificate.objects.filter(
        organisation_id=inquiry.organisation_id,
        environment=inquiry.environment,
        public_key_identifier__in=keys,
    )
    for row in rows.select_related("request").defer("sealed_der", "chain", "search_text"):
        by_key[row.public_key_identifier].append(row)
    requests = CertificateRequest.objects.filter(
        organisation_id=inquiry.organisation_id, public_key_identifier__in=keys
    )
    return Known(
        authorised,
        here,
        dict(by_key),
        {key for key in requests.values_list("public_key_identifier", flat=True) if key},
        [info for info in here if info.details and _same(info, by_key[info.public_key_identifier.lower()]) is None],
    )  # fmt: skip


LONGEST_KEY = 120


def _short(key: str) -> str:
    """Return `key` as its column takes it: of one that is too long its beginning, and a hash that tells it apart."""
    if len(key) <= LONGEST_KEY:
        return key
    told = hashlib.sha256(key.encode()).hexdigest()
    return f"{key[: LONGEST_KEY - len(told) - 1]}~{told}"


@dataclass
class Proposals:
    """Collects proposals of one inquiry; `rows` puts them in the order in which they are shown."""

    inquiry: RecordsInquiry
    now: datetime
    _made: list[RecordProposal] = field(default_factory=list)
    _new_keys: set[str] = field(default_factory=set)
    _told: set[tuple[ProposalKind, str]] = field(default_factory=set)

    def _add(
        self,
        kind: ProposalKind,
        key: str,
        facts: dict[str, Any],
        certificate: Certificate | None = None,
        chain: tuple[bytes, ...] = (),
    ) -> None:
        key = _short(key)
        if (kind, key) in self._told:  # twice the same, as a register of somebody else's may tell it
            return
        self._told.add((kind, key))
        self._made.append(
            RecordProposal(
                organisation_id=self.inquiry.organisation_id,
                inquiry=self.inquiry,
                kind=kind,
                key=key,
                facts=facts,
                certificate=certificate,
                sealed_certificates=sealed(chain) if chain else None,
            )
        )

    def mandates(self, qualities: ActorQualities, known: Known) -> None:
        """Propose the mandates that one of both sides does not know; one that begins later is known here."""
        today = belgian_day(self.now)
        mandates = Mandate.objects.filter(
            organisation_id=self.inquiry.organisation_id, person_id=self.inquiry.holder_id
        ).still_counting_after(today)
        registered = {
            (mandate.identifier.type, mandate.identifier.value): mandate
            for mandate in mandates.order_by("-starts_on", "id").select_related("identifier")
        }
        own = {
            (one.type, one.value)
            for one in OrganisationIdentifier.objects.filter(organisation_id=self.inquiry.organisation_id)
        }
        seen: set[Number] = set()
        for one in known.authorised:
            number = (one.identifier.type, one.identifier.value)
            if number in registered or number in seen:
                continue
            seen.add(number)
            name = one.name.in_language(self.inquiry.organisation.language)
            facts = {
                "type": number[0],
                "value": number[1],
                "name": mask_ssins(name)[:200],
                "number_is_new": number not in own,
            }
            self._add(ProposalKind.NEW_MANDATE, "=".join(number), facts)
        told = {(one.identifier.type, one.identifier.value) for one in qualities.organisations}
        for number, mandate in registered.items():
            if number not in told and mandate.period.allows(today):
                facts = {
                    "type": number[0],
                    "value": number[1],
                    "mandate": str(mandate.pk),
                    "since": mandate.starts_on.isoformat(),
                }
                self._add(ProposalKind.MANDATE_GONE, "=".join(number), facts)

    def certificates(self, known: Known, fetched: dict[tuple[str, str], Fetched], *, actor: Actor) -> None:
        """Propose the certificates that are not here, and what is told otherwise of those that are."""
        for info in known.infos:
            key = info.public_key_identifier.lower()
            certificate = known.standing_here(info)
            if certificate is not None:
                self._compare(certificate, info, actor)
            elif key_of(info) in fetched:
                self._new(info, fetched[key_of(info)], known.by_key.get(key, []), actor)
            elif (
                info.status is not AuthenticationCertificateStatus.REFUSED and key not in known.requested_keys
            ):
                self._new(info, Fetched(problem="not_delivered"), [], actor)

    def _compare(self, certificate: Certificate, info: CertificateInfo, actor: Actor) -> None:
        for one in write_government_word(certificate, info, actor=actor, now=self.now):
            facts = {
                "field": one.field,
                "here": one.here,
                "government": one.government,
                "acceptable": one.acceptable,
                "name": certificate.common_name,
            }
            self._add(
                ProposalKind.DIFFERENCE,
                f"{certificate.public_key_identifier}:{certificate.fingerprint[:16]}:{one.field}",
                facts,
                certificate,
            )

    def _new(
        self, info: CertificateInfo, fetched: Fetched, same_key: list[Certificate], actor: Actor
    ) -> None:
        facts = fetched.facts
        if facts is not None:
            for one in same_key:
                if (
                    one.fingerprint == facts.fingerprint
                ):  # the register writes the serial number in its own way
                    self._compare(one, info, actor)
                    return
        details, number = info.details, number_of(info) or ("", "")
        ends = facts.not_after if facts else details.valid_not_after if details else None
        begins = facts.not_before if facts else details.valid_not_before if details else None
        opens = info.replacement_period_start
        name = facts.common_name if facts else "=".join(number)
        told = {
            "name": mask_ssins(name)[:250],
            "holder_name": mask_ssins(info.entity.actor.name)[:250],
            "type": number[0],
            "value": number[1],
            "application_id": (info.entity.application_id or "")[:30],
            "requested_at": info.requested_at.isoformat(),
            "not_before": begins.isoformat() if begins else "",
            "not_after": ends.isoformat() if ends else "",
            "fingerprint": facts.fingerprint if facts else "",
            "status": word_of(str(info.status)),
            "token_status": word_of(str(info.etk_status)),
            "replaceable_from": opens.isoformat() if opens else "",
            "contact_data": contact_of(info),
            "problem": fetched.problem,
            "acceptable": facts is not None,
            "same_key_ends": same_key[0].not_after.isoformat() if same_key else "",
        }
        key, serial = key_of(info)
        named = f"{key}:{serial}" if key in self._new_keys else key
        self._new_keys.add(key)
        self._add(ProposalKind.NEW_CERTIFICATE, named, told, chain=fetched.chain if facts else ())

    def rows(self) -> list[RecordProposal]:
        """Return the proposals by kind, then by name: each a microsecond after the one before."""
        order = list(ProposalKind)
        made = sorted(
            self._made,
            key=lambda one: (
                order.index(ProposalKind(one.kind)),
                str(one.facts.get("name", "")),
                str(one.key),
            ),
        )
        for index, row in enumerate(made):
            row.made_at = self.now + timedelta(microseconds=index)
        return made
