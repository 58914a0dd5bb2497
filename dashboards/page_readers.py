"""Which pages read a mart: dbt's exposures, which a test keeps equal to what the pages ask."""

import re
from functools import cache

import yaml

from dagster_project.settings import DBT_DIR

EXPOSURES = DBT_DIR / "models" / "_exposures.yml"
REF = re.compile(r"ref\('(\w+)'\)")
OF_A_PAGE = "page_"


@cache
def pages_of(mart: str) -> tuple[str, ...]:
    """Addresses of the pages that read the mart, in the order of the exposures."""
    declared = yaml.safe_load(EXPOSURES.read_text(encoding="utf-8"))["exposures"]
    return tuple(
        one["name"].removeprefix(OF_A_PAGE)
        for one in declared
        if mart in {REF.fullmatch(ref)[1] for ref in one["depends_on"]}
    )
