"""Messages of every operation, both ways, and single cases whose verdict is known."""

# ruff: noqa: E501  (one case is one line: broken up, a message is harder to read than wide)

NAMESPACES = (
    'xmlns:m="urn:be:fgov:ehealth:certra:protocol:v2" xmlns:k="urn:be:fgov:ehealth:certra:core:v2" '
    'xmlns:c="urn:be:fgov:ehealth:commons:core:v2" xmlns:e="urn:be:fgov:ehealth:etee:commons:core:v2" '
    'xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:soa="urn:be:fgov:ehealth:errors:soa:v1" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
PKI = "<m:PublicKeyIdentifier>00112233445566778899aabbccddeeFF00112233</m:PublicKeyIdentifier>"
SIGNER = '<c:Id Type="SSIN">85073003328</c:Id><c:FirstName>An</c:FirstName><c:FirstName>Marie</c:FirstName>\
<c:Name>Peeters</c:Name>'
OWNER = '<k:Actor><c:Id Type="CBE">0406798006</c:Id><c:Name>AZ</c:Name></k:Actor><k:ApplicationId>LABO</k:ApplicationId>'
CONTACT = "<k:EmailPrivate>a@b.example</k:EmailPrivate><k:EmailGeneral>c@b.example</k:EmailGeneral>\
<k:PhonePrivate>1</k:PhonePrivate><k:PhoneGeneral>2</k:PhoneGeneral>"
TEXT = '<k:Text><k:Value xml:lang="nl">Tekst</k:Value><k:Value xml:lang="fr-BE">Texte</k:Value></k:Text>'
CONTRACT = f"<k:DN>CN=x</k:DN><k:Signer>{SIGNER}</k:Signer>{TEXT}"
REVOCATION = (
    f"<k:DN>CN=x</k:DN><k:Signer>{SIGNER}</k:Signer><k:RevocationReason>superseded</k:RevocationReason>{TEXT}"
)
SIGNATURE = """<ds:Signature Id="xmldsig-1"><ds:SignedInfo>
<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>
<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>
<ds:Reference URI="#_1"><ds:Transforms>
<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>
<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms>
<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>AAAA</ds:DigestValue>
</ds:Reference></ds:SignedInfo><ds:SignatureValue>AAAA</ds:SignatureValue>
<ds:KeyInfo><ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate><ds:X509Certificate>BBBB</ds:X509Certificate>
</ds:X509Data></ds:KeyInfo></ds:Signature>"""
OK = '<c:Status><c:StatusCode Value="urn:be:fgov:ehealth:2.0:status:Success"/></c:Status>'
NOT_OK = """<c:Status><c:StatusCode Value="urn:x"><c:StatusCode Value="urn:y"/></c:StatusCode>
<c:StatusMessage>no</c:StatusMessage><c:StatusDetail><e:EteeStatusDetail><Errors><Code>X</Code><Message>m</Message>
<Parameters><Name>n</Name><Value>v</Value></Parameters></Errors></e:EteeStatusDetail></c:StatusDetail></c:Status>"""
INFO = f"""<m:CertificateInfo><k:RequestedDate>2024-02-29T12:00:00Z</k:RequestedDate>{PKI.replace("m:", "k:")}
<k:CertificateEntity EntityType="Organization"><k:CertificateIdentifier>{OWNER}</k:CertificateIdentifier>
</k:CertificateEntity><k:AuthenticationCertificateStatus>VALID_ACTIVE</k:AuthenticationCertificateStatus>
<k:ETKStatus>WAIT_FOR_ACTIVATION</k:ETKStatus><k:AutomaticallyValidated>true</k:AutomaticallyValidated>
<k:AuthenticationCertificateDetails><k:SerialNumber>1</k:SerialNumber><k:DN>CN=x</k:DN><k:IssuerDN>CN=y</k:IssuerDN>
<k:ValidNotBefore>2024-03-01T00:00:00Z</k:ValidNotBefore><k:ValidNotAfter>2027-03-01T00:00:00+01:00</k:ValidNotAfter>
</k:AuthenticationCertificateDetails><k:Revocable>1</k:Revocable><k:Replaceable>false</k:Replaceable>
<k:ReplacementPeriodStartDate>2026-12-01T00:00:00Z</k:ReplacementPeriodStartDate><k:ContactData>{CONTACT}</k:ContactData>
<k:BaseServiceUsage>tsa</k:BaseServiceUsage><k:BaseServiceUsage>other</k:BaseServiceUsage></m:CertificateInfo>"""
KIND = """<m:OrganizationType><k:Name><k:Value xml:lang="nl">Ziekenhuis</k:Value></k:Name>
<k:IdentifierType>NIHII-HOSPITAL</k:IdentifierType><k:ValidationRegEx>[0-9]{8}</k:ValidationRegEx>
<k:CheckDigitAlgorithm>A</k:CheckDigitAlgorithm><k:AvailableBaseService>tsa</k:AvailableBaseService></m:OrganizationType>"""
MANDATE = """<m:OrganizationAuthorization><k:Name><k:Value xml:lang="">AZ</k:Value></k:Name>
<k:Identifier Type="CBE">0406798006</k:Identifier></m:OrganizationAuthorization>"""

_REQUESTS = {
    "GetActorQualities": f'<m:SSIN Type="SSIN">85073003328</m:SSIN>{SIGNATURE}',
    "GetGenericOrganizationTypes": "",
    "GetExistingApplicationIds": '<m:OrganizationIdentifier Type="CBE">0406798006</m:OrganizationIdentifier>',
    "GenerateContract": f"<m:ContactData>{CONTACT}</m:ContactData><m:Signer>{SIGNER}</m:Signer>"
    f"<m:CertificateIdentifier>{OWNER}</m:CertificateIdentifier>",
    "GenerateCertificate": f"<m:EHealthCSR><k:ContactData>{CONTACT}</k:ContactData><k:CSR>AAAA</k:CSR>"
    f"<k:Contract>{CONTRACT}</k:Contract><k:BaseServiceUsage>tsa</k:BaseServiceUsage></m:EHealthCSR>{SIGNATURE}",
    "GetCertificate": PKI,
    "GetCertificateInfoForCitizen": SIGNATURE,
    "GetCertificateInfoForAuthenticationCertificate": SIGNATURE,
    "GenerateRevocationContract": f"{PKI}<m:Signer>{SIGNER}</m:Signer>"
    "<m:RevocationReason>keyCompromise</m:RevocationReason>",
    "Revoke": f"{PKI}<m:Contract>{REVOCATION}</m:Contract>{SIGNATURE}",
    "SubmitCSRForForeigner": f"<m:ForeignPerson>{SIGNER}</m:ForeignPerson><m:ContactData>{CONTACT}</m:ContactData>"
    "<m:CSR>AAAA</m:CSR>",
}
_ANSWERS = {
    "GetActorQualities": f"{OK}<m:NaturalPersonAuthorization>0</m:NaturalPersonAuthorization>{MANDATE}{MANDATE}",
    "GetGenericOrganizationTypes": OK + KIND + KIND,
    "GetExistingApplicationIds": '<m:ApplicationId>LABO</m:ApplicationId><m:ApplicationId xsi:nil="true"/>',
    "GenerateContract": f"{OK}<m:Contract>{CONTRACT}</m:Contract>",
    "GenerateCertificate": f"{OK}{PKI}<m:AutomaticallyValidated>true</m:AutomaticallyValidated>"
    + PKI.replace("PublicKeyIdentifier", "ReplacesCertificate"),
    "GetCertificate": f"{OK}<m:X509Certificate>AAAA</m:X509Certificate><m:X509Certificate>BBBB</m:X509Certificate>",
    "GetCertificateInfoForCitizen": OK + INFO + INFO,
    "GetCertificateInfoForAuthenticationCertificate": OK + INFO,
    "GenerateRevocationContract": f"{OK}<m:Contract>{REVOCATION}</m:Contract>",
    "Revoke": OK,
    "SubmitCSRForForeigner": f"{OK}<m:ValidationUrl>https://a.example/x</m:ValidationUrl>"
    "<m:ExpirationDate>2026-01-01T00:00:00Z</m:ExpirationDate>",
}


def _request(
    operation: str, content: str, attributes: str = 'Id="_1" IssueInstant="2025-01-31T10:00:00Z"'
) -> str:
    return f"<m:{operation}Request {NAMESPACES} {attributes}>{content}</m:{operation}Request>"


def _answer(operation: str, content: str) -> str:
    attributes = 'Id="_2" InResponseTo="_1" IssueInstant="2025-01-31T10:00:00.123Z"'
    return f"<m:{operation}Response {NAMESPACES} {attributes}>{content}</m:{operation}Response>"


VALID = {f"{name}Request": _request(name, content) for name, content in _REQUESTS.items()}
VALID |= {f"{name}Response": _answer(name, content) for name, content in _ANSWERS.items()}
VALID |= {f"{name} failed": _answer(name, NOT_OK) for name in _ANSWERS if name != "GetExistingApplicationIds"}


def _contract(text: str) -> str:
    return _answer("GenerateContract", f"{OK}<m:Contract>{CONTRACT.replace(TEXT, text)}</m:Contract>")


def _signed(old: str, new: str) -> str:
    assert old in SIGNATURE
    return _request("GetCertificateInfoForCitizen", SIGNATURE.replace(old, new))


def _status(detail: str) -> str:
    status = f'<c:Status><c:StatusCode Value="urn:x"/><c:StatusDetail>{detail}</c:StatusDetail></c:Status>'
    return _answer("Revoke", status)


_KEY = "<ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate><ds:X509Certificate>BBBB</ds:X509Certificate>\n</ds:X509Data>"
_RSA = (
    "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AAAA</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue>\
</ds:KeyValue>"
)
_ISSUER = (
    "<ds:X509IssuerSerial><ds:X509IssuerName>CN=x</ds:X509IssuerName><ds:X509SerialNumber>{}</ds:X509SerialNumber>\
</ds:X509IssuerSerial>"
)
_EXC = '<x:InclusiveNamespaces xmlns:x="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="c"/>'
_C14N = '<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"'
_METHOD = '<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"'
CASES = [
    (True, "no Id", _request("GetCertificate", PKI, 'IssueInstant="2025-01-31T10:00:00Z"')),
    (False, "Id that is no name", _request("GetCertificate", PKI, 'Id="1" IssueInstant="2025-01-31T10:00:00Z"')),
    (False, "day that does not exist", _request("GetCertificate", PKI, 'IssueInstant="2025-02-30T10:00:00Z"')),
    (False, "date instead of time", _request("GetCertificate", PKI, 'IssueInstant="2025-01-31"')),
    (False, "key identifier of 19 bytes", _request("GetCertificate", PKI.replace("00112233<", "001122<"))),
    (False, "key identifier not hex", _request("GetCertificate", PKI.replace("00112233<", "0011223x<"))),
    (False, "contract without a text", _contract("<k:Text/>")),
    (False, "text without language", _contract("<k:Text><k:Value>x</k:Value></k:Text>")),
    (False, "text with a wrong language", _contract('<k:Text><k:Value xml:lang="nl_BE">x</k:Value></k:Text>')),
    (True, "empty status detail", _status("")),
    (True, "two status details", _status("<e:EteeStatusDetail/><e:EteeStatusDetail/>")),
    (False, "unknown status detail", _status('<x:y xmlns:x="urn:example:x"/>')),
    (False, "platform error as a status detail", _status("<soa:SystemError/>")),
    (False, "qualified error", _status("<e:EteeStatusDetail><e:Errors/></e:EteeStatusDetail>")),
    (True, "another element of the common schema", _status('<c:Id Type="SSIN">1</c:Id>')),
    (True, "a person as a status detail", _status(f"<c:Patient>{SIGNER}</c:Patient>")),
    (True, "an author as a status detail", _status(f"<c:Author><c:HcParty>{SIGNER}</c:HcParty></c:Author>")),
    (False, "an author without a party", _status("<c:Author/>")),
    (False, "answer without Status", _answer("GetCertificate", "")),
    (True, "no ApplicationId at all", _answer("GetExistingApplicationIds", "")),
    (False, "Status where there is none", _answer("GetExistingApplicationIds", OK)),
    (False, "nil with content", _answer("GetExistingApplicationIds", '<m:ApplicationId xsi:nil="true">x</m:ApplicationId>')),
    (False, "unsigned", _request("GetCertificateInfoForCitizen", "")),
    (True, "signature without KeyInfo", _signed(f"<ds:KeyInfo>{_KEY}</ds:KeyInfo>", "")),
    (False, "empty KeyInfo", _signed(_KEY, "")),
    (True, "key value", _signed(_KEY, _RSA)),
    (False, "key value without exponent", _signed(_KEY, _RSA.replace("<ds:Exponent>AQAB</ds:Exponent>", ""))),
    (True, "key name", _signed(_KEY, "<ds:KeyName>x</ds:KeyName><ds:MgmtData>y</ds:MgmtData>")),
    (True, "retrieval method", _signed(_KEY, '<ds:RetrievalMethod URI="#x"/>')),
    (True, "issuer and serial", _signed(_KEY, f"<ds:X509Data>{_ISSUER.format(5)}<ds:X509SKI>AA==</ds:X509SKI></ds:X509Data>")),
    (False, "serial that is no number", _signed(_KEY, f"<ds:X509Data>{_ISSUER.format('x')}</ds:X509Data>")),
    (False, "empty X509Data", _signed(_KEY, "<ds:X509Data/>")),
    (True, "subject name and list", _signed(_KEY, "<ds:X509Data><ds:X509SubjectName>CN=x</ds:X509SubjectName><ds:X509CRL>AAAA</ds:X509CRL></ds:X509Data>")),
    (True, "PGP data", _signed(_KEY, "<ds:PGPData><ds:PGPKeyID>AAAA</ds:PGPKeyID></ds:PGPData>")),
    (True, "SPKI data", _signed(_KEY, "<ds:SPKIData><ds:SPKISexp>AAAA</ds:SPKISexp></ds:SPKIData>")),
    (True, "DSA key", _signed(_KEY, "<ds:KeyValue><ds:DSAKeyValue><ds:Y>AAAA</ds:Y></ds:DSAKeyValue></ds:KeyValue>")),
    (True, "foreign key information", _signed(_KEY, '<x:y xmlns:x="urn:example:x"/>')),
    (False, "foreign information in no namespace", _signed(_KEY, "<y/>")),
    (True, "inclusive namespaces", _signed(_C14N + "/>", f"{_C14N}>{_EXC}</ds:CanonicalizationMethod>")),
    (True, "HMAC length", _signed(_METHOD + "/>", f"{_METHOD}><ds:HMACOutputLength>8</ds:HMACOutputLength></ds:SignatureMethod>")),
    (False, "foreign method parameter", _signed(_METHOD + "/>", f'{_METHOD}><x:y xmlns:x="urn:example:x"/></ds:SignatureMethod>')),
    (True, "object in the signature", _signed("</ds:KeyInfo>", '</ds:KeyInfo><ds:Object Id="o" MimeType="a/b"><ds:Manifest><ds:Reference><ds:DigestMethod Algorithm="urn:x"/><ds:DigestValue>AAAA</ds:DigestValue></ds:Reference></ds:Manifest></ds:Object>')),
    (False, "broken manifest in an object", _signed("</ds:KeyInfo>", "</ds:KeyInfo><ds:Object><ds:Manifest/></ds:Object>")),
    (False, "signature property without target", _signed("</ds:KeyInfo>", '</ds:KeyInfo><ds:Object><ds:SignatureProperties><ds:SignatureProperty><x:y xmlns:x="urn:example:x"/></ds:SignatureProperty></ds:SignatureProperties></ds:Object>')),
    (False, "digest that is not base64", _signed("<ds:DigestValue>AAAA<", "<ds:DigestValue>A*<")),
    (False, "no reference", _request("GetCertificateInfoForCitizen", SIGNATURE[: SIGNATURE.index("<ds:Reference")] + SIGNATURE[SIGNATURE.index("</ds:SignedInfo>") :])),
]  # fmt: skip


def _fault(content: str, name: str = "SystemError") -> str:
    return f'<soa:{name} {NAMESPACES} Id="t">{content}</soa:{name}>'


_BODY = "<Origin>Provider</Origin><Code>SOA-00001</Code>{}<soa:Environment>{}</soa:Environment>"
_SAID = '<Message xml:lang="en">no</Message>'
FAULTS = [
    (True, "system error", _fault(_BODY.format(_SAID, "Production"))),
    (True, "business error", _fault(_BODY.format(_SAID, "Acceptation"), "BusinessError")),
    (True, "two languages", _fault(_BODY.format(_SAID + "<Message>non</Message>", "Test"))),
    (True, "retry and contact", _fault(_BODY.format(_SAID + "<Retry>true</Retry><Contact>x</Contact>", "Integration"))),
    (False, "no message", _fault(_BODY.format("", "Production"))),
    (False, "another environment", _fault(_BODY.format(_SAID, "Acceptance"))),
    (False, "unqualified environment", _fault(_BODY.format(_SAID, "Test").replace("soa:Environment", "Environment"))),
    (False, "qualified code", _fault(_BODY.format(_SAID, "Test").replace("Code>", "soa:Code>"))),
    (False, "another element", _fault(_BODY.format(_SAID, "Test"), "OtherError")),
]  # fmt: skip
