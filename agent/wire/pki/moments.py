"""The dates that a certificate, a report or a record may name: one range for every door, and one "no end".

RFC 5280 4.1.2.5 writes "no well-defined end" as 99991231235959Z, which no clock east of Greenwich can show and to
which nothing can be added. Such an end is kept as NO_END, far away and still a day like others.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2999, 12, 31, 23, 59, 59, tzinfo=UTC)
NO_END: Final = datetime(9000, 1, 1, tzinfo=UTC)
"""The end of what has no end."""

_UTC_TIME, _GENERALIZED = 0x17, 0x18
_REST = rb"(?P<rest>\d{6})(?P<minute>\d{2})?(?P<second>\d{2})?(?:[.,]\d{1,20})?(?P<zone>Z|[+-]\d{4})?\Z"
_WRITTEN = {
    _UTC_TIME: re.compile(rb"(?P<year>\d{2})" + _REST),
    _GENERALIZED: re.compile(rb"(?P<year>\d{4})" + _REST),
}
_PIVOT = 50
"""RFC 5280 4.1.2.5.1: two digits from 50 on are of the twentieth century."""


def within(moment: datetime) -> datetime:
    """A moment that can be kept, shown and counted with: NO_END for any after LATEST, EARLIEST for any before it."""
    if moment > LATEST:
        return NO_END
    return max(moment, EARLIEST)


def has_no_end(moment: datetime | None) -> bool:
    """Whether an end is the one that stands for none."""
    return moment is not None and moment >= NO_END


def asn1_moment(tag: int, contents: bytes) -> datetime:
    """A UTCTime or GeneralizedTime (X.690 8.25, 8.26), within the range; fractions of a second are cut off.

    Raises ValueError for what is neither.
    """
    if tag == _UTC_TIME and len(contents) == 13 and contents.endswith(b"Z") and contents[:12].isdigit():
        return _usual_moment(contents)
    return any_moment(tag, contents)


def _usual_moment(contents: bytes) -> datetime:
    """yyMMddHHmmssZ, as nearly all write it: always within the range."""
    year, month, day, hour, minute, second = (int(contents[at : at + 2]) for at in range(0, 12, 2))
    year += 1900 if year >= _PIVOT else 2000
    return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)


def any_moment(tag: int, contents: bytes) -> datetime:
    """A time as the standard lets it be written, and a little more. Raises ValueError for what is no time."""
    match = _WRITTEN[tag].match(contents) if tag in _WRITTEN else None
    if match is None:
        raise ValueError("not a time")
    year = int(match["year"])
    if tag == _UTC_TIME:
        year += 1900 if year >= _PIVOT else 2000
    month, day, hour = (int(match["rest"][at : at + 2]) for at in (0, 2, 4))
    minute, second = int(match["minute"] or 0), int(match["second"] or 0)
    if year == 0:
        return EARLIEST  # the year before the first one that Python knows
    zone = match["zone"] or b"Z"
    offset = timedelta()
    if zone != b"Z":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
        offset = -offset if zone[:1] == b"-" else offset
        if abs(offset) >= timedelta(days=1):
            raise ValueError("not a time zone")
    moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=timezone(offset))
    try:
        return within(moment.astimezone(UTC))
    except OverflowError:
        return NO_END if year > LATEST.year else EARLIEST
