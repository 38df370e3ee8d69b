"""What an organisation wants told of the ends of its certificates: its policies, and who hears of which."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from agent.wire.days import belgian_day, days_left
from certificates.domain.watch.notices import Event, Policy, events, passed
from certificates.models import Carer, Certificate, Mute, NoticePolicy, Tag
from certificates.services.notices.readers import Readers
from organisations.models import Correspondent, Organisation, Reader, User


class Wishes:
    """The policies of an organisation, and what stands beside some of its certificates; five queries at most."""

    def __init__(
        self, organisation: Organisation, certificates: "QuerySet[Certificate]", now: datetime
    ) -> None:
        self.now = now
        self._policies = {
            (one.environment, one.tag): one.wishes
            for one in NoticePolicy.objects.filter(organisation=organisation)
        }
        self._closest: dict[tuple[str, tuple[str, ...]], Policy] = {}
        ids = certificates.order_by().values("pk")
        tagged = {tag for _environment, tag in self._policies if tag}
        self._tags: dict[UUID, list[str]] = defaultdict(list)
        if tagged:
            rows = Tag.objects.filter(organisation=organisation, text__in=tagged, certificate__in=ids)
            for certificate_id, text in rows.values_list("certificate_id", "text"):
                self._tags[certificate_id].append(text)
        self._carers: dict[UUID, list[UUID]] = defaultdict(list)
        carers = Carer.objects.filter(organisation=organisation, certificate__in=ids).order_by(
            "caring", "user_id"
        )
        for certificate_id, user_id in carers.values_list("certificate_id", "user_id"):
            self._carers[certificate_id].append(user_id)
        muted = Mute.objects.filter(organisation=organisation, until__gte=belgian_day(now))
        self._muted = set(muted.values_list("certificate_id", flat=True))
        wanted = {key for policy in self._policies.values() for key in policy.correspondents}
        self._correspondents = (
            Correspondent.objects.filter(
                organisation=organisation, pk__in=wanted, ended_at=None, agreed_at__isnull=False
            ).in_bulk()
            if wanted
            else {}
        )

    def muted(self, certificate: Certificate) -> bool:
        """Return whether nobody is to be told of it today."""
        return certificate.pk in self._muted

    def policy_of(self, certificate: Certificate) -> Policy:
        """Return the closest policy: for its tags in its environment, its tags, its environment, everything."""
        which = (certificate.environment, tuple(self._tags.get(certificate.pk, ())))
        if which not in self._closest:
            self._closest[which] = closest(self._policies, *which)
        return self._closest[which]

    def events_of(self, certificate: Certificate) -> list[Event]:
        """Return everything that is told of its end."""
        return events(self.policy_of(certificate), certificate.not_after, certificate.renewable_from)

    def passed(self, certificate: Certificate) -> Event | None:
        """Return what is to be told of its end by now."""
        return passed(self.events_of(certificate), self.now)

    def readers(
        self,
        certificate: Certificate,
        readers: Readers,
        signers: Iterable[User] = (),
        *,
        left: int | None = None,
    ) -> tuple[Reader, ...]:
        """Return who is told of its end by now, or with `left` days left; the private is told to its owner alone.

        The owner of a certificate in the own name is told whatever the policy says: nobody else could act.
        """
        if certificate.private_to_id is not None:
            return readers.member(certificate.private_to_id)
        policy = self.policy_of(certificate)
        left = days_left(certificate.not_after, self.now) if left is None else left
        told: list[Reader] = [*readers.account_of(certificate.owner)]
        if policy.holders_from is not None and left <= policy.holders_from:
            told += signers
        if policy.carers:
            for user_id in self._carers.get(certificate.pk, ()):
                told += readers.member(user_id)
        if policy.administrators:
            told += readers.administrators
        return (*dict.fromkeys(told), *self.correspondents(certificate))

    def correspondents(self, certificate: Certificate) -> tuple[Correspondent, ...]:
        """Return the addresses outside that are told of it; none of what is private, or of a person's own."""
        if is_personal(certificate):
            return ()
        found = (self._correspondents.get(key) for key in sorted(self.policy_of(certificate).correspondents))
        return tuple(one for one in found if one is not None)


def is_personal(certificate: Certificate) -> bool:
    """Return whether it is private or a person's own: nobody outside is told of it."""
    return bool(certificate.private_to_id or certificate.owner_id or certificate.ssin_index)


def closest(policies: dict[tuple[str, str], Policy], environment: str, tags: Sequence[str]) -> Policy:
    """Return the policy that counts for a certificate with this environment and these tags."""
    for wanted in (environment, ""):
        found = [policies[wanted, tag] for tag in sorted(tags) if (wanted, tag) in policies]
        if found:
            return _together(found)
    return policies.get((environment, ""), policies.get(("", ""), Policy()))


def _together(found: Sequence[Policy]) -> Policy:
    """Put policies together so that nobody is told less than one of them says."""
    first, *others = found
    for one in others:
        first = replace(
            first,
            steps=tuple(sorted({*first.steps, *one.steps}, reverse=True)),
            again_after=min(filter(None, (first.again_after, one.again_after)), default=0),
            administrators=first.administrators or one.administrators,
            holders_from=max(
                (days for days in (first.holders_from, one.holders_from) if days is not None), default=None
            ),
            carers=first.carers or one.carers,
            by_mail=first.by_mail or one.by_mail,
            by_webhook=first.by_webhook or one.by_webhook,
            escalate_after=min(
                (days for days in (first.escalate_after, one.escalate_after) if days is not None),
                default=None,
            ),
            correspondents=first.correspondents | one.correspondents,
        )
    return first
