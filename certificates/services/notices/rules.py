"""Keeping the rules by which an organisation wants to hear of ends; whoever changes them second is told so."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from certificates.domain.watch.notices import OPENS, Policy
from certificates.errors.care import BadSteps, NobodyTold, RulesChanged, RulesExist
from certificates.models import NoticePolicy
from organisations.models import Correspondent, Organisation
from organisations.services.audit import Actor, record
from organisations.services.notices.look import wake

MOST_STEPS = 30
_NUMBERS = re.compile(r"\s*\d{1,3}(?:[\s,;]+\d{1,3})*[\s,;]*", re.ASCII)


@dataclass(frozen=True)
class For:
    """Which certificates rules are for; empty means all."""

    environment: str = ""
    tag: str = ""


def steps_in(text: str) -> tuple[int, ...]:
    """Return the days before the end that somebody wrote, the earliest first. Raises BadSteps."""
    if not _NUMBERS.fullmatch(text):
        raise BadSteps(field="steps")
    found = sorted({int(one) for one in re.findall(r"[0-9]+", text)}, reverse=True)
    if found[0] > OPENS or len(found) > MOST_STEPS:
        raise BadSteps(field="steps")
    return tuple(found)


@transaction.atomic
def keep_rules(
    organisation: Organisation,
    which: For,
    wishes: Policy,
    *,
    seen: datetime | None,
    actor: Actor,
    now: datetime,
) -> NoticePolicy:
    """Keep the rules for `which` certificates; `seen` is when those that the form showed were changed last.

    Raises NobodyTold, RulesExist where a form for new rules meets some, RulesChanged where others stand there now.
    """
    known = Correspondent.objects.filter(
        organisation=organisation, pk__in=wishes.correspondents, ended_at=None
    )
    correspondents: list[UUID] = sorted(known.values_list("pk", flat=True))
    if not (wishes.administrators or wishes.holders_from is not None or correspondents):
        raise NobodyTold(field="administrators")
    values: dict[str, object] = {
        "steps": list(wishes.steps),
        "again_after": wishes.again_after,
        "administrators": wishes.administrators,
        "holders_from": wishes.holders_from,
        "carers": wishes.carers,
        "by_mail": wishes.by_mail,
        "by_webhook": wishes.by_webhook,
        "escalate_after": wishes.escalate_after,
        "correspondents": correspondents,
        "changed_at": now,
    }
    rows = NoticePolicy.objects.filter(
        organisation=organisation, environment=which.environment, tag=which.tag
    )
    if seen is None:
        try:
            with transaction.atomic():
                kept = NoticePolicy.objects.create(
                    organisation=organisation, environment=which.environment, tag=which.tag, **values
                )
        except IntegrityError as error:
            raise RulesExist(field="tag") from error
    else:
        if not rows.filter(changed_at=seen).update(**values):
            raise RulesChanged
        kept = rows.get()
    _note(organisation, kept, "notice_rules_kept", actor, now, _facts(values))
    return kept


@transaction.atomic
def remove_rules(policy: NoticePolicy, *, actor: Actor, now: datetime) -> None:
    """Take rules away: the next closest ones count from now on. A second time changes nothing."""
    gone, _what = NoticePolicy.objects.filter(pk=policy.pk).delete()
    if gone:
        _note(policy.organisation, policy, "notice_rules_removed", actor, now, {})


def _facts(values: Mapping[str, object]) -> dict[str, object]:
    """Return what the record keeps of rules; whose addresses they name stands in its own lines."""
    told = {
        "steps": values["steps"],
        "administrators": values["administrators"],
        "by_mail": values["by_mail"],
        "by_webhook": values["by_webhook"],
    }
    optional = {name: values[name] for name in ("holders_from", "escalate_after") if values[name] is not None}
    return told | optional


def _note(
    organisation: Organisation,
    policy: NoticePolicy,
    action: str,
    actor: Actor,
    now: datetime,
    facts: Mapping[str, object],
) -> None:
    which = {"environment": policy.environment, "tag": policy.tag}
    shown = {name: value for name, value in which.items() if value}
    record(organisation, action, policy, actor=actor, now=now, **shown, **facts)
    wake(organisation.pk, at=now)
