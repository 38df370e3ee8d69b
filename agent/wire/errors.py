"""What can be wrong with something that came over the wire: stable codes, no HTTP, no personal data."""


class WireError(Exception):
    """A message that is not what it must be.

    `code` is stable snake_case and part of the protocol; `detail` is English for logs and never carries
    a value out of the message.
    """

    code = "wire_error"

    def __init__(self, detail: str, *, code: str | None = None) -> None:
        super().__init__(detail)
        if code is not None:
            self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class MalformedXml(WireError):
    """Not the XML that is spoken here: `request_malformed`, or `request_too_large`."""

    code = "request_malformed"


class SignatureInvalid(WireError):
    """A signature that does not verify, or does not sign what it pretends to: `signature_invalid`."""

    code = "signature_invalid"


class ProofInvalid(WireError):
    """A device proof that does not hold: `proof_invalid`, or `proof_stale` when only its time is wrong."""

    code = "proof_invalid"


class NameMalformed(WireError):
    """A distinguished name that cannot be read: `name_malformed`."""

    code = "name_malformed"


class CsrInvalid(WireError):
    """A certification request that is not RSA 2048 with SHA-256 over itself: `csr_invalid`."""

    code = "csr_invalid"


class JobMalformed(WireError):
    """A job document with a field too many, too few, or of another kind: `job_malformed`."""

    code = "job_malformed"


class OriginInvalid(WireError):
    """An address that cannot be a server's origin: `origin_invalid`."""

    code = "origin_invalid"


class CmsInvalid(WireError):
    """A CMS message that cannot be taken: `cms_malformed`, `cms_too_large`, `cms_too_complex`, `cms_unsupported`,
    or `cms_signature_invalid`.
    """

    code = "cms_malformed"


class PathInvalid(WireError):
    """A certificate that no anchor stands behind: `path_untrusted`, or `path_expired` when only its time is wrong."""

    code = "path_untrusted"


class TokenInvalid(WireError):
    """Something about an encryption token that is not as it must be.

    `challenge_invalid`; `encryption_certificate_invalid`; of the token itself `etk_malformed`, `etk_too_large`,
    `etk_signature_invalid`, `etk_signer_untrusted`, `etk_expired`, `etk_certificates_wrong` (its certificate set),
    `etk_content_wrong` (not the prescribed certificate of this authentication certificate).
    """

    code = "etk_malformed"
