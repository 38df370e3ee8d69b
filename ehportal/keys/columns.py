"""Every column that stands under a key: the one list. A test holds it against the models and the database."""

from organisations.sealed_columns import Place

PERSON = Place("organisations_person", "ssin_index", text=True)
DEVICE = Place("organisations_device", "ssin_index", text=True)
CERTIFICATE = Place("certificates_certificate", "ssin_index", text=True)

NUMBERS = Place("organisations_person", "ssin_ciphertext")
CERTIFICATES = Place("certificates_certificate", "sealed_der")

SEALED = (
    NUMBERS,
    Place("mfa_authenticator", "data", "secret", text=True, key_type="bigint"),
    Place("mfa_authenticator", "data", "seed", text=True, key_type="bigint"),
    CERTIFICATES,
    Place("certificates_certificaterequest", "sealed_contract", optional=True),
    Place("certificates_certificaterequest", "sealed_signed_request", optional=True),
    Place("certificates_revocation", "sealed_contract", optional=True),
    Place("certificates_revocation", "sealed_signed_request", optional=True),
    Place("certificates_encryptiontoken", "sealed_etk", optional=True),
    Place("certificates_paper", "sealed_values"),
    Place("certificates_paper", "sealed_document"),
    Place("certificates_paper", "sealed_copy", optional=True),
    Place("certificates_foreignrequest", "sealed_dn"),
    Place("certificates_foreignrequest", "sealed_csr", optional=True),
    Place("certificates_importbatch", "sealed_certificates"),
    Place("certificates_consignmentpart", "sealed_content"),
    Place("certificates_recordproposal", "sealed_certificates", optional=True),
    Place("certificates_cardcheck", "sealed_chain", optional=True),
    Place("certificates_errand", "sealed_parameters", optional=True),
    Place("certificates_errand", "sealed_answer", optional=True),
    Place("organisations_accountletter", "sealed_address", optional=True),
    Place("organisations_webhook", "sealed_secret"),
    Place("organisations_webhook", "sealed_former", optional=True),
)
"""Encrypted with the first of SSIN_KEYS."""

INDEXED = (PERSON, CERTIFICATE, DEVICE)
"""Indexes of national numbers, under the first of SSIN_INDEX_KEYS. All rows of one number change together."""
