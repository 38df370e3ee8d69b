"""The kinds of organisation that may hold a certificate, and how their numbers are checked.

Expressions are in Java syntax and mean the same to Python. Only the numbers of the Crossroads Bank for
Enterprises have a check digit that all of them keep; published NIHII numbers exist that break theirs, so none
is announced for those.
"""

import re
from dataclasses import dataclass

EIGHT, TEN = "[0-9]{8}", "[0-9]{10}"
ENTERPRISE = "[01][0-9]{9}"
SERVICES = ("tsa", "consultrn", "codage", "other")
FEW = ("tsa", "other")


@dataclass(frozen=True)
class OrganisationType:
    """One identifier type: its spelling on the wire, its names, its rules, the base services open to it."""

    identifier_type: str
    dutch: str
    french: str
    expression: str
    services: tuple[str, ...] = FEW
    check_digit: str | None = None

    def accepts(self, value: str) -> bool:
        """Whether a number is well-formed and its check digits, where announced, are right."""
        if not re.fullmatch(self.expression, value):
            return False
        return self.check_digit is None or mod97(value)


def mod97(value: str, prefix: str = "") -> bool:
    """Whether the last two digits are 97 minus the remainder of the digits before them."""
    return int(value[-2:]) == 97 - int(prefix + value[:-2]) % 97


def is_ssin(value: str) -> bool:
    """Whether this is a national or BIS number with right check digits, for either century of birth."""
    return bool(re.fullmatch("[0-9]{11}", value)) and (mod97(value) or mod97(value, prefix="2"))


def is_bis(value: str) -> bool:
    """Whether an SSIN is a BIS number: the month of birth is raised, so that it is 20 or more."""
    return is_ssin(value) and int(value[2:4]) >= 20


TYPES = (
    OrganisationType("CBE", "Ondernemingsnummer", "Numéro d'entreprise", ENTERPRISE, SERVICES, "MOD97"),
    OrganisationType(
        "CBE-TREAT_CENTER", "Behandelcentrum", "Centre de traitement", ENTERPRISE, SERVICES, "MOD97"
    ),
    OrganisationType("CBE-CONSORTIUM", "Consortium", "Consortium", ENTERPRISE, FEW, "MOD97"),
    OrganisationType("NIHII-HOSPITAL", "Ziekenhuis", "Hôpital", EIGHT, SERVICES),
    OrganisationType("NIHII-PHARMACY", "Apotheek", "Pharmacie", EIGHT, ("tsa", "consultrn", "other")),
    OrganisationType("NIHII-OTD_PHARMACY", "Tariferingsdienst", "Office de tarification", EIGHT),
    OrganisationType("NIHII-LABO", "Laboratorium", "Laboratoire", EIGHT, ("tsa", "codage", "other")),
    OrganisationType("NIHII-RETIREMENT", "Woonzorgcentrum", "Maison de repos et de soins", EIGHT),
    OrganisationType("NIHII-GROUP", "Groepering van verpleegkundigen", "Groupement d'infirmiers", EIGHT),
    OrganisationType("NIHII-GROUP_DOCTORS", "Groepering van artsen", "Groupement de médecins", EIGHT),
    OrganisationType(
        "NIHII-GROUP_MIDWIVES", "Groepering van vroedvrouwen", "Groupement de sages-femmes", EIGHT
    ),
    OrganisationType("NIHII-PALLIATIVE_CARE", "Palliatieve zorg", "Soins palliatifs", EIGHT),
    OrganisationType("NIHII-OFFICE_DENTISTS", "Tandartspraktijk", "Cabinet dentaire", EIGHT),
    OrganisationType("NIHII-OFFICE_DOCTORS", "Artsenpraktijk", "Cabinet médical", EIGHT),
    OrganisationType("NIHII-OF_PHYSIOS", "Kinesitherapiepraktijk", "Cabinet de kinésithérapie", EIGHT),
    OrganisationType("NIHII-OF_BAND", "Bandagistenpraktijk", "Cabinet de bandagisterie", EIGHT),
    OrganisationType("NIHII-MEDICAL_HOUSE", "Wijkgezondheidscentrum", "Maison médicale", EIGHT),
    OrganisationType(
        "NIHII-PSYCH_HOUSE", "Psychiatrisch verzorgingstehuis", "Maison de soins psychiatriques", EIGHT
    ),
    OrganisationType("NIHII-PROT_ACC", "Initiatief voor beschut wonen", "Habitation protégée", EIGHT),
    OrganisationType(
        "NIHII-HOME_SERVICES", "Dienst voor thuisverzorging", "Service de soins à domicile", EIGHT
    ),
    OrganisationType("NIHII-GUARD_POST", "Huisartsenwachtpost", "Poste de garde", EIGHT),
    OrganisationType("NIHII-BELRAI", "BelRAI-organisatie", "Organisation BelRAI", EIGHT),
    OrganisationType(
        "NIHII-BELRAI_SCREEN", "BelRAI Screener-organisatie", "Organisation BelRAI Screener", EIGHT
    ),
    OrganisationType("NIHII-AMBU_SERVICE", "Ambulancedienst", "Service ambulancier", EIGHT),
    OrganisationType(
        "NIHII-LEGAL_PSY", "Forensisch psychiatrisch centrum", "Centre de psychiatrie légale", EIGHT
    ),
    OrganisationType("NIHII-REEDUCATION", "Revalidatiecentrum", "Centre de rééducation", EIGHT),
    OrganisationType("NIHII-SORTING_CENTER", "Schakelcentrum", "Centre de tri", EIGHT),
    OrganisationType("EHP", "eHealth-organisatienummer", "Numéro d'organisation eHealth", TEN, SERVICES),
    OrganisationType("EHP-CTRL_ORGANISM", "Controleorganisme", "Organisme de contrôle", TEN),
    OrganisationType("SITE", "Vestiging", "Site", "[0-9]{4}"),
    OrganisationType("SITESMUR", "Vestiging van een MUG", "Site d'un SMUR", TEN),
    OrganisationType("SITEPIT", "Vestiging van een PIT", "Site d'un PIT", TEN),
)
BY_TYPE = {kind.identifier_type: kind for kind in TYPES}
