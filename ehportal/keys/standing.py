"""Which keys this server has, which ones what is kept needs, and so which one may go."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from ehportal.keys.columns import INDEXED
from organisations.sealing import key_id

APPS = ("organisations", "certificates")
SEALING, INDEXING = "SSIN_KEYS", "SSIN_INDEX_KEYS"
_INDEXED = {place.name for place in INDEXED}


@dataclass(frozen=True)
class Standing:
    """One key, or what is older than the ids of keys, whose `id` is empty."""

    setting: str
    """SSIN_KEYS or SSIN_INDEX_KEYS."""
    id: str
    given: bool
    """Whether this server has it."""
    writes: bool
    """Whether it is the first one."""
    places: tuple[str, ...]
    """Where something stands under it, table and column."""
    lost: bool = False
    """Whether LOST_KEYS says that it is gone for good."""
    doubt: bool = False
    """Whether something older than ids stands there, which may be under any key of the setting."""

    @property
    def missing(self) -> bool:
        """True where something needs it, this server does not have it, and nobody said that it is gone."""
        return bool(self.id and self.places) and not self.given and not self.lost

    @property
    def may_go(self) -> bool:
        """True for a key behind the first one under which nothing can stand."""
        return self.given and not self.writes and not self.places and not self.doubt


def rings() -> dict[str, list[str]]:
    """Return the ids of the keys that this server has, by setting, the writing one first."""
    return {
        SEALING: [key_id(str(key)) for key in settings.SSIN_KEYS],
        INDEXING: [key_id(str(key)) for key in settings.SSIN_INDEX_KEYS],
    }


def setting_of(place: str) -> str:
    """Return which setting's keys `place` stands under."""
    return INDEXING if place in _INDEXED else SEALING


def places_by_key() -> dict[tuple[str, str], list[str]]:
    """Return where something stands under which key: places by setting and id.

    It takes a few steps in indexes, and reads no row.
    """
    found: dict[tuple[str, str], list[str]] = {}
    query = " UNION ALL ".join(f"SELECT place, key FROM ehportal_keys_of_{app}()" for app in APPS)  # noqa: S608  # names of ours
    with connection.cursor() as cursor:
        cursor.execute(query)
        for place, key in cursor.fetchall():
            found.setdefault((setting_of(place), key), []).append(place)
    return found


def standings(places: Mapping[tuple[str, str], list[str]] | None = None) -> list[Standing]:
    """Return every key that this server has or that something needs, setting by setting, the writing one first.

    What is older than ids comes last of its setting; while there is any, no key behind the first one may be dropped.
    """
    places = places_by_key() if places is None else places
    found = []
    for setting, ring in rings().items():
        others = sorted(key for owner, key in places if owner == setting and key and key not in ring)
        ancient = [""] if (setting, "") in places else []
        for key in [*ring, *others, *ancient]:
            found.append(
                Standing(
                    setting=setting,
                    id=key,
                    given=key in ring,
                    writes=key == ring[0] if ring else False,
                    places=tuple(sorted(places.get((setting, key), ()))),
                    lost=key in settings.LOST_KEYS,
                    doubt=bool(ancient),
                )
            )
    return found
