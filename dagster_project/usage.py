"""What typer says of a command that was typed wrongly, as an error a person can act on.

typer says it in English only; here it becomes a code of the catalogue with what the command takes.
"""

import difflib
import re
from enum import EnumType
from typing import Any

from dagster_project.messages import KeizokuError, say

EXIT_CODE = 2
# kind of the error, what it says -> our code; the first that fits
SAID = (
    ("MissingParameter", r"", "usage_missing"),
    ("BadParameter", r"", "usage_wrong_value"),
    ("NoSuchOption", r"", "usage_no_such_option"),
    ("BadOptionUsage", r"requires an argument", "usage_without_value"),
    ("BadOptionUsage", r"does not take a value", "usage_with_value"),
    ("UsageError", r"^No such command '(?P<name>.*?)'", "usage_no_such_command"),
    ("UsageError", r"^Got unexpected extra argument\(?s?\)? \((?P<name>.*)\)", "usage_too_many"),
    ("UsageError", r"^Missing command", "usage_no_command"),
)
HELP_WAS_SHOWN = "NoArgsIsHelpError"


def is_about_usage(error: BaseException) -> bool:
    """Whether typer found fault with what was typed, other than by showing the help."""
    kinds = _kinds(error)
    return "UsageError" in kinds and HELP_WAS_SHOWN not in kinds


def told(error: Any, lang: str) -> KeizokuError:
    """The fault, where it is, and what would be right, in that language."""
    context = error.ctx
    command = context.command_path if context else "keizoku"
    message = error.format_message()
    for kind, words, code in SAID:
        found = re.search(words, message)
        if kind in _kinds(error) and found:
            name = found.groupdict().get("name") or _name(error)
            known = _known(error, code)
            return KeizokuError(
                code,
                where=command,
                exit_code=EXIT_CODE,
                command=command,
                name=name,
                expected=_nearest(name, known) if known else _expected(error, lang),
            )
    return KeizokuError(
        "usage_wrong", where=command, exit_code=EXIT_CODE, command=command, detail=message
    )


def _kinds(error: BaseException) -> set[str]:
    # by name: the classes are in a private part of typer
    return {kind.__name__ for kind in type(error).__mro__}


def _name(error: Any) -> str:
    """The option or argument as it is typed: `--customers`, `SQL`."""
    if getattr(error, "option_name", None):
        return error.option_name
    parameter = _parameter(error)
    return parameter.get_error_hint().replace("'", "") if parameter else ""


def _parameter(error: Any) -> Any:
    """The parameter the fault is about; None where typer names none of the command's."""
    named = getattr(error, "option_name", None)
    declared = error.ctx.command.params if error.ctx else []
    of_name = next((each for each in declared if named in each.opts), None)
    return getattr(error, "param", None) or of_name


def _known(error: Any, code: str) -> list[str]:
    """The commands or options there are, where that is what is asked."""
    context = error.ctx
    if context is None:
        return []
    if code in ("usage_no_such_command", "usage_no_command"):
        return list(context.command.list_commands(context))
    if code == "usage_no_such_option":
        declared = context.command.get_params(context)
        return [name for each in declared for name in each.opts if name.startswith("-")]
    return []


def _nearest(name: str, known: list[str]) -> str:
    return ", ".join(difflib.get_close_matches(name, known, n=3, cutoff=0.6) or known)


def _expected(error: Any, lang: str) -> str:
    """What may be given for a parameter: its values by name, or what kind of value it is."""
    parameter = _parameter(error)
    described = getattr(parameter, "type_descriptor", None)
    kind = getattr(described, "annotation", str)
    if isinstance(kind, EnumType):
        return " | ".join(str(one.value) for one in kind)
    if kind is int:
        least, most = described.parameter_info.min, described.parameter_info.max
        if least is not None and most is not None:
            return say("usage_integer_between", lang, least=least, most=most)
        return (
            say("usage_integer", lang)
            if least is None
            else say("usage_integer_from", lang, least=least)
        )
    return say("usage_text", lang) if kind is str else error.message
