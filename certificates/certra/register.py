"""Reading what the register tells of people, identifier types and certificates. All raise Unreadable (values.py)."""

import structlog
from lxml import etree

from certificates.certra.answers import CORE, NAMES
from certificates.certra.facts import (
    ActorQualities,
    AuthenticationCertificateStatus,
    AuthorisedOrganisation,
    CertificateActor,
    CertificateDetails,
    CertificateEntity,
    CertificateInfo,
    EntityType,
    EtkStatus,
    OrganisationType,
)
from certificates.certra.services import CERTRA
from certificates.certra.values import (
    Unreadable,
    contact_of,
    flag_of,
    identifier_of,
    key_identifier_of,
    maybe_moment,
    maybe_text,
    moment_of,
    names_of,
    part_of,
    text_of,
    texts_of,
    validity_of,
)

log = structlog.get_logger("certificates.certra")

OPEN_STATUSES = {
    f"{{{CORE}}}AuthenticationCertificateStatus": tuple(AuthenticationCertificateStatus),
    f"{{{CORE}}}ETKStatus": tuple(EtkStatus),
}
"""A status that the platform adds one day must not hide a whole inventory."""
INFO_ENTRIES = f"{{{CERTRA.namespace}}}CertificateInfo"
"""Nor must one certificate that the register tells in a way of its own."""


def read_qualities(answer: etree._Element) -> ActorQualities:
    """Read GetActorQualities' answer."""
    part_of(answer, "p:NaturalPersonAuthorization")
    return ActorQualities(
        natural_person=flag_of(answer, "p:NaturalPersonAuthorization"),
        organisations=tuple(
            AuthorisedOrganisation(names_of(one, "c:Name"), identifier_of(part_of(one, "c:Identifier")))
            for one in answer.iterfind("p:OrganizationAuthorization", NAMES)
        ),
    )


def read_organisation_types(answer: etree._Element) -> tuple[OrganisationType, ...]:
    """Read GetGenericOrganizationTypes' answer; there is at least one type."""
    found = tuple(
        OrganisationType(
            name=names_of(one, "c:Name"),
            identifier_type=text_of(one, "c:IdentifierType"),
            validation=maybe_text(one, "c:ValidationRegEx"),
            check_digit_algorithms=texts_of(one, "c:CheckDigitAlgorithm"),
            base_services=texts_of(one, "c:AvailableBaseService"),
        )
        for one in answer.iterfind("p:OrganizationType", NAMES)
    )
    if not found:
        raise Unreadable("no organisation types")
    return found


def read_infos(answer: etree._Element) -> tuple[CertificateInfo, ...]:
    """Read every CertificateInfo of an answer, each alone: one that cannot be used takes nothing from the others.

    What is left out is nowhere taken for gone. Raises Unreadable when none of them can be used.
    """
    found: list[CertificateInfo] = []
    refused: Unreadable | None = None
    for one in answer.iterfind("p:CertificateInfo", NAMES):
        try:
            found.append(_info(one))
        except Unreadable as error:
            refused = error
            log.warning("record_entry_left_out", reason=str(error))
    if refused is not None and not found:
        raise refused
    return tuple(found)


def _info(info: etree._Element) -> CertificateInfo:
    details = info.find("c:AuthenticationCertificateDetails", NAMES)
    status = text_of(info, "c:AuthenticationCertificateStatus")
    return CertificateInfo(
        requested_at=moment_of(info, "c:RequestedDate"),
        public_key_identifier=key_identifier_of(info, "c:PublicKeyIdentifier"),
        entity=_entity(part_of(info, "c:CertificateEntity")),
        status=AuthenticationCertificateStatus(status),
        etk_status=EtkStatus(text_of(info, "c:ETKStatus")),
        automatically_validated=flag_of(info, "c:AutomaticallyValidated"),
        details=None if details is None else _details(details),
        revocable=flag_of(info, "c:Revocable"),
        replaceable=flag_of(info, "c:Replaceable"),
        replacement_period_start=maybe_moment(info, "c:ReplacementPeriodStartDate"),
        contact_data=contact_of(info, "c:ContactData"),
        base_service_usages=texts_of(info, "c:BaseServiceUsage"),
    )


def _entity(entity: etree._Element) -> CertificateEntity:
    identifier = part_of(entity, "c:CertificateIdentifier")
    actor = part_of(identifier, "c:Actor")
    kind = entity.get("EntityType")
    return CertificateEntity(
        entity_type=None if kind is None else EntityType(kind),
        actor=CertificateActor(
            ids=tuple(identifier_of(one) for one in actor.iterfind("cc:Id", NAMES)),
            first_names=texts_of(actor, "cc:FirstName"),
            name=text_of(actor, "cc:Name"),
        ),
        application_id=maybe_text(identifier, "c:ApplicationId"),
    )


def _details(details: etree._Element) -> CertificateDetails:
    return CertificateDetails(
        serial_number=text_of(details, "c:SerialNumber"),
        dn=text_of(details, "c:DN"),
        issuer_dn=text_of(details, "c:IssuerDN"),
        valid_not_before=validity_of(details, "c:ValidNotBefore"),
        valid_not_after=validity_of(details, "c:ValidNotAfter"),
    )
