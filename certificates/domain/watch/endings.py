"""What ends besides certificates, and how its end is told where an organisation chose nothing else.

The same rules as for certificates (`notices.Policy`): days before the end, readers, by mail or not, and what happens
when nobody takes care. What ends by itself in another way, such as an API's credentials, is one more word here and one
more finder in `services.reminders.endings`.
"""

from enum import StrEnum

from certificates.domain.watch.notices import Policy
from certificates.domain.watch.reminders import CARD_STEPS, MANDATE_STEPS, PAPER_STEPS


class About(StrEnum):
    """What ends; the values are stable codes."""

    MANDATE = "mandate"
    CARD = "card"
    PAPER = "paper"
    TRUSTED = "trusted"
    """What software must trust: entries of the platform's lists, its own certificates, and the days they switch."""


PERSONAL = frozenset({About.MANDATE, About.CARD})
"""These concern somebody, who is told too."""
FOR_OUTSIDE = frozenset({About.TRUSTED})
"""Only of these addresses outside are told: nothing of a person stands in them."""
TRUSTED_STEPS = (60, 30, 14, 7, 3, 1)

DEFAULTS: dict[About, Policy] = {
    About.MANDATE: Policy(steps=MANDATE_STEPS, again_after=0, holders_from=MANDATE_STEPS[0]),
    About.CARD: Policy(steps=CARD_STEPS, again_after=0, holders_from=CARD_STEPS[0]),
    About.PAPER: Policy(steps=PAPER_STEPS, again_after=0, holders_from=None),
    About.TRUSTED: Policy(steps=TRUSTED_STEPS, again_after=0, holders_from=None),
}
