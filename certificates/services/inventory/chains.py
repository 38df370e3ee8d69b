"""Whose certificates are these, and do they lead to an anchor? For many at once: an issuer is judged only once."""

from collections import defaultdict
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from certificates.domain.lifecycle import Environment
from certificates.domain.x509 import CertificateFacts
from certificates.trust.anchors import certificate_anchors
from certificates.trust.paths import Trust, signed_by, validate

LONGEST_CHAIN = 5


class Chains:
    """The anchors of both environments and the authorities that came along with an upload (DER)."""

    def __init__(self, authorities: Sequence[bytes]) -> None:
        self._uploaded = [x509.load_der_x509_certificate(der) for der in authorities]
        self._anchors = {environment: certificate_anchors(environment) for environment in Environment}
        self._judged: dict[tuple[Environment, bytes], bool] = {}
        self._by_subject: dict[Environment, dict[x509.Name, list[x509.Certificate]]] = {}
        for environment, anchors in self._anchors.items():
            known: dict[x509.Name, list[x509.Certificate]] = defaultdict(list)
            for authority in [*self._uploaded, *map(x509.load_der_x509_certificate, anchors)]:
                known[authority.subject].append(authority)
            self._by_subject[environment] = known

    def environment_of(self, facts: CertificateFacts) -> tuple[Environment, bool]:
        """Return the environment whose anchors the certificate leads to, and True; a guess and False when neither.

        Judged at a moment within the certificate's validity, so that expired ones find their environment too.
        """
        leaf = x509.load_der_x509_certificate(facts.der)
        for environment in Environment:
            issuer = self._issuer(environment, leaf)
            if issuer is not None and self._trusted(environment, issuer, leaf, facts):
                return environment, True
        # The acceptance authorities say so in their names; a name is a hint, not a proof.
        guess = Environment.ACCEPTANCE if "accept" in facts.issuer.lower() else Environment.PRODUCTION
        return guess, False

    def issuers_of(self, facts: CertificateFacts, environment: Environment) -> list[bytes]:
        """Return the issuers of a certificate (DER), nearest first, without the root."""
        chain: list[bytes] = []
        certificate = x509.load_der_x509_certificate(facts.der)
        while len(chain) < LONGEST_CHAIN:
            issuer = self._issuer(environment, certificate)
            if issuer is None or issuer.issuer == issuer.subject:
                break
            chain.append(issuer.public_bytes(Encoding.DER))
            certificate = issuer
        return chain

    def _issuer(self, environment: Environment, certificate: x509.Certificate) -> x509.Certificate | None:
        """Return the authority that really signed the certificate."""
        for authority in self._by_subject[environment].get(certificate.issuer, ()):
            if signed_by(certificate, authority):
                return authority
        return None

    def _trusted(
        self,
        environment: Environment,
        issuer: x509.Certificate,
        leaf: x509.Certificate,
        facts: CertificateFacts,
    ) -> bool:
        """Judge the whole path with the first certificate of an issuer; the others were signed by the same one."""
        key = (environment, issuer.fingerprint(hashes.SHA256()))
        if key not in self._judged:
            middle = facts.not_before + (facts.not_after - facts.not_before) / 2
            verdict = validate(
                leaf, self._uploaded, self._anchors[environment], check_revocation=False, moment=middle
            )
            self._judged[key] = verdict.trust is Trust.TRUSTED
        return self._judged[key]
