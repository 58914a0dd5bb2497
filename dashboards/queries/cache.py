"""How long an answer is kept."""

import streamlit as st

# A version never changes, so results are kept by version and arguments; the cap bounds memory, not
# age.
cached = st.cache_data(show_spinner=False, max_entries=400)
