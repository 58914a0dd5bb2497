"""Tables of the pages."""

import polars as pl
import pytest

from dashboards import tables
from dashboards.catalogue import Text
from dashboards.formatting import Formats


def test_two_columns_of_one_label_are_refused_where_one_was_lost_in_silence():
    rows = pl.DataFrame({"mrr": [1], "arr": [2]})
    columns = [tables.Column("mrr", "金額", "money"), tables.Column("arr", "金額", "money")]
    with pytest.raises(ValueError, match="amounts: 金額"):
        tables.show(rows, columns, Formats(Text("ja")), key="amounts", alt="")
