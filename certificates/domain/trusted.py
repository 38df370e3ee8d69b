"""Trusted lists (ETSI TS 119 612): which ones there are, which store each feeds, and which statuses count."""

from dataclasses import dataclass
from enum import StrEnum

SERVICE_TYPES = ("http://uri.etsi.org/TrstSvc/Svctype/", "http://uri.etsi.org/TrstSvd/Svctype/")
"""How a service type begins; the operator of a list is published under the second one, a slip that stayed."""
STATUSES = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/"
"""How a status begins."""

TRUSTED_STATUSES = (
    "granted",
    "recognisedatnationallevel",
    "setbynationallaw",
    "undersupervision",
    "supervisionincessation",
    "accredited",
)
"""With these a service is trusted; the last three are from before eIDAS."""
UNTRUSTED_STATUSES = (
    "withdrawn",
    "deprecatedatnationallevel",
    "deprecatedbynationallaw",
    "supervisionceased",
    "supervisionrevoked",
    "accreditationceased",
    "accreditationrevoked",
)
"""With these it is not; with any other it is not either, and people are told."""


class ListKind(StrEnum):
    """The lists that the eHealth platform publishes in each environment."""

    TRANSPORT = "transport"
    PERSON = "person"
    APPLICATION = "application"


class ServiceKind(StrEnum):
    """What a service of a list is; whatever else there may be is shown and never trusted."""

    CA = "CA/PKC"
    QUALIFIED_CA = "CA/QC"
    TIMESTAMPS = "TSA"
    OPERATOR = "TLIssuer"


class Purpose(StrEnum):
    """What a trust store is for: the four that the platform's connector software loads."""

    TLS = "tls"
    AUTHORITIES = "authorities"
    OPERATORS = "operators"
    TIMESTAMPS = "timestamps"


_CA = frozenset({ServiceKind.CA, ServiceKind.QUALIFIED_CA})
FEEDS: dict[Purpose, tuple[ListKind, frozenset[ServiceKind]]] = {
    Purpose.TLS: (ListKind.TRANSPORT, _CA),
    Purpose.AUTHORITIES: (ListKind.PERSON, _CA),
    Purpose.OPERATORS: (ListKind.APPLICATION, _CA | {ServiceKind.OPERATOR}),
    Purpose.TIMESTAMPS: (ListKind.APPLICATION, _CA | {ServiceKind.TIMESTAMPS}),
}
"""From which list, and from which services in it, a store is made."""


@dataclass(frozen=True)
class Shelf:
    """Where connector software looks for a store: its file, the password that everybody knows, its settings."""

    file: str
    password: str
    location: str
    """The setting that names the file."""
    others: tuple[str, ...] = ()
    """Further settings: their names and values, `{password}` where the password goes."""


_OPERATOR_STORE = "be.fgov.ehealth.technicalconnector.bootstrap.tsl.keystore"
SHELVES: dict[Purpose, Shelf] = {
    Purpose.TLS: Shelf("truststore.jks", "changeit", "truststore_location"),
    Purpose.AUTHORITIES: Shelf("caCertificateKeystore.jks", "system", "CAKEYSTORE_LOCATION"),
    Purpose.OPERATORS: Shelf(
        "tslostore.jks",
        "tslo",
        f"{_OPERATOR_STORE}.location",
        (f"{_OPERATOR_STORE}.pwd={{password}}", f"{_OPERATOR_STORE}.type=JKS"),
    ),
    Purpose.TIMESTAMPS: Shelf("tsacertificate.jks", "ttsa", "timestamp.signature.keystore.path"),
}
"""As the platform's connector is delivered; the passwords stand in its public documentation."""


class ChangeKind(StrEnum):
    """What happened to a service from one version of a list to the next."""

    ADDED = "added"
    RESTORED = "restored"
    WITHDRAWN = "withdrawn"
    GONE = "gone"
    """It stands in the list no more."""
    REPLACED = "replaced"
    """Another certificate for the same key."""
    OPERATOR = "operator"
    """Another operator is announced, which may sign the lists to come."""
    UNKNOWN_STATUS = "unknown_status"
    """Its status is none that we know: not trusted."""
    EXTENSION = "extension"


MATTERS = frozenset(
    {
        ChangeKind.ADDED,
        ChangeKind.RESTORED,
        ChangeKind.WITHDRAWN,
        ChangeKind.GONE,
        ChangeKind.REPLACED,
        ChangeKind.OPERATOR,
        ChangeKind.UNKNOWN_STATUS,
    }
)
"""Changes after which a trust store that nobody renews is wrong."""


class Refusal(StrEnum):
    """Why a list was not taken."""

    UNREACHABLE = "unreachable"
    HASH = "hash"
    MALFORMED = "malformed"
    UNSIGNED = "unsigned"
    SIGNATURE = "signature"
    STRANGER = "stranger"
    SIGNER_ENDED = "signer_ended"
    SIGNER_USAGE = "signer_usage"
    WEAK = "weak"
    SHAPE = "shape"
    AHEAD = "ahead"
    OVER = "over"
    OLDER = "older"
    OTHER_BYTES = "other_bytes"
    OTHER_LIST = "other_list"


def service_kind(uri: str) -> ServiceKind | None:
    """Return what a service type means; None for one that we do not trust."""
    for prefix in SERVICE_TYPES:
        if uri.startswith(prefix) and (rest := uri.removeprefix(prefix)) in set(ServiceKind):
            return ServiceKind(rest)
    return None


def status_of(uri: str) -> str:
    """Return the short form of a status, the whole address where it is none of the standard."""
    if uri.startswith(STATUSES):
        return uri.removeprefix(STATUSES)
    return uri if ":" in uri else f"?{uri}"


def is_known(status: str) -> bool:
    """Return whether a status is one of the standard."""
    return status in TRUSTED_STATUSES or status in UNTRUSTED_STATUSES
