"""What sqlfluff needs to render the models without dbt: a stand-in for dbt's adapter object.

Only the lint reads this (.sqlfluff, library_path). A dispatched macro becomes one harmless call.
"""

from collections.abc import Callable


def dispatch(macro_name: str, *_: object) -> Callable[..., str]:
    """A function that renders any dispatched macro as a call over nothing."""
    return lambda *_: f"abs(1 /* {macro_name} */)"


def quote(name: str) -> str:
    """The identifier in quotes: it may be a reserved word."""
    return f'"{name}"'
