"""What a login proof says, in words: the verdict, and what the platform's token tells of an organisation."""

from typing import Final

from django.utils.translation import gettext as _

from agent.wire.link.sessions import NOT_ASKED
from certificates.models import LoginProof


def login_text(proof: LoginProof | None) -> str:
    """Return whether the certificate logs in, in a sentence."""
    if proof is None or proof.verdict in NOT_ASKED:
        return _("It was not tried whether the new certificate logs in at the platform")
    if not proof.passed:
        return _("The new certificate did not get a session at the platform")
    if proof.not_recognised:
        return _(
            "The new certificate logs in, but the platform does not recognise the organisation as what it says"
        )
    return _("The new certificate logs in at the platform")


def login_advice(proof: LoginProof | None) -> str:
    """Return what is to be done before the login is proven."""
    if proof is None:
        return _("The agent tries it after a delivery and with the command %(agent)s self-test.")
    why = {
        "clock": _("The clock of the workstation is wrong: set it and test again."),
        "identity_unknown": _(
            "The platform's names for this kind of holder are not known: watch the software log in once."
        ),
        "wrong_environment": _(
            "The workstation found that it is no certificate of this environment: nothing was sent."
        ),
        "certificate_ended": _("By the workstation's clock the certificate is not valid now."),
        "certificate_refused": _(
            "The platform does not accept the certificate: it may be revoked, or not known there yet."
        ),
        "refused": _("The platform refuses a session: have this solved before the old certificate ends."),
        "signer_unknown": _(
            "The answer was signed by a certificate that is not configured here as the platform's."
        ),
    }
    if proof.verdict in ("unreachable", "no_answer", "unavailable", "answer_malformed"):
        return _("The platform could not be reached from the workstation, or was not available: test again.")
    return why.get(
        proof.verdict, _("The answer of the platform was not accepted: test again, and tell the helpdesk.")
    )


SHORT: Final = "urn:be:fgov:"


def login_details(proof: LoginProof | None) -> tuple[str, ...]:
    """Return what the token says, a line each: attributes with their values, the signer and the digest."""
    if proof is None or not proof.passed:
        return () if proof is None else (f"{proof.verdict} – {proof.device_label}",)
    said = [f"{name.removeprefix(SHORT)}: {value}" for name, value in sorted(proof.attributes.items())]
    if proof.weak_signature:
        said.append(_("The platform signed it with SHA-1."))
    signed = _("Signed by the platform's certificate %(signer)s…; digest of the session %(digest)s…") % {
        "signer": proof.signer[:16],
        "digest": proof.digest[:16],
    }
    return (*said, signed)
