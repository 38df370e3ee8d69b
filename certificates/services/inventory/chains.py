"""Whose certificates are these, and do they lead to an anchor? For many at once, and with work that is bounded.

Anybody can upload a hundred certificates of one authority's name. An issuer is therefore looked for among those whose
key the certificate names, a few at most; each pair is verified once; and an upload has so many verifications to spend.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509

from agent.wire.pki.certificates import load_certificate
from agent.wire.pki.reading.fields import CertificateFields, NotACertificate, read_fields
from certificates.domain.lifecycle import Environment
from certificates.domain.x509 import CertificateFacts
from certificates.trust.anchors import certificate_anchors
from certificates.trust.paths import Trust, signed_by, validate

LONGEST_CHAIN = 5
MOST_CANDIDATES = 4
"""Authorities of one name that are tried for a certificate, those whose key it names first."""
MOST_FAILURES = 500
"""Signatures that may turn out wrong in one upload; after them no issuer is looked for any more."""


@dataclass(frozen=True)
class Judgement:
    """In which environment a certificate is at home, whether an anchor says so, and its issuers (DER, no root)."""

    environment: Environment
    trusted: bool
    chain: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class _Authority:
    fields: CertificateFields
    certificate: x509.Certificate


class Chains:
    """The anchors of both environments and the authorities that came along with an upload (DER)."""

    def __init__(self, authorities: Sequence[bytes]) -> None:
        uploaded = _authorities(authorities)
        self._uploaded = [one.certificate for one in uploaded]
        self._anchors = {environment: certificate_anchors(environment) for environment in Environment}
        self._judged: dict[tuple[Environment, str], bool] = {}
        self._signed: dict[tuple[str, str], bool] = {}
        self._above: dict[tuple[Environment, str], _Authority | None] = {}
        self._failures = 0
        self._by_subject: dict[Environment, dict[str, list[_Authority]]] = {}
        for environment, anchors in self._anchors.items():
            known: dict[str, list[_Authority]] = defaultdict(list)
            # The anchors first: what a stranger sends along never stands in front of them.
            for authority in [*_authorities(anchors), *uploaded]:
                known[authority.fields.subject.rfc4514].append(authority)
            self._by_subject[environment] = known

    def judge(self, facts: CertificateFacts) -> Judgement:
        """Return the environment whose anchors the certificate leads to; a guess, not trusted, when neither.

        Judged at a moment within the certificate's validity, so that expired ones find their environment too.
        """
        try:
            leaf = _Authority(read_fields(facts.der), load_certificate(facts.der))
        except ValueError:
            return Judgement(_guess(facts), False)
        for environment in Environment:
            issuer = self._issuer(environment, leaf)
            if issuer is not None and self._trusted(environment, issuer, leaf, facts):
                return Judgement(environment, True, self._chain(environment, leaf))
        environment = _guess(facts)
        return Judgement(environment, False, self._chain(environment, leaf))

    def _chain(self, environment: Environment, certificate: _Authority) -> tuple[bytes, ...]:
        """Return the issuers of a certificate (DER), nearest first, without the root."""
        chain: list[bytes] = []
        while len(chain) < LONGEST_CHAIN:
            issuer = self._issuer(environment, certificate)
            if issuer is None or issuer.fields.is_self_issued:
                break
            chain.append(issuer.fields.der)
            certificate = issuer
        return tuple(chain)

    def _issuer(self, environment: Environment, below: _Authority) -> _Authority | None:
        """Return the authority that really signed the certificate."""
        key = (environment, below.fields.fingerprint)
        if key not in self._above:
            named = self._by_subject[environment].get(below.fields.issuer.rfc4514, ())
            self._above[key] = next(
                (one for one in _candidates(below, named) if self._has_signed(one, below)), None
            )
        return self._above[key]

    def _has_signed(self, above: _Authority, below: _Authority) -> bool:
        pair = (above.fields.fingerprint, below.fields.fingerprint)
        if pair not in self._signed and self._failures < MOST_FAILURES:
            self._signed[pair] = signed_by(below.certificate, above.certificate)
            self._failures += not self._signed[pair]
        return self._signed.get(pair, False)

    def _trusted(
        self, environment: Environment, issuer: _Authority, leaf: _Authority, facts: CertificateFacts
    ) -> bool:
        """Judge the whole path with the first certificate of an issuer; the others were signed by the same one."""
        key = (environment, issuer.fields.fingerprint)
        if key not in self._judged:
            verdict = validate(
                leaf.certificate,
                self._uploaded,
                self._anchors[environment],
                check_revocation=False,
                moment=facts.middle,
            )
            self._judged[key] = verdict.trust is Trust.TRUSTED
        return self._judged[key]


def _candidates(below: _Authority, named: Sequence[_Authority]) -> list[_Authority]:
    """Return the few authorities that may have signed: those whose key it names, then others of that name."""
    wanted = below.fields.authority_key_identifier
    fitting = [one for one in named if wanted and one.fields.subject_key_identifier == wanted]
    others = [one for one in named[: 2 * MOST_CANDIDATES] if one not in fitting]
    return [*fitting, *others][:MOST_CANDIDATES]


def _authorities(ders: Sequence[bytes]) -> list[_Authority]:
    """Return those that can be read; an odd one stands above nobody."""
    found = []
    for der in dict.fromkeys(ders):
        try:
            found.append(_Authority(read_fields(der), load_certificate(der)))
        except (NotACertificate, ValueError):
            continue
    return found


def _guess(facts: CertificateFacts) -> Environment:
    """The acceptance authorities say so in their names; a name is a hint, not a proof."""
    return Environment.ACCEPTANCE if "accept" in facts.issuer.lower() else Environment.PRODUCTION
