"""What schemathesis cannot learn from the OpenAPI document.

Loaded by ``schemathesis.toml``. Only requests that are meant to be right are changed: the wrong ones stay as wrong as
they come.
"""

from typing import Any

import schemathesis
from schemathesis import Case, GenerationMode, HookContext
from urllib3.util import traffic_police

from api.times import MAX_INSTANT, instant
from stream.measures import DAY_MS

# grafana-client brings urllib3-future, which takes the place of urllib3. Its pools have no keys(), by which
# schemathesis counts connections; it does so only to tell one that the server had closed from one that it broke.
if not hasattr(traffic_police.TrafficPolice, "keys"):
    traffic_police.TrafficPolice.keys = lambda self: []  # type: ignore[attr-defined]


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Make a request that fits its schema keep to what the schema cannot say, too."""
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    query = case.query or {}
    query.pop("cursor", None)  # only one that the API has handed out is right
    for name in ("at", "from", "to"):
        if name in query:
            query[name] = _in_range(query[name])
    if "from" in query:  # and "to" after it, not too far away
        query["to"] = min(instant("from", str(query["from"])) + DAY_MS, MAX_INSTANT)
    elif str(query.get("to")) == "0":  # nothing is before 1970
        query["to"] = 1
    for review in case.body if isinstance(case.body, list) else [case.body]:
        if isinstance(review, dict):
            review.pop("tenant", None)  # of the path
            if "occurred_at" in review:
                review["occurred_at"] = _in_range(review["occurred_at"])
                if isinstance(review["occurred_at"], int | float):  # not ahead of the clock, nor seconds
                    review["occurred_at"] = 10**12 + int(review["occurred_at"]) % 10**11


def _in_range(moment: Any) -> Any:
    """A date of 2024, a leap year: a schema has no way of saying from when to when dates go."""
    return f"2024{moment[4:]}" if isinstance(moment, str) and not moment.isdigit() else moment
