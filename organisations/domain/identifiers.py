"""Identifier types of organisations and persons, and their check digits.

The types, lengths and rules are those of the eHealth identifier table. A rule that is certain refuses; a rule that was
only inferred from published numbers warns, because the government's own word (GetGenericOrganizationTypes) is stronger.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from agent.wire.masking import mask_named, mask_numbers


class Certainty(StrEnum):
    """How sure we are of a check-digit rule."""

    CERTAIN = "certain"
    INFERRED = "inferred"
    NONE = "none"


@dataclass(frozen=True)
class IdentifierType:
    """One way of naming an actor: `code` as CertRA and the ETK depot spell it, `length` in digits."""

    code: str
    length: int
    rule: str
    label: str


@dataclass(frozen=True)
class Finding:
    """What is wrong (or odd) with an identifier: a stable `code` and the values its sentence needs."""

    code: str
    expected: str = ""


@dataclass(frozen=True)
class Check:
    """Outcome of a check: `refusals` stop, `warnings` are shown and may be overridden."""

    value: str
    refusals: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()

    @property
    def acceptable(self) -> bool:
        """True when nothing certain speaks against the value."""
        return not self.refusals


def _type(code: str, length: int, rule: str, label: str) -> tuple[str, IdentifierType]:
    return code, IdentifierType(code, length, rule, label)


TYPES: dict[str, IdentifierType] = dict(
    [
        _type("CBE", 10, "cbe", "Enterprise (CBE)"),
        _type("CBE-TREAT_CENTER", 10, "cbe", "Treatment centre"),
        _type("SSIN", 11, "ssin", "Natural person (SSIN)"),
        _type("NIHII", 8, "nihii", "Care provider (NIHII)"),
        _type("NIHII11", 11, "nihii11", "Care provider with qualification (NIHII 11)"),
        _type("NIHII-PHARMACY", 8, "nihii", "Pharmacy"),
        _type("NIHII-LABO", 8, "nihii", "Laboratory"),
        _type("NIHII-RETIREMENT", 8, "nihii", "Retirement home"),
        _type("NIHII-OTD_PHARMACY", 8, "nihii", "Pharmaceutical tarification office"),
        _type("NIHII-HOSPITAL", 8, "nihii", "Hospital"),
        _type("NIHII-GROUP", 8, "nihii", "Group of nurses"),
        _type("EHP", 10, "ehp", "eHealth partner (EHP)"),
        _type("NIHII-PALLIATIVE_CARE", 8, "nihii", "Palliative care"),
        _type("NIHII-OFFICE_DENTISTS", 8, "nihii", "Office of dentists"),
        _type("NIHII-MEDICAL_HOUSE", 8, "nihii", "Medical house"),
        _type("NIHII-OFFICE_DOCTORS", 8, "nihii", "Office of doctors"),
        _type("NIHII-GROUP_DOCTORS", 8, "nihii", "Group of doctors"),
        _type("NIHII-OF_BAND", 8, "nihii", "Office of bandagists"),
        _type("NIHII-PSYCH_HOUSE", 8, "nihii", "Psychiatric nursing home"),
        _type("NIHII-PROT_ACC", 8, "nihii", "Sheltered accommodation"),
        _type("NIHII-HOME_SERVICES", 8, "nihii", "Home services"),
        _type("NIHII-OF_PHYSIOS", 8, "nihii", "Office of physiotherapists"),
        _type("SITE", 4, "none", "Hospital site"),
        _type("SITESMUR", 10, "none", "Mobile emergency group (SMUR)"),
        _type("SITEPIT", 10, "none", "Paramedic intervention team (PIT)"),
        _type("CBE-CONSORTIUM", 10, "cbe", "Consortium"),
        _type("NIHII-GUARD_POST", 8, "nihii", "Out-of-hours post"),
        _type("EHP-CTRL_ORGANISM", 10, "ehp", "Control body"),
        _type("NIHII-BELRAI", 8, "nihii", "BelRAI organisation"),
        _type("NIHII-BELRAI_SCREEN", 8, "nihii", "BelRAI screening organisation"),
        _type("NIHII-GROUP_MIDWIVES", 8, "nihii", "Group of midwives"),
        _type("NIHII-AMBU_SERVICE", 8, "nihii", "Ambulance service"),
        _type("NIHII-LEGAL_PSY", 8, "nihii", "Forensic psychiatry"),
        _type("NIHII-REEDUCATION", 8, "nihii", "Rehabilitation centre"),
        _type("NIHII-SORTING_CENTER", 8, "nihii", "Triage centre"),
    ]
)
"""By `code`. HUB is written EHP on the wire and so is not a type of its own here."""

ORGANISATION_TYPES = {code: kind for code, kind in TYPES.items() if code not in {"SSIN", "NIHII", "NIHII11"}}


def _mod97(stem: str) -> str:
    return f"{97 - int(stem) % 97:02d}"


def _check_ssin(value: str) -> Check:
    """National and BIS numbers: 97 − (nine digits mod 97); born from 2000 on the digits are preceded by a 2.

    A birth month that is neither 0 to 12 nor such a month raised by 20 or 40 only warns: one of the published BIS
    examples (85573003387) has month 57.
    """
    if int(value[4:6]) > 31:
        return Check(value, refusals=(Finding("ssin_birth_date"),))
    if value[9:] not in {_mod97(value[:9]), _mod97("2" + value[:9])}:
        return Check(value, refusals=(Finding("check_digits"),))
    month = int(value[2:4])
    usual = month < 60 and month % 20 <= 12
    return Check(value, warnings=() if usual else (Finding("ssin_birth_month"),))


def is_bis(ssin: str) -> bool:
    """True for a BIS number: the birth month is raised, by 20 or 40."""
    return int(ssin[2:4]) >= 20


def normalise(value: str) -> str:
    """Drop the spaces, dots, dashes and slashes that people type between digits."""
    return re.sub(r"[\s.\-/]", "", value)


def check(code: str, value: str) -> Check:
    """Check `value` (digits, separators allowed) against type `code`.

    Refusals: unknown_type, length, digits, check_digits, cbe_prefix, ssin_birth_date. Warnings: check_digits of a rule
    that is inferred (NIHII, EHP), ssin_birth_month.
    """
    kind = TYPES.get(code)
    value = normalise(value)
    if kind is None:
        return Check(value, refusals=(Finding("unknown_type"),))
    if not (value.isascii() and value.isdigit()):
        return Check(value, refusals=(Finding("digits"),))
    if len(value) != kind.length:
        return Check(value, refusals=(Finding("length", str(kind.length)),))
    if kind.rule == "ssin":
        return _check_ssin(value)
    if kind.rule == "cbe":
        if value[0] not in "01":
            return Check(value, refusals=(Finding("cbe_prefix"),))
        expected = _mod97(value[:8])
        return Check(value, refusals=() if value[8:] == expected else (Finding("check_digits", expected),))
    if kind.rule in {"nihii", "nihii11"}:
        expected = _mod97(value[:6])
        return Check(value, warnings=() if value[6:8] == expected else (Finding("check_digits", expected),))
    if kind.rule == "ehp":
        expected = _mod97(value[:8])
        return Check(value, warnings=() if value[8:] == expected else (Finding("check_digits", expected),))
    return Check(value)


def mask_ssins(text: str) -> str:
    """Mask every national number in `text`, however it is written; other numbers of eleven digits stay."""

    def masked(text: str, start: int, end: int, number: str) -> str | None:
        if (
            text[max(0, start - 12) : start].rstrip("\\=").endswith("NIHII11")
            or not check("SSIN", number).acceptable
        ):
            return None
        return mask_ssin(number)

    return mask_named(mask_numbers(text, masked))


def mask_ssin(ssin: str) -> str:
    """Return a national number as it may stand on a screen: the birth date hidden, the last two digits kept."""
    return f"••.••.••-•••.{ssin[-2:]}"
