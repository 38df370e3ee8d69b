"""What an organisation wants told of the ends of other things than certificates; keeping it, and who hears of which."""

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction

from certificates.domain.watch.endings import DEFAULTS, FOR_OUTSIDE, PERSONAL, About
from certificates.domain.watch.notices import Policy
from certificates.errors.care import NobodyTold, RulesChanged
from certificates.models import EndingPolicy
from certificates.services.notices.readers import Readers
from organisations.models import Correspondent, Organisation, Reader, User
from organisations.services.audit import Actor, record
from organisations.services.notices.look import wake


class EndingWishes:
    """The policies of an organisation for what else ends; two queries at most."""

    def __init__(self, organisation: Organisation) -> None:
        self._policies = {
            About(one.about): one.wishes for one in EndingPolicy.objects.filter(organisation=organisation)
        }
        wanted = {key for policy in self._policies.values() for key in policy.correspondents}
        rows = Correspondent.objects.filter(organisation=organisation, ended_at=None, agreed_at__isnull=False)
        self._correspondents = rows.in_bulk(wanted) if wanted else {}

    def policy_of(self, about: About) -> Policy:
        """Return what counts for one kind of thing."""
        return self._policies.get(about, DEFAULTS[about])

    def readers(
        self, about: About, readers: Readers, person: Iterable[User], *, left: int
    ) -> tuple[Reader, ...]:
        """Return who is told with `left` days left: whoever it concerns, administrators, addresses outside."""
        policy = self.policy_of(about)
        told: list[Reader] = []
        if policy.holders_from is not None and left <= policy.holders_from:
            told += person
        if policy.administrators:
            told += readers.administrators
        return (*dict.fromkeys(told), *self.correspondents(about))

    def correspondents(self, about: About) -> tuple[Correspondent, ...]:
        """Return the addresses outside that are told; none of what concerns a person."""
        if about not in FOR_OUTSIDE:
            return ()
        found = (self._correspondents.get(key) for key in sorted(self.policy_of(about).correspondents))
        return tuple(one for one in found if one is not None)


@transaction.atomic
def keep_ending_rules(
    organisation: Organisation,
    about: About,
    wishes: Policy,
    *,
    seen: datetime | None,
    actor: Actor,
    now: datetime,
) -> EndingPolicy:
    """Keep the rules for one kind of thing; `seen` is when those that the form showed were changed last.

    Raises NobodyTold, and RulesChanged where others stand there now.
    """
    known = Correspondent.objects.filter(
        organisation=organisation, pk__in=wishes.correspondents, ended_at=None
    )
    outside = sorted(known.values_list("pk", flat=True)) if about in FOR_OUTSIDE else []
    person_from = wishes.holders_from if about in PERSONAL else None
    if not (wishes.administrators or person_from is not None or outside):
        raise NobodyTold(field="administrators")
    values: dict[str, object] = {
        "steps": list(wishes.steps),
        "administrators": wishes.administrators,
        "person_from": person_from,
        "by_mail": wishes.by_mail,
        "escalate_after": wishes.escalate_after,
        "correspondents": outside,
        "changed_at": now,
    }
    rows = EndingPolicy.objects.filter(organisation=organisation, about=about)
    if seen is None:
        try:
            with transaction.atomic():
                kept = EndingPolicy.objects.create(organisation=organisation, about=about, **values)
        except IntegrityError as error:
            raise RulesChanged from error
    else:
        if not rows.filter(changed_at=seen).update(**values):
            raise RulesChanged
        kept = rows.get()
    told = {name: values[name] for name in ("steps", "administrators", "by_mail")}
    more = {name: values[name] for name in ("escalate_after",) if values[name] is not None}
    record(organisation, "notice_rules_kept", kept, actor=actor, now=now, about=about.value, **told, **more)
    wake(organisation.pk, at=now)
    return kept


@transaction.atomic
def forget_ending_rules(policy: EndingPolicy, *, actor: Actor, now: datetime) -> None:
    """Let what comes with ehportal count again. A second time changes nothing."""
    gone, _what = EndingPolicy.objects.filter(pk=policy.pk).delete()
    if gone:
        record(policy.organisation, "notice_rules_removed", policy, actor=actor, now=now, about=policy.about)
        wake(policy.organisation_id, at=now)
