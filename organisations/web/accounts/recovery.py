"""Recovery codes that cannot be read are replaced like any other."""

from typing import Any

from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView

from organisations.errors import Unreadable


class MakeNewCodes(GenerateRecoveryCodesView):  # type: ignore[misc]  # allauth ships no types
    """Making new codes also where no key opens those of before."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Count the codes that stop working; those that nobody can read have stopped already."""
        try:
            return dict(super().get_context_data(**kwargs))
        except Unreadable:
            return {"form": self.get_form(), "view": self, "unused_code_count": 0}
