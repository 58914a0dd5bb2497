"""What a command refused, said on a page: what, where, why, what to do."""

import streamlit as st

from dagster_project import messages
from dagster_project.messages import KeizokuError
from dashboards.catalogue import Text, literal


def show(text: Text, error: KeizokuError, *, where: str | None = None) -> None:
    """The refusal in the reader's language; `where` replaces the place the error names."""
    told = messages.explain(error.code, text.lang, where=error.where, **error.values)
    place = where if where is not None else told["where"]
    st.error(literal(told["what"]), icon=":material/error:")
    lines = [("where", place), ("why", told["why"]), ("remedy", told["remedy"])]
    st.markdown(
        "\n".join(
            text("refusal.line", part=text(f"refusal.{name}"), said=literal(said))
            for name, said in lines
            if said
        )
    )
