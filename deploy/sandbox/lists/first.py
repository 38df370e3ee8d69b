"""What the lists hold on the first day: the sandbox's own authorities, and some of the web and of time made for it."""

from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.sandbox.authorities.pki import Pki, key_usage, serial_number
from deploy.sandbox.soap import timestamp

KINDS = ("transport", "person", "application")
TYPE = "http://uri.etsi.org/TrstSvc/Svctype/"
OPERATOR = "http://uri.etsi.org/TrstSvd/Svctype/TLIssuer"
CA, QUALIFIED, TSA = TYPE + "CA/PKC", TYPE + "CA/QC", TYPE + "TSA"
YEAR = timedelta(days=365)
Made = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def services(pki: Pki, operator_pem: str, environment: str, now: datetime) -> dict[str, list[dict[str, Any]]]:
    """The services of each list of an environment."""
    begin = now.replace(microsecond=0)
    root = made(f"Sandbox Web Root {environment}", begin - 9 * YEAR, 20 * YEAR)
    web = made(f"Sandbox Web CA 2025 {environment}", begin - YEAR, 8 * YEAR, issuer=root)
    old = made(f"Sandbox Web CA 2019 {environment}", begin - 7 * YEAR, 8 * YEAR, issuer=root)
    server = made(
        f"services.{environment}.sandbox.example", begin - 0.7 * YEAR, YEAR, issuer=web, leaf="server"
    )
    stamps = made(
        f"Sandbox Time Stamping 2025 {environment}", begin - YEAR, 3 * YEAR, issuer=web, leaf="time"
    )
    former = made(
        f"Sandbox Time Stamping 2019 {environment}", begin - 7 * YEAR, 3 * YEAR, issuer=old, leaf="time"
    )
    since = begin - YEAR
    issuing = pki[f"{environment}-issuing"].certificate
    return {
        "transport": [
            service(root[0], CA, "Sandbox Web", begin - 9 * YEAR),
            service(web[0], CA, "Sandbox Web", since),
            service(
                old[0], CA, "Sandbox Web", begin - 2 * YEAR, "withdrawn", [("granted", begin - 7 * YEAR)]
            ),
            service(server[0], CA, "Sandbox eHealth", begin - 0.7 * YEAR),
        ],
        "person": [
            service(pki[f"{environment}-root"].certificate, CA, "Sandbox eHealth", begin - 5 * YEAR),
            service(issuing, CA, "Sandbox eHealth", begin - 5 * YEAR),
            service(pki["citizen-root"].certificate, CA, "Sandbox Belgium", begin - 5 * YEAR),
            service(pki["citizen-ca"].certificate, QUALIFIED, "Sandbox Belgium", begin - 5 * YEAR),
        ],
        "application": [
            service(
                x509.load_pem_x509_certificate(operator_pem.encode()), OPERATOR, "Sandbox eHealth", since
            ),
            service(issuing, CA, "Sandbox eHealth", begin - 5 * YEAR),
            service(stamps[0], TSA, "Sandbox Time", since),
            service(
                former[0], TSA, "Sandbox Time", begin - 4 * YEAR, "withdrawn", [("granted", begin - 7 * YEAR)]
            ),
            service(web[0], TYPE + "unspecified", "Sandbox Web", since),
        ],
    }


def service(
    certificate: x509.Certificate,
    type: str,
    provider: str,
    since: datetime,
    status: str = "granted",
    history: list[tuple[str, datetime]] | None = None,
) -> dict[str, Any]:
    """A service as the store keeps it; its name is its certificate's."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return {
        "name": str(names[0].value),
        "type": type,
        "provider": provider,
        "pem": certificate.public_bytes(serialization.Encoding.PEM).decode(),
        "status": status,
        "since": timestamp(since),
        "history": [[one, timestamp(moment)] for one, moment in history or []],
    }


def made(
    name: str,
    begin: datetime,
    life: timedelta,
    *,
    issuer: Made | None = None,
    leaf: str = "",
    key: ec.EllipticCurvePrivateKey | None = None,
) -> Made:
    """A certificate for a list, with its key, which is thrown away: nobody signs with it again."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "BE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "EHPORTAL SANDBOX"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=not leaf, path_length=None), critical=True)
    )
    if leaf:
        use = ExtendedKeyUsageOID.SERVER_AUTH if leaf == "server" else ExtendedKeyUsageOID.TIME_STAMPING
        builder = builder.add_extension(key_usage("digital_signature"), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=leaf == "time")
    else:
        builder = builder.add_extension(key_usage("key_cert_sign", "crl_sign"), critical=True)
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256()), key
