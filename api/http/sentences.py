"""What pydantic finds wrong with a request, in the words of all our other answers: ``expected ...``. Pure."""

from collections.abc import Mapping
from typing import Any, Final

_SENTENCES: Final = {
    "missing": "required, but missing",
    "extra_forbidden": "not known here",
    "int_parsing": "expected a whole number",
    "int_parsing_size": "expected a whole number of fewer digits",
    "int_type": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_parsing": "expected a number",
    "float_type": "expected a number",
    "finite_number": "expected a finite number",
    "bool_parsing": "expected true or false",
    "bool_type": "expected true or false",
    "string_type": "expected a text",
    "list_type": "expected a list",
    "model_attributes_type": "expected an object",
    "dict_type": "expected an object",
    "greater_than_equal": "expected {ge} or more",
    "greater_than": "expected more than {gt}",
    "less_than_equal": "expected {le} or less",
    "less_than": "expected less than {lt}",
    "string_too_long": "expected at most {max_length} characters",
    "string_too_short": "expected at least {min_length} characters",
    "too_long": "expected at most {max_length} of them, got {actual_length}",
    "too_short": "expected at least {min_length} of them, got {actual_length}",
}
"""Type of an error to its sentence, with the members of its ``ctx``."""

_THEIRS: Final = "Input should be "


def sentence(error: Mapping[str, Any]) -> str:
    """What is wrong, without what was given: that may be somebody's review.

    Args:
        error: one of pydantic's, with ``type``, ``msg`` and, of some types, ``ctx``.
    """
    context = error.get("ctx", {})
    if error["type"] in ("literal_error", "enum"):
        return f"expected {context['expected'].replace(chr(39), '')}"
    known = _SENTENCES.get(error["type"])
    if known is not None:
        return known.format_map(context)
    message: str = error["msg"]
    return f"expected {message.removeprefix(_THEIRS)}" if message.startswith(_THEIRS) else message
