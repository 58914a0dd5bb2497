"""Random companies: the published movements are those of the slow reference, to the last digit.

`make test-ci` judges the same 500 companies every time; `make fuzz` others (KEIZOKU_FUZZ_SEED,
KEIZOKU_FUZZ_PACKS). A failure prints each company made small, with both answers.
"""

import os
from dataclasses import replace
from datetime import date, datetime
from itertools import islice

import pytest

from tests.fuzz.companies import yen_rates
from tests.fuzz.drawing import drawn
from tests.fuzz.judgement import Question, as_named, judge, shrink, told
from tests.fuzz.reference import Company, Policy, movements

PACK_SIZE = 100
FIRST_SEED = int(os.environ.get("KEIZOKU_FUZZ_SEED", "2026"))
PACKS = int(os.environ.get("KEIZOKU_FUZZ_PACKS", "5"))
SHOWN_COMPANIES = 3

QUESTIONS = [
    Question(date(2026, 6, 30)),
    Question(
        date(2026, 4, 15), Policy(lapse_grace_days=0), datetime.fromisoformat("2025-12-31T15:00")
    ),
    Question(date(2026, 12, 31), Policy(past_due_grace_days=0, max_pause_days=30)),
    Question(
        date(2026, 3, 31),
        Policy(fx_mode="constant", lapse_grace_days=60),
        datetime.fromisoformat("2026-01-01"),
    ),
    Question(date(2026, 6, 30), Policy(history_start=date(2025, 7, 1))),
]


@pytest.mark.slow
@pytest.mark.parametrize("number", range(PACKS))
def test_published_movements_equal_the_reference(new_folder, number):
    question = QUESTIONS[number % len(QUESTIONS)]
    companies = drawn(PACK_SIZE, from_seed=FIRST_SEED + number)

    found = judge(new_folder, companies, question)

    if found:
        wrong = sorted({int(one.company.removeprefix("co")) for one in found})
        few = [companies[place] for place in wrong[:SHOWN_COMPANIES]]
        # the history begins where it began with all the others in the folder
        pinned = replace(
            question, policy=replace(question.policy, history_start=begun(companies, question))
        )
        small = shrink(new_folder, few, pinned)
        still = judge(new_folder, small, pinned)
        tales = [
            told(
                company,
                pinned,
                list(islice((d for d in still if d.company == f"co{place:04d}"), 3)),
            )
            for place, company in enumerate(small)
        ]
        pytest.fail(
            f"{len(wrong)} of {PACK_SIZE} companies differ (seed {FIRST_SEED}, pack {number})\n\n"
            + "\n\n".join(tales)
        )


def begun(companies: list[Company], question: Question) -> date | None:
    named = [as_named(company, f"co{place:04d}") for place, company in enumerate(companies)]
    _, first = movements(named, yen_rates(), question.as_of, question.policy, question.known_at)
    return first
