"""The attributes of a token: who the holder is, as its certificate says, and what the register certifies about it."""

from collections.abc import Iterable
from dataclasses import dataclass

from deploy.sandbox.sessions.holders import Holder
from deploy.sandbox.sessions.words import Declined
from deploy.sandbox.state.source import Source

IDENTIFICATION = "urn:be:fgov:identification-namespace"
CERTIFIED = "urn:be:fgov:certified-namespace:ehealth"
E = "urn:be:fgov:ehealth:1.0"
P = "urn:be:fgov:person:ssin"
HELD = f"{E}:certificateholder"
KINDS = {
    "NIHII-HOSPITAL": "hospital",
    "NIHII-PHARMACY": "pharmacy",
    "NIHII-MEDICAL_HOUSE": "medicalhouse",
    "NIHII-GUARD_POST": "guardpost",
    "NIHII-OFFICE_DOCTORS": "officedoctors",
    "NIHII-GROUP": "groupofnurses",
    "NIHII-SORTING_CENTER": "sortingcenter",
}
IDENTITY = {
    P: "SSIN",
    f"{HELD}:person:ssin": "SSIN",
    "urn:be:fgov:kbo-bce:organization:cbe-number": "CBE",
    f"{HELD}:enterprise:cbe-number": "CBE",
    **{f"{E}:{kind}:nihii-number": identifier for identifier, kind in KINDS.items()},
    **{f"{HELD}:{kind}:nihii-number": identifier for identifier, kind in KINDS.items()},
}
"""Names that say who the holder is, and the type of identifier that is their value."""
QUALITIES = {"doctor": "PHYSICIAN", "nurse": "NURSE"}


@dataclass(frozen=True)
class Attribute:
    """One line of a token's statement."""

    name: str
    namespace: str
    value: str


def granted(
    asserted: dict[tuple[str, str], str],
    asked: Iterable[tuple[str, str]],
    holders: Iterable[Holder],
    source: Source,
) -> list[Attribute]:
    """What the token says: the asked ones of the asserted identity, and what the register certifies, by name.

    `asserted` and `asked` are by (name, namespace). Raises Declined IDENTITY_MISMATCH, UNKNOWN_ATTRIBUTE.
    """
    known = {(holder.identifier_type, holder.identifier) for holder in holders}
    for (name, namespace), value in asserted.items():
        if namespace != IDENTIFICATION or name not in IDENTITY:
            raise Declined("UNKNOWN_ATTRIBUTE", "An asserted attribute says nothing about who the holder is.")
        if (IDENTITY[name], value) not in known:
            raise Declined("IDENTITY_MISMATCH", "The asserted identity is not the certificate's.")
    if not asserted:
        raise Declined("IDENTITY_MISMATCH", "No identity is asserted.")
    said = []
    for name, namespace in dict.fromkeys(asked):
        if (name, namespace) in asserted:
            said.append(Attribute(name, namespace, asserted[name, namespace]))
        elif namespace == CERTIFIED:
            said += [Attribute(name, namespace, value) for value in _certified(name, asserted, source)]
    return sorted(said, key=lambda attribute: attribute.name)


def _certified(name: str, asserted: dict[tuple[str, str], str], source: Source) -> list[str]:
    """What the register says under a certified name: `false` when it does not know, nothing for an unknown name."""
    identity = {IDENTITY[one]: value for (one, _), value in asserted.items()}
    for identifier_type, kind in KINDS.items():
        number = identity.get(identifier_type)
        if number is None:
            continue
        recognised = source.organisation((identifier_type, number)) is not None
        noun = f"recognised{kind}"
        booleans = {
            f"{HELD}:{kind}:nihii-number:{noun}:boolean",
            f"{E}:{kind}:nihii-number:{noun}:boolean",
            f"{HELD}:recognisedorganization:boolean",
        }
        if name in booleans:
            return ["true" if recognised else "false"]
        if name == f"{E}:{kind}:nihii-number:{noun}:nihii11" and recognised:
            return [f"{number}000"]
    if (ssin := identity.get("SSIN")) is not None:
        for noun, quality in QUALITIES.items():
            if name == f"{P}:{noun}:boolean":
                return ["true" if quality in source.qualities.get(ssin, ()) else "false"]
    return []
