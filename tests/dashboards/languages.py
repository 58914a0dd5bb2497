"""In which languages a page is opened: Japanese in the fast set, English in what CI adds."""

import pytest

BOTH = ("ja", pytest.param("en", marks=pytest.mark.slow))
