"""What a person sees before signing: read back out of the very bytes that will be signed."""

from dataclasses import dataclass
from datetime import datetime

from agent.consent.contract_text import Block, contract_blocks
from agent.errors import AgentError
from agent.language import Texts, printable
from agent.wire.days import written_moment
from agent.wire.jobs import CertificateJob, Environment, LocalisedText
from agent.wire.pki.keys import read_csr
from agent.wire.pki.names import CertificateName, certificate_name, parse_dn, same_name
from agent.wire.xml.request import GenerateCertificateFacts, read_generate_certificate


@dataclass(frozen=True)
class ConsentPage:
    """One page: facts as (label, value) in order, and the contract in each of its languages.

    `ends` is what a page that ends something says in red, above everything else.
    """

    environment: Environment
    title: str
    warning: str
    facts: tuple[tuple[str, str], ...]
    contracts: tuple[tuple[str, tuple[Block, ...]], ...]
    ends: str = ""

    def contract(self, language: str) -> tuple[str, tuple[Block, ...]]:
        """The contract in `language`, or in the first language it has."""
        for lang, blocks in self.contracts:
            if lang[:2].lower() == language:
                return lang, blocks
        return self.contracts[0]


def consent_page(
    job: CertificateJob, unsigned: bytes, texts: Texts, *, public_key_identifier: str
) -> ConsentPage:
    """Make the page from `unsigned`, the bytes that will be signed, and check them against job and key.

    Only what those bytes cannot hold comes from the job: server, environment, who asks and why; the page says
    so. Raises AgentError `request_inconsistent` when bytes, job and key do not tell one story.
    """
    facts = read_generate_certificate(unsigned)
    csr = read_csr(facts.csr_der)
    consistent = (
        facts.content == job.request
        and not facts.signature_present
        and csr.public_key_identifier == public_key_identifier
        and same_name(csr.dn, facts.content.contract.dn)
    )
    if not consistent:
        raise AgentError("request_inconsistent")
    return ConsentPage(
        environment=job.environment,
        title=texts("consent.title"),
        warning=texts(f"consent.environment.{job.environment}_{_whose(job)}"),
        facts=tuple(
            (label, printable(value)) for label, value in _facts(job, facts, texts, csr.public_key_identifier)
        ),
        contracts=readable(facts.content.contract.texts),
    )


def readable(texts: tuple[LocalisedText, ...]) -> tuple[tuple[str, tuple[Block, ...]], ...]:
    """The contract in each language it can be read in; whatever has words is shown, for all of it is signed.

    Texts in one language stand one after another. Raises AgentError `request_inconsistent` where none has words.
    """
    found: dict[str, tuple[Block, ...]] = {}
    for text in texts:
        language = text.lang.lower()
        found[language] = found.get(language, ()) + contract_blocks(text.html)
    contracts = tuple(one for one in found.items() if any(block.text for block in one[1]))
    if not contracts:
        raise AgentError("request_inconsistent")
    return contracts


def _facts(
    job: CertificateJob, facts: GenerateCertificateFacts, texts: Texts, key: str
) -> list[tuple[str, str]]:
    content = facts.content
    contract, contact = content.contract, content.contact_data
    name = certificate_name(contract.dn)
    signer = " ".join([*contract.signer.first_names, contract.signer.name])
    rows = [
        ("environment", texts(f"consent.environment.{job.environment}")),
        ("purpose", texts("consent.purpose_request")),
        (
            "person" if name.type == "SSIN" else "organisation",
            f"{organisation_in(contract.dn) or job.organisation.name} ({name.type} {shown(name.type, name.value)})",
        ),
        ("certificate_name", name_text(name)),
        ("signer", signer),
        ("requested_by", texts("consent.by_at", name=job.requested_by, at=moment_text(job.requested_at))),
        ("reason", job.reason or texts("consent.no_reason")),
        ("email", _both(contact.email_private, contact.email_general)),
        ("phone", _both(contact.phone_private, contact.phone_general)),
        ("services", ", ".join(content.base_service_usages) or texts("consent.no_services")),
        ("server", job.server),
        ("key", key_text(key)),
    ]
    return [(texts(f"consent.label.{label}"), value) for label, value in rows]


def _whose(job: CertificateJob) -> str:
    """A care provider's own production certificate binds that person alone."""
    own = job.organisation.identifier.type == "SSIN" and job.environment == "production"
    return "own_explained" if own else "explained"


def organisation_in(dn: str) -> str:
    """The organisation's name as the certificate will bear it: the unit before the platform's own."""
    units = [value for keyword, value in parse_dn(dn) if keyword == "OU"]
    return units[-2] if len(units) >= 3 else ""


def name_text(name: CertificateName) -> str:
    """A certificate's name, `TYPE=id[, APPLICATIONID]`, with a national number masked."""
    application = f", {name.application_id}" if name.application_id else ""
    return f"{name.type}={shown(name.type, name.value)}{application}"


def key_text(key: str) -> str:
    """A key's identifier in groups of eight, to be compared by eye."""
    return " ".join(key[i : i + 8] for i in range(0, len(key), 8))


def shown(kind: str, value: str) -> str:
    """A number as it may stand on the screen."""
    # A national number is masked on screen, also one's own: somebody may look over the shoulder.
    return f"{value[:2]}••••••{value[-3:]}" if kind == "SSIN" else value


def _both(private: str, general: str | None) -> str:
    return f"{private} · {general}" if general else private


def moment_text(moment: datetime) -> str:
    """A moment in this workstation's time."""
    return written_moment(moment)
