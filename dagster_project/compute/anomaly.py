"""When a figure is unusual: outside the range its own last months would let one expect.

The rule is that of Iglewicz and Hoaglin (How to Detect and Handle Outliers, 1993): a value is
unusual when it lies more than 3.5 robust standard deviations from the median. Median and median
absolute deviation are used because one odd month in the history must not hide the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from statistics import median

SHORTEST_HISTORY = 12  # months before the one that is judged
LONGEST_HISTORY = 24  # what was usual longer ago need not be usual now
LIMIT = Decimal("3.5")
# a median absolute deviation, and where that is 0 a mean one, as a standard deviation
OF_MEDIAN_DEVIATION = Decimal("1.4826")
OF_MEAN_DEVIATION = Decimal("1.2533")


@dataclass(frozen=True)
class Range:
    """The values one would expect, both ends included, in the unit of the figure."""

    lower: Decimal
    upper: Decimal

    def holds(self, value: Decimal) -> bool:
        """Whether the value is one of those."""
        return self.lower <= value <= self.upper


def usual_range(history: Sequence[Decimal], *, is_level: bool) -> Range | None:
    """The usual range of the month after `history` (one value per month, oldest first).

    is_level: the values themselves are compared (a rate stays around its level); otherwise their
    changes from month to month are (an amount that grows is not unusual for being high). None with
    fewer than twelve values (changes) to compare with. A figure that never moved has a range of
    one value.
    """
    compared = list(history) if is_level else [b - a for a, b in pairwise(history)]
    compared = compared[-LONGEST_HISTORY:]
    if len(compared) < SHORTEST_HISTORY:
        return None
    centre = median(compared)
    deviations = [abs(value - centre) for value in compared]
    spread = median(deviations) * OF_MEDIAN_DEVIATION
    if not spread:
        spread = sum(deviations, Decimal(0)) / len(deviations) * OF_MEAN_DEVIATION
    base = centre if is_level else history[-1] + centre
    return Range(base - LIMIT * spread, base + LIMIT * spread)
