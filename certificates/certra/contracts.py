"""Reading contracts exactly as they came: they are shown, and go back to be signed. All raise Unreadable."""

from lxml import etree

from agent.wire.errors import JobMalformed
from agent.wire.jobs import Contract, Identifier, LocalisedText, Signer
from certificates.certra.answers import NAMES
from certificates.certra.facts import RevocationContract
from certificates.certra.values import LANGUAGE, Unreadable, part_of
from certificates.domain.revocation import RevocationReason


def read_contract(answer: etree._Element) -> Contract:
    """Read the contract of GenerateContract, or what one for a revocation has in common with it."""
    contract = part_of(answer, "p:Contract")
    signer = part_of(contract, "c:Signer")
    try:
        return Contract.from_json(
            Contract(
                dn=contract.findtext("c:DN", "", NAMES),
                signer=Signer(
                    ids=tuple(
                        Identifier(one.get("Type", ""), one.text or "")
                        for one in signer.findall("cc:Id", NAMES)
                    ),
                    first_names=tuple(one.text or "" for one in signer.findall("cc:FirstName", NAMES)),
                    name=signer.findtext("cc:Name", "", NAMES),
                ),
                texts=tuple(
                    LocalisedText(lang=value.get(LANGUAGE, ""), html=value.text or "")
                    for value in contract.findall("c:Text/c:Value", NAMES)
                ),
            ).to_json()
        )
    except JobMalformed as error:
        raise Unreadable("a contract that cannot be shown") from error


def read_revocation_contract(answer: etree._Element) -> RevocationContract:
    """Read the contract of GenerateRevocationContract."""
    common = read_contract(answer)
    reason = answer.findtext("p:Contract/c:RevocationReason", "", NAMES)
    return RevocationContract(common.dn, common.signer, RevocationReason(reason), common.texts)
