"""What is said around a PIN: what will ask for it, and whether it shall be asked for again."""

from agent.card.eid import Card
from agent.errors import CardError
from agent.language import Texts


def announcement(texts: Texts, card: Card) -> str | None:
    """What the dialog looks like that the middleware is about to show; None where the agent asks itself."""
    if card.pin_needed:
        return None
    return texts("pin.comes_on_reader" if card.pinpad else "pin.comes_in_window")


def question(texts: Texts, error: CardError) -> str:
    """What went wrong, how many tries are left where that is known, and whether to go on."""
    what, _ = texts.problem(error)
    if error.code == "card_removed":
        return texts("pin.card_back", what=what)
    if error.code == "pin_incorrect":
        left = texts("pin.tries_final" if error.tries == "final" else "pin.tries")
        return texts("pin.again", what=f"{what} {left}")
    return texts("pin.again", what=what)
