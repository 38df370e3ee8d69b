"""How many certificates of the whole installation end when: figures for who watches, which name nobody."""

from django.db import models

from certificates.domain.validity import Standing


class EndFigure(models.Model):
    """So many certificates of one environment, kind and standing end within so long; counted anew now and then."""

    environment = models.CharField(max_length=12)
    kind = models.CharField(max_length=12, choices=[(one, one) for one in ("organisation", "own")])
    """own: a care provider's that nobody else sees."""
    standing = models.CharField(max_length=16, choices=[(one.value, one.value) for one in Standing])
    ends = models.CharField(max_length=8)
    """ended, or within how many Belgian days at most: 1, 7, 30, 90, later."""
    number = models.BigIntegerField()
    first_end = models.DateTimeField()
    """The beginning of the Belgian day on which the first of them ends."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "kind", "standing", "ends"], name="one_figure_of_ends"
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.standing} {self.ends}"
