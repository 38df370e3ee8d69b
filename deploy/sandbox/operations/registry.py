"""What the register knows: for a person and the organisations behind them, or of one certificate that asks itself."""

from lxml import etree

from deploy.sandbox.authorities import signer
from deploy.sandbox.authorities.names import rfc4514
from deploy.sandbox.operations.scene import Scene
from deploy.sandbox.register import system_signer
from deploy.sandbox.register.requests import Request
from deploy.sandbox.soap import Call, add, success, timestamp


def for_citizen(call: Call, scene: Scene) -> etree._Element:
    """The signer's own certificates and those of every organisation with a mandate today, oldest first."""
    holder = signer.authenticate(call.element, "Authentication", scene.pki, scene.store, scene.now)
    actors = [("SSIN", holder.ssin)]
    for organisation in scene.source.organisations_of(holder.ssin, scene.today):
        actors.extend(organisation.identifiers)
    result = success(call, scene.now)
    for request in scene.register.of_actors(scene.environment, actors):
        _describe(add(result, "m:CertificateInfo"), request, scene)
    return result


def for_certificate(call: Call, scene: Scene) -> etree._Element:
    """GetCertificateInfoForAuthenticationCertificate: the entry of the certificate that signed the question."""
    request, _ = system_signer.authenticate(
        call.element, scene.environment, scene.pki, scene.register, scene.now
    )
    result = success(call, scene.now)
    _describe(add(result, "m:CertificateInfo"), request, scene)
    return result


def _describe(info: etree._Element, request: Request, scene: Scene) -> None:
    subject, status, opens = request.subject, request.status(scene.now), request.replaceable_from
    add(info, "k:RequestedDate", timestamp(request.submitted_at))
    add(info, "k:PublicKeyIdentifier", request.pki.upper())
    natural = subject.identifier_type == "SSIN"
    entity = add(info, "k:CertificateEntity", EntityType="NaturalPerson" if natural else "Organization")
    identifier = add(entity, "k:CertificateIdentifier")
    actor = add(identifier, "k:Actor")
    add(actor, "c:Id", subject.identifier, Type=subject.identifier_type)
    for first_name in subject.first_names:
        add(actor, "c:FirstName", first_name)
    add(actor, "c:Name", subject.name)
    if subject.application_id:
        add(identifier, "k:ApplicationId", subject.application_id)
    add(info, "k:AuthenticationCertificateStatus", status)
    token = scene.tokens.find(request)
    add(info, "k:ETKStatus", token.status(status) if token else "NOT_REQUESTED")
    add(info, "k:AutomaticallyValidated", "true" if request.mode == "automatic" else "false")
    if (certificate := request.certificate) is not None:
        details = add(info, "k:AuthenticationCertificateDetails")
        add(details, "k:SerialNumber", str(certificate.serial_number))
        add(details, "k:DN", rfc4514(certificate.subject))
        add(details, "k:IssuerDN", rfc4514(certificate.issuer))
        add(details, "k:ValidNotBefore", timestamp(certificate.not_valid_before_utc))
        add(details, "k:ValidNotAfter", timestamp(certificate.not_valid_after_utc))
    active = status == "VALID_ACTIVE"
    add(info, "k:Revocable", "true" if active else "false")
    add(info, "k:Replaceable", "true" if active and opens is not None and opens <= scene.now else "false")
    if opens is not None:
        add(info, "k:ReplacementPeriodStartDate", timestamp(opens))
    contact = add(info, "k:ContactData")
    for name in ("EmailPrivate", "EmailGeneral", "PhonePrivate", "PhoneGeneral"):
        if name in request.contact:
            add(contact, f"k:{name}", request.contact[name])
    for service in request.services:
        add(info, "k:BaseServiceUsage", service)
