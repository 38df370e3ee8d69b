"""The counterpart's part in saying for which organisations a workstation works."""

from agent.wire.link.organisations import Agreement, AskingOrganisation, Organisations
from tests.agent.tokens.desk import Json, Refused, answer_json

MAASDAL = AskingOrganisation(
    "00000000-0000-0000-0000-000000000001",
    "AZ Sint-Elisabeth Maasdal",
    ("CBE=0406798006",),
    "an.peeters@maasdal.example",
)


class OrganisationsDesk:
    """What the holder said, with the statements as they came."""

    agreed: list[AskingOrganisation]
    waiting: list[AskingOrganisation]
    statements: list[Agreement]
    only_for_agreed = False
    """Whether jobs are there only once somebody was agreed to, as at the product's server."""

    @staticmethod
    def not_found() -> Refused:
        """What a server says that knows nothing of organisations yet."""
        return Refused(404, "not_found")

    def organisations_step(self, parts: list[str], body: Json) -> tuple[int, bytes]:
        """List them, take a yes, take it back."""
        if not parts:
            return answer_json(200, Organisations(tuple(self.agreed), tuple(self.waiting)).to_json())
        if parts[1] == "end":
            self.agreed = [one for one in self.agreed if one.id != parts[0]]
            return answer_json(200, {"state": "ended"})
        said = AskingOrganisation.from_json(body["organisation"])
        if said not in self.waiting or said.id != parts[0]:
            raise Refused(409, "organisation_changed")
        self.waiting.remove(said)
        self.agreed.append(said)
        self.statements.append(Agreement(said))
        return answer_json(200, {"state": "agreed"})
