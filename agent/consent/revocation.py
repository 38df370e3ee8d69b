"""What a person sees before ending a certificate: read back out of the very bytes that will be signed."""

from agent.consent.request import (
    ConsentPage,
    key_text,
    moment_text,
    name_text,
    organisation_in,
    readable,
    shown,
)
from agent.errors import AgentError
from agent.language import Texts, end_text, printable
from agent.wire.jobs import RevocationJob
from agent.wire.pki.names import certificate_name
from agent.wire.xml.revoke import RevokeFacts, read_revoke


def revocation_page(job: RevocationJob, unsigned: bytes, texts: Texts) -> ConsentPage:
    """Make the page from `unsigned`, the bytes that will be signed, and check them against the job.

    Only what those bytes cannot hold comes from the job: server, environment, end of validity, who asks and the
    comment. Raises AgentError `request_inconsistent` when bytes and job do not tell one story.
    """
    facts = read_revoke(unsigned)
    if (
        facts.signature_present
        or facts.content != job.request
        or facts.content.public_key_identifier != job.certificate.public_key_identifier
    ):
        raise AgentError("request_inconsistent")
    return ConsentPage(
        environment=job.environment,
        title=texts("revoke.title"),
        warning=texts(f"revoke.{job.environment}_explained"),
        facts=tuple((label, printable(value)) for label, value in _facts(job, facts, texts)),
        contracts=readable(facts.content.contract.texts),
        ends=texts("revoke.ends"),
    )


def _facts(job: RevocationJob, facts: RevokeFacts, texts: Texts) -> list[tuple[str, str]]:
    contract = facts.content.contract
    name = certificate_name(contract.dn)
    organisation = organisation_in(contract.dn) or job.organisation.name
    asked_by = texts("consent.by_at", name=job.requested_by, at=moment_text(job.requested_at))
    return [
        (texts("consent.label.environment"), texts(f"consent.environment.{job.environment}")),
        (texts("consent.label.purpose"), texts("revoke.purpose")),
        (
            texts("consent.label.organisation"),
            f"{organisation} ({name.type} {shown(name.type, name.value)})",
        ),
        (texts("revoke.label.certificate"), name_text(name)),
        (texts("revoke.label.valid_until"), end_text(texts, job.certificate.not_after)),
        (texts("revoke.label.reason"), texts(f"revoke.reason.{contract.revocation_reason}")),
        (texts("revoke.label.comment"), job.comment or texts("revoke.no_comment")),
        (texts("consent.label.signer"), " ".join([*contract.signer.first_names, contract.signer.name])),
        (texts("consent.label.requested_by"), asked_by),
        (texts("consent.label.server"), job.server),
        (texts("revoke.label.key"), key_text(facts.content.public_key_identifier)),
    ]
