"""Alerts over time: raised once, told again only where that is wanted, cleared once."""

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from stream.alerts import findings
from stream.alerts.findings import Finding, Verdict
from stream.alerts.stepping import REMOVED, Alert, AlertEvent, Moment, Subject, removed, step
from stream.measures import MINUTE_MS, P_SCALE, Measures
from stream.tenant_rules import AlertRule

RULE = AlertRule("low", "low", "1h", threshold=0.0, clear=0.2, min_reviews=20, severity="critical", note="Call.")
LAMP = Subject("LAMP-7", "Desk lamp")


def found(verdict: Verdict) -> Finding:
    return Finding(verdict, -0.5, (-0.6, -0.4), 30, None, "because")


def play(rule: AlertRule, findings: list[tuple[int, Finding]]) -> list[AlertEvent]:
    """What happens at these minutes."""
    numbers = count()
    alert: Alert | None = None
    events = []
    for minute, finding in findings:
        at = minute * MINUTE_MS
        ids = (f"e{next(numbers)}", f"a{next(numbers)}")
        taken = step("shop", rule, LAMP, alert, finding, Moment(at, at + 5), ids)
        if taken is not None:
            assert taken.before is alert
            alert = taken.after
            events.append(taken.event)
    return events


def test_an_alert_is_raised_and_cleared_once_with_what_it_is_about() -> None:
    verdicts: list[Verdict] = ["hold", "raise", "raise", "hold", "raise", "clear", "clear", "hold", "raise"]
    events = play(RULE, [(minute, found(verdict)) for minute, verdict in enumerate(verdicts)])
    assert [(event.event, event.at_ms // MINUTE_MS) for event in events] == [
        ("raised", 1),
        ("cleared", 5),
        ("raised", 8),
    ]
    first, over, second = events
    assert first.alert == over.alert != second.alert
    assert len({event.id for event in events}) == 3
    assert over.raised_ms == first.at_ms
    assert (first.tenant, first.rule, first.severity, first.product_name, first.note, first.why) == (
        "shop", "low", "critical", "Desk lamp", "Call.", "because",
    )  # fmt: skip
    assert (first.threshold, first.clear, first.value, first.reviews) == (0.0, 0.2, -0.5, 30)


def test_it_is_told_again_while_it_lasts_only_where_the_rule_says_so() -> None:
    lasting = [(minute, found("raise" if minute % 2 else "hold")) for minute in range(1, 62)]
    assert [event.event for event in play(RULE, lasting)] == ["raised"]
    again = AlertRule("low", "low", "1h", threshold=0.0, repeat_minutes=30)
    events = play(again, lasting)
    assert [(event.event, event.at_ms // MINUTE_MS) for event in events] == [
        ("raised", 1), ("repeated", 31), ("repeated", 61),
    ]  # fmt: skip
    assert len({event.alert for event in events}) == 1


def test_one_whose_rule_is_gone_is_cleared_with_what_it_was() -> None:
    taken = step("shop", RULE, LAMP, None, found("raise"), Moment(60_000, 61_000), ("e1", "a1"))
    assert taken is not None
    assert taken.after is not None
    gone = removed(taken.after, Moment(120_000, 121_000), "e2")
    assert gone.after is None
    event = gone.event
    assert (event.event, event.alert, event.id, event.why, event.at_ms) == ("cleared", "a1", "e2", REMOVED, 120_000)
    assert (event.severity, event.product_id, event.value, event.raised_ms) == ("critical", "LAMP-7", None, 60_000)


minutes = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=5, max_size=120)


@given(minutes, st.sets(st.integers(0, 119)), st.integers(1, 60), st.floats(-0.9, 0.9), st.floats(0, 0.5))
def test_however_time_is_cut_into_looks_raises_and_clears_alternate_and_hysteresis_holds(
    stream: list[tuple[int, int]], skipped: set[int], least: int, threshold: float, gap: float
) -> None:
    """A window of ten minutes slides over random traffic; any looks may be left out, as a busy machine does."""
    rule = AlertRule("a", "low", "1h", threshold=threshold, clear=min(1.0, threshold + gap), min_reviews=least)
    looked = []
    for minute in range(len(stream)):
        window = stream[max(0, minute - 9) : minute + 1]
        n, good = sum(max(pair) for pair in window), sum(min(pair) for pair in window)
        if minute not in skipped:
            looked.append((minute, findings.low(rule, Measures(n, good, good * P_SCALE))))
    events = play(rule, looked)
    by_minute = dict(looked)
    assert [event.event for event in events] == (["raised", "cleared"] * len(events))[: len(events)]
    for event in events:
        finding = by_minute[event.at_ms // MINUTE_MS]
        if event.event == "raised":
            assert finding.interval is not None
            assert finding.interval[1] < threshold
            assert finding.reviews >= least
        else:
            assert finding.value is None or finding.value >= rule.clear_at or 2 * finding.reviews < least
    # Nothing that called for it was passed over: after the last event no look says otherwise.
    last = events[-1] if events else None
    after = [finding.verdict for minute, finding in looked if last is None or minute > last.at_ms // MINUTE_MS]
    assert ("clear" if last and last.event == "raised" else "raise") not in after
