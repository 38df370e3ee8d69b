"""How one version of a list differs from the one before, service by service: by type and key."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from certificates.domain.trusted import ChangeKind, ServiceKind, is_known
from certificates.trust.lists.reading import ListedService, TrustedList


@dataclass(frozen=True)
class Change:
    """One thing that is otherwise now. Either side is None where the service does not stand in that version."""

    kind: ChangeKind
    before: ListedService | None
    after: ListedService | None

    @property
    def service(self) -> ListedService:
        """The service, as it stands now or last stood."""
        found = self.after or self.before
        assert found is not None  # noqa: S101  # a change has at least one side
        return found

    @property
    def effective_at(self) -> datetime | None:
        """From when it holds, as the list says; None where it simply stands there or does not."""
        if self.kind in {ChangeKind.GONE, ChangeKind.REPLACED, ChangeKind.EXTENSION}:
            return None
        return self.after.current.since if self.after else None


def differences(before: TrustedList, after: TrustedList, trusted: Callable[[str], bool]) -> Iterator[Change]:
    """Return what changed, in the order of the new list, and then what is gone; `trusted` judges a status."""
    was = {(one.type, one.key): one for one in before.services}
    now = {(one.type, one.key): one for one in after.services}
    for key, service in now.items():
        yield from _of_one(was.get(key), service, trusted)
    for key, service in was.items():
        if key not in now:
            yield Change(ChangeKind.GONE, service, None)


def _of_one(
    was: ListedService | None, service: ListedService, trusted: Callable[[str], bool]
) -> Iterator[Change]:
    status, former = service.current.status, was.current.status if was else ""
    if status != former and not is_known(status):
        yield Change(ChangeKind.UNKNOWN_STATUS, was, service)
    elif was is None:
        added = ChangeKind.OPERATOR if service.kind is ServiceKind.OPERATOR else ChangeKind.ADDED
        yield Change(added if trusted(status) else ChangeKind.WITHDRAWN, None, service)
    elif trusted(status) != trusted(former):
        yield Change(ChangeKind.RESTORED if trusted(status) else ChangeKind.WITHDRAWN, was, service)
    if was is None:
        return
    if set(was.certificates) != set(service.certificates):
        yield Change(ChangeKind.REPLACED, was, service)
    if was.extensions != service.extensions:
        yield Change(ChangeKind.EXTENSION, was, service)
