"""An authority's outside world in a box: OCSP answers and revocation lists over HTTP, in any state of health."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from tests.support.authority import key, usage

HOLD = x509.ReasonFlags.certificate_hold
COMPROMISED = x509.ReasonFlags.key_compromise


def soon(**since: float) -> datetime:
    """Return a moment so far from now, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0) + timedelta(**since)


def name(text: str) -> x509.Name:
    """A name with one part."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass
class World:
    """Root, issuing authority and leaf whose addresses lead here; `say` sets what each path answers."""

    base: str
    answers: dict[str, Callable[[bytes], bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    """ETag by path: whoever shows it is told that nothing is newer."""
    unchanged: list[str] = field(default_factory=list)
    """Which paths were answered so."""

    def __post_init__(self) -> None:
        self.keys = [key(number) for number in range(5, 9)]
        self.root = self._issue("World Root", self.keys[0], "World Root", self.keys[0], authority=True)
        self.issuing = self._issue(
            "World Issuing", self.keys[1], "World Root", self.keys[0], path="root", authority=True
        )
        self.leaf = self._issue("World Leaf", self.keys[2], "World Issuing", self.keys[1], path="issuing")
        self.responder = self._issue(
            "World Responder", self.keys[3], "World Issuing", self.keys[1], responder=True
        )
        # The authority above is healthy unless a test says otherwise.
        self.list_of("root", [])

    def _issue(
        self,
        subject: str,
        own: rsa.RSAPrivateKey,
        issuer: str,
        by: rsa.RSAPrivateKey,
        *,
        path: str = "",
        authority: bool = False,
        responder: bool = False,
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name(issuer))
            .public_key(own.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(soon(days=-30))
            .not_valid_after(soon(days=300))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False
            )
        )
        if authority:
            builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            builder = builder.add_extension(usage("key_cert_sign", "crl_sign"), critical=True)
        else:
            builder = builder.add_extension(usage("digital_signature"), critical=True)
        if responder:
            purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
            builder = builder.add_extension(purposes, critical=False)
            builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
        if path:
            uri = x509.UniformResourceIdentifier
            points = [x509.DistributionPoint([uri(f"{self.base}/{path}.crl")], None, None, None)]
            builder = builder.add_extension(x509.CRLDistributionPoints(points), critical=False)
            fresh = [x509.DistributionPoint([uri(f"{self.base}/{path}.delta")], None, None, None)]
            builder = builder.add_extension(x509.FreshestCRL(fresh), critical=False)
            access = x509.AccessDescription(
                AuthorityInformationAccessOID.OCSP, uri(f"{self.base}/{path}.ocsp")
            )
            builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
        return builder.sign(by, hashes.SHA256())

    def tells(
        self,
        status: ocsp.OCSPCertStatus,
        *,
        at: datetime | None = None,
        until: datetime | None = None,
        reason: x509.ReasonFlags | None = None,
        delegated: bool = False,
        signer: rsa.RSAPrivateKey | None = None,
    ) -> None:
        """Have the leaf's responder say this, of `at`, signed by the authority, its delegate, or a stranger."""
        at = at or soon()
        revoked = status is ocsp.OCSPCertStatus.REVOKED
        by = (self.responder, self.keys[3]) if delegated else (self.issuing, self.keys[1])

        def answer(_question: bytes) -> bytes:
            builder = (
                ocsp.OCSPResponseBuilder()
                .add_response(
                    self.leaf,
                    self.issuing,
                    hashes.SHA1(),  # noqa: S303  RFC 5019's only hash
                    status,
                    at,
                    until or at + timedelta(hours=1),
                    soon(days=-2) if revoked else None,
                    reason if revoked else None,
                )
                .responder_id(ocsp.OCSPResponderEncoding.HASH, by[0])
                .certificates([by[0]])
            )
            return builder.sign(signer or by[1], hashes.SHA256()).public_bytes(Encoding.DER)

        self.answers["/issuing.ocsp"] = answer

    def list_of(
        self,
        authority: str,
        serials: list[int],
        *,
        at: datetime | None = None,
        until: datetime | None = None,
        ends: bool = True,
        reason: x509.ReasonFlags = COMPROMISED,
        signer: rsa.RSAPrivateKey | None = None,
        delta: bool = False,
        freshest: bool = False,
        number: int = 7,
    ) -> None:
        """Publish a list of "root" or "issuing"; without `ends` it names no next one."""
        at = at or soon()
        issuer, own = (self.root, self.keys[0]) if authority == "root" else (self.issuing, self.keys[1])
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(issuer.subject)
            .last_update(at)
            .next_update(until or at + timedelta(days=7))
            .add_extension(x509.CRLNumber(number), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(own.public_key()), critical=False
            )
        )
        if delta:
            builder = builder.add_extension(x509.DeltaCRLIndicator(6), critical=True)
        if freshest:
            uri = x509.UniformResourceIdentifier(f"{self.base}/gone.crl")
            points = [x509.DistributionPoint([uri], None, None, None)]
            builder = builder.add_extension(x509.FreshestCRL(points), critical=False)
        for serial in serials:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(soon(days=-2))
            builder = builder.add_revoked_certificate(
                entry.add_extension(x509.CRLReason(reason), critical=False).build()
            )
        made = builder.sign(signer or own, hashes.SHA256()).public_bytes(Encoding.DER)
        if not ends:
            made = without_next_update(made, signer or own)
        self.answers[f"/{authority}.{'delta' if delta else 'crl'}"] = lambda _question: made


def without_next_update(made: bytes, own: rsa.RSAPrivateKey) -> bytes:
    """Take nextUpdate (optional in RFC 5280 5.1.2.5) out of a list and sign it again."""
    from asn1crypto import crl as asn1_crl
    from cryptography.hazmat.primitives.asymmetric import padding

    whole = asn1_crl.CertificateList.load(made)
    content = whole["tbs_cert_list"]
    del content["next_update"]
    signature = own.sign(content.dump(force=True), padding.PKCS1v15(), hashes.SHA256())
    signed: bytes = asn1_crl.CertificateList(
        {
            "tbs_cert_list": content,
            "signature_algorithm": whole["signature_algorithm"],
            "signature": signature,
        }
    ).dump(force=True)
    return signed


@contextmanager
def outside() -> Iterator[World]:
    """Serve a world on loopback while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            world.asked.append(self.path)
            say = world.answers.get(self.path)
            tag = world.tags.get(self.path)
            if tag and self.headers.get("If-None-Match") == tag:
                world.unchanged.append(self.path)
                self.send_response(304)
                self.end_headers()
                return
            content = say(body) if say else b""
            self.send_response(200 if say else 503)
            if tag:
                self.send_header("ETag", tag)
            kind = "application/ocsp-response" if self.path.endswith("ocsp") else "application/pkix-crl"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _reply

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    world = World(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield world
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
