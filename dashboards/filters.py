"""Filters whose value lives in the URL, so that an address reproduces the view it was copied from.

The URL holds the option itself (`month=2026-06`), never its label, so that a link sent by someone
reading Japanese opens the same view for someone reading English. Streamlit's own
`bind="query-params"` writes the label. A value the URL should not have falls back to the default;
it can narrow a view, never widen rights.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import streamlit as st


def chosen(name: str, options: Sequence[str], default: str | None) -> str | None:
    """The option the URL names, or the default when it names none or one that does not exist."""
    value = st.query_params.get(name)
    return value if value in options else default


def put(**values: str | None) -> None:
    """Write values into the URL; None removes a name. The rest of the URL stays."""
    for name, value in values.items():
        if value is None:
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = value


def select(
    name: str,
    options: Sequence[str],
    *,
    default: str | None,
    label: str,
    show: Callable[[str], str],
    clears: Sequence[str] = (),
    **selectbox: object,
) -> str | None:
    """A selectbox bound to the URL; `clears` names the URL values that a new choice makes
    meaningless.
    """
    return _bound(st.selectbox, name, options, default, label, show, clears, selectbox)


def shortcut(
    name: str,
    options: Mapping[str, Mapping[str, str]],
    *,
    now: Mapping[str, str],
    label: str,
    clears: Sequence[str] = (),
    **selectbox: object,
) -> None:
    """A list whose options each write several URL values; it shows the one that is so now."""
    key = f"filter_{name}"
    st.session_state[key] = next((one for one, values in options.items() if values == now), None)

    def write_url() -> None:
        asked = st.session_state[key]
        if asked is not None:
            put(**options[asked], **dict.fromkeys(clears))

    st.selectbox(label, list(options), key=key, on_change=write_url, **selectbox)


def segments(
    name: str,
    options: Sequence[str],
    *,
    default: str,
    label: str,
    show: Callable[[str], str],
    clears: Sequence[str] = (),
    **control: object,
) -> str:
    """A row of buttons bound to the URL, one of them always pressed."""
    control = {"required": True, **control}
    return _bound(st.segmented_control, name, options, default, label, show, clears, control)


def whole(name: str, least: int, most: int, default: int) -> int:
    """The whole number the URL names, or the default when it names none within the bounds."""
    try:
        value = int(st.query_params.get(name, ""))
    except ValueError:
        return default
    return value if least <= value <= most else default


def slider(name: str, *, least: int, most: int, default: int, label: str, **arguments) -> int:
    """A slider over whole numbers bound to the URL, which does not name the default."""
    return _bound_number(st.slider, name, least, most, default, label, arguments)


def number(name: str, *, least: int, most: int, default: int, label: str, **arguments) -> int:
    """A field for a whole number bound to the URL, which does not name the default."""
    return _bound_number(st.number_input, name, least, most, default, label, arguments)


def words(name: str, *, label: str, **box: object) -> str:
    """A text box bound to the URL: what was typed, without blanks around it; `` when empty."""
    key = f"filter_{name}"
    st.session_state[key] = st.query_params.get(name, "")

    def write_url() -> None:
        put(**{name: st.session_state[key].strip() or None})

    return st.text_input(label, key=key, on_change=write_url, **box).strip()


FRAME_NAMES = ("lang", "unit", "tax")


def frame_values() -> dict[str, str]:
    """What the URL says for every page (language, unit, tax), for links to another page."""
    return {name: st.query_params[name] for name in FRAME_NAMES if name in st.query_params}


def keep_across_pages(name: str, options: Sequence[str]) -> None:
    """Carry a choice of the frame over a page change, which empties the URL."""
    kept = f"kept_{name}"
    if st.query_params.get(name) in options:
        st.session_state[kept] = st.query_params[name]
    elif kept in st.session_state:
        put(**{name: st.session_state[kept]})


def _bound(widget, name, options, default, label, show, clears, arguments):
    key = f"filter_{name}"
    labels = _labels(options, show)
    # The URL is the truth: written here before the widget exists, and by the widget's callback
    # after.
    st.session_state[key] = chosen(name, options, default)

    def write_url() -> None:
        put(**{name: st.session_state[key]}, **dict.fromkeys(clears))

    return widget(
        label,
        options,
        key=key,
        format_func=lambda option: labels.get(option, option),
        on_change=write_url,
        **arguments,
    )


def _bound_number(widget, name, least, most, default, label, arguments):
    key = f"filter_{name}"
    st.session_state[key] = whole(name, least, most, default)

    def write_url() -> None:
        value = st.session_state[key]
        put(**{name: None if value == default else str(value)})

    return widget(label, min_value=least, max_value=most, key=key, on_change=write_url, **arguments)


def _labels(options: Sequence[str], show: Callable[[str], str]) -> dict[str, str]:
    # Streamlit tells options apart by their label: two customers of one name must stay two.
    labels: dict[str, str] = {}
    count: Counter[str] = Counter()
    for option in options:
        label = show(option)
        count[label] += 1
        labels[option] = label if count[label] == 1 else f"{label} #{count[label]}"
    return labels
