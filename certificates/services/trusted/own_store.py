"""A trust store that somebody already has: compared with the one that the lists make, and completed.

What was added to it by hand stays, and so do its names: they stand in the settings of software.
"""

import re
from dataclasses import dataclass

from certificates.domain.trusted import Purpose
from certificates.errors.trusted import StoreGivenUnreadable
from certificates.models import StoreNumber
from certificates.services.trusted.stores import Store, password_for
from certificates.trust.lists.acceptance import digest_of
from certificates.trust.stores.building import Form, build, read_store
from certificates.trust.stores.entries import Entry, StoreNotBuilt, StoreUnreadable
from certificates.trust.stores.names import alias_of, subject_of

MOST_BYTES = 4 * 1024 * 1024
JKS_MAGIC = b"\xfe\xed\xfe\xed"
_NUMBER = {
    Purpose.TIMESTAMPS: re.compile(r"ttsa(\d{1,6})\Z"),
    Purpose.OPERATORS: re.compile(r"(?:prd|acc)-tslo-(\d{1,6})\Z"),
}
_COUNTER = re.compile(r"(\d{3,6}) ")


@dataclass(frozen=True)
class Compared:
    """A given store beside the one that the lists make."""

    given: tuple[Entry, ...]
    missing: tuple[Entry, ...]
    """What the lists trust and the given one lacks, under the names that it gets there."""
    withdrawn: tuple[Entry, ...]
    """What is in the given one and the lists once trusted, and trust no more."""
    own: tuple[Entry, ...]
    """What no list ever held: added by hand, or by others."""
    form: Form

    @property
    def is_right(self) -> bool:
        """True where nothing is missing and nothing is in it that is trusted no more."""
        return not self.missing and not self.withdrawn


def compare(store: Store, content: bytes, password: str) -> Compared:
    """Compare somebody's trust store with `store`. Raises StoreGivenUnreadable."""
    if len(content) > MOST_BYTES:
        raise StoreGivenUnreadable
    try:
        given = tuple(_named(read_store(content, password or password_for(store.purpose, None), ours=False)))
    except StoreUnreadable:
        raise StoreGivenUnreadable from None
    wanted = {one.der for one in store.entries}
    held = {one.der for one in given}
    numbers = StoreNumber.objects.filter(environment=store.environment, purpose=store.purpose)
    once = set(numbers.values_list("fingerprint", flat=True))
    others = [one for one in given if one.der not in wanted]
    return Compared(
        given,
        _numbered(store, given, [one for one in store.entries if one.der not in held]),
        tuple(one for one in others if digest_of(one.der) in once),
        tuple(one for one in others if digest_of(one.der) not in once),
        Form.JKS if content.startswith(JKS_MAGIC) else Form.OLD_PKCS12,
    )


def completed(store: Store, compared: Compared, password: str, *, without_withdrawn: bool) -> bytes:
    """Return the given store with what it lacks, read back. Raises StorePasswordRefused and StoreGivenUnreadable."""
    left_out = set(compared.withdrawn) if without_withdrawn else set()
    entries = [one for one in compared.given if one not in left_out]
    try:
        return build([*entries, *compared.missing], compared.form, password_for(store.purpose, password))
    except StoreNotBuilt:
        raise StoreGivenUnreadable from None


def _named(entries: list[Entry]) -> list[Entry]:
    """Return entries under names that Java finds again; two of one certificate become one."""
    taken: set[str] = set()
    found: dict[bytes, Entry] = {}
    for one in entries:
        plain = "".join(sign for sign in one.alias.lower() if sign.isprintable() and ord(sign) < 0x10000)
        name = base = plain[:200] or subject_of(one.der).lower()[:200]
        again = 2
        while name in taken:
            name, again = f"{base} ({again})", again + 1
        if one.der not in found:
            taken.add(name)
            found[one.der] = Entry(name, one.der, one.since)
    return list(found.values())


def _numbered(store: Store, given: tuple[Entry, ...], missing: list[Entry]) -> tuple[Entry, ...]:
    """Give what is missing the numbers after the last one of the given store."""
    pattern = _NUMBER.get(store.purpose, _COUNTER)
    last = 0
    for one in given:
        if match := pattern.match(one.alias):
            last = max(last, int(match[1]) + (0 if store.purpose in _NUMBER else 1))
    return tuple(
        Entry(alias_of(store.purpose, store.environment, number, one.der), one.der, one.since, one.past)
        for number, one in enumerate(missing, last + 1)
    )
