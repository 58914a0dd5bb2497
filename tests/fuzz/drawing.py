"""Draws companies with Hypothesis and keeps them, so that one dbt build can judge them together."""

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.companies import companies
from tests.fuzz.reference import Company

EXAMPLES_PER_SEED = 4


def drawn(count: int, from_seed: int) -> list[Company]:
    """The same companies for the same seed (and the same version of Hypothesis)."""
    return [_last_example(from_seed * 100_000 + number) for number in range(count)]


def _last_example(of_seed: int) -> Company:
    """The first examples of a seed are the simplest, later ones resemble each other."""
    kept: list[Company] = []

    @seed(of_seed)
    @settings(
        max_examples=EXAMPLES_PER_SEED,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(companies())
    def keep(company: Company) -> None:
        kept.append(company)

    keep()
    return kept[-1]
