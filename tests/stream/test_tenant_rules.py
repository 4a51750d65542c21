"""Alert rules and webhooks in the tenants file: what they mean, and what is said when they are wrong."""

import re
from pathlib import Path

import pytest

from stream.tenant_rules import AlertRule, Webhook, described
from stream.tenants import Tenant, TenantsFileError, parse

TENANT = '[[tenants]]\nid = "shop"\nname = "Corner Shop"\n'
WEBHOOK = '[[tenants.webhooks]]\nname = "ops"\nurl = "https://example.org/h?token=T0KEN"\nsecret_file = "ops.secret"\n'
RULE = {"id": '"turns"', "kind": '"low"', "window": '"1h"', "threshold": "0.0"}


def rule(**fields: str | None) -> str:
    """A rule with some fields other than usual; None leaves one out."""
    lines = [f"{name} = {value}" for name, value in (RULE | fields).items() if value is not None]
    return "\n".join(["[[tenants.alerts]]", *lines, ""])


def read(*parts: str) -> Tenant:
    return parse(Path("tenants.toml"), "\n".join([TENANT, *parts]).encode())["shop"]


def faults(*parts: str) -> dict[str, str]:
    with pytest.raises(TenantsFileError) as caught:
        read(*parts)
    return {fault.place: fault.sentence for fault in caught.value.faults}


def test_every_field_is_read() -> None:
    given = rule(
        scope='"product"', product='"LAMP-7"', clear="0.25", min_reviews="7", severity='"critical"',
        note='"Call."', webhooks='["ops"]', repeat_minutes="60",
    )  # fmt: skip
    tenant = read(given, WEBHOOK)
    assert tenant.webhooks == (Webhook("ops", "https://example.org/h?token=T0KEN", "ops.secret"),)
    assert tenant.alerts == (
        AlertRule(
            "turns", "low", "1h", "product", "LAMP-7", 0.0, 0.25, min_reviews=7, severity="critical", note="Call.",
            webhooks=("ops",), repeat_minutes=60,
        ),
    )  # fmt: skip


def test_what_is_not_given_has_its_default_by_kind() -> None:
    low, change, silence = read(
        rule(),
        rule(id='"b"', kind='"change"', threshold=None),
        rule(id='"c"', kind='"silence"', threshold=None),
    ).alerts
    assert (low.scope, low.min_reviews, low.severity, low.webhooks) == ("tenant", 20, "warning", ())
    assert (low.raise_at, low.clear_at) == (0.0, 0.1)
    assert (change.raise_at, change.clear_at, change.direction) == (0.1, 0.05, "down")
    assert {"threshold", "clear", "direction"} & set(described(silence)) == set()
    assert described(low)["clear"] == 0.1
    assert "direction" not in described(low)


@pytest.mark.parametrize(
    ("fields", "place", "sentence"),
    [
        ({"kind": '"loud"'}, "kind", "expected low, change, drift or silence, got 'loud'"),
        ({"kind": None}, "kind", "missing; expected low, change, drift or silence"),
        ({"window": '"2h"'}, "window", "expected 5m, 15m, 1h, 24h, 7d, 30d, got '2h'"),
        ({"id": '"Turns"'}, "id", "expected 1 to 63 lower-case letters, digits, dashes and underscores, got 'Turns'"),
        ({"threshold": "2"}, "threshold", "expected a number from -1 to 1, got 2"),
        ({"threshold": "nan"}, "threshold", "expected a number from -1 to 1, got nan"),
        ({"threshold": None}, "threshold", "missing; expected the sentiment, -1 to 1, under which the alert is raised"),
        ({"clear": "-0.5"}, "clear", "expected at least the threshold, 0, got -0.5"),
        ({"clear": "inf"}, "clear", "expected a number from -1 to 1, got inf"),
        ({"direction": '"up"'}, "direction", "means nothing for an alert of kind low; leave it out"),
        ({"kind": '"silence"'}, "threshold", "means nothing for an alert of kind silence; leave it out"),
        (
            {"kind": '"change"'},
            "threshold",
            "expected a difference of the good share, above 0 to 1, got 0",
        ),
        (
            {"kind": '"change"', "threshold": "0.2", "clear": "0.3"},
            "clear",
            "expected 0 to the threshold, 0.2, got 0.3",
        ),
        (
            {"kind": '"drift"', "window": '"24h"'},
            "threshold",
            "expected a population stability index of 0.1 to 1, got 0",
        ),
        (
            {"kind": '"drift"', "threshold": "0.2"},
            "window",
            "expected 24h, 7d, 30d for an alert of kind drift, got 1h",
        ),
        (
            {"kind": '"drift"', "threshold": None, "window": '"7d"', "scope": '"products"'},
            "scope",
            "expected tenant for an alert of kind drift, got products",
        ),
        ({"scope": '"product"'}, "product", 'expected with scope = "product", and with that alone'),
        ({"product": '"LAMP-7"'}, "product", 'expected with scope = "product", and with that alone'),
        ({"min_reviews": "0"}, "min_reviews", "expected a whole number from 1 to 1000000, got 0"),
        ({"max_products": "10001"}, "max_products", "expected a whole number from 1 to 10000, got 10001"),
        ({"webhooks": '"ops"'}, "webhooks", "expected a list of names of webhooks, got 'ops'"),
        ({"repeat_minutes": "-1"}, "repeat_minutes", "expected a whole number from 0 to 10080, got -1"),
    ],
)
def test_a_wrong_rule_is_named_with_what_was_expected(fields: dict[str, str | None], place: str, sentence: str) -> None:
    assert faults(rule(**fields)) == {f"tenants[0].alerts[0].{place}": sentence}


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("ftp://example.org", "expected an address of up to 2000 characters that begins with https:// or http:// and"),
        ("https://", "expected an address of up to 2000 characters that begins with https:// or http:// and has a"),
        ("https://example.org/a b", "expected an address of up to 2000 characters that begins with"),
        ("https://example.org:99999/", "expected an address of up to 2000 characters that begins with"),
        ("https://me:S3CRET@example.org/", "expected no user or password in it; deliveries are signed instead"),
    ],
)
def test_a_wrong_address_is_refused_and_not_repeated(url: str, sentence: str) -> None:
    found = faults(WEBHOOK.replace("https://example.org/h?token=T0KEN", url))
    assert found["tenants[0].webhooks[0].url"].startswith(sentence)
    assert "S3CRET" not in str(found)


def test_an_address_that_is_no_text_is_not_repeated_either() -> None:
    found = faults(WEBHOOK.replace('"https://example.org/h?token=T0KEN"', '["https://T0KEN"]'))
    assert found["tenants[0].webhooks[0].url"].endswith("got something else")


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/", "http://[::1]/x", "https://hooks.internal/a?b=c#d"])
def test_loopback_and_private_addresses_are_the_operators_choice(url: str) -> None:
    assert read(WEBHOOK.replace("https://example.org/h?token=T0KEN", url)).webhooks[0].url == url


def test_ids_and_names_are_each_ones_own_and_webhooks_must_exist() -> None:
    assert faults(rule(webhooks='["ops", "pager"]'), rule(), WEBHOOK, WEBHOOK) == {
        "tenants[0].alerts": "turns names the webhook 'pager'; there are ops, ops",
        "tenants[0].webhooks": "two webhooks have the name 'ops'; each needs its own",
    }
    assert faults(rule(), rule())["tenants[0].alerts"] == "two alerts have the id 'turns'; each needs its own"
    assert faults(rule(webhooks='["ops"]'))["tenants[0].alerts"] == "turns names the webhook 'ops'; there are none"


def test_there_are_no_more_rules_than_the_evaluator_looks_at() -> None:
    many = [rule(id=f'"r{number}"') for number in range(101)]
    assert faults(*many) == {"tenants[0].alerts": "expected at most 100, got 101"}


def test_every_fault_is_reported_at_once() -> None:
    found = faults(rule(kind='"loud"', foo="1"), WEBHOOK.replace("https", "gopher"), "[[tenants.alerts]]\n")
    assert set(found) == {
        "tenants[0].alerts[0].kind",
        "tenants[0].alerts[0].foo",
        "tenants[0].alerts[1].id",
        "tenants[0].alerts[1].kind",
        "tenants[0].alerts[1].window",
        "tenants[0].webhooks[0].url",
    }


def test_the_readmes_rule_is_one() -> None:
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text()
    (block,) = re.findall(r"^```toml\n(\[\[tenants\.alerts\]\].*?)^```$", readme, re.M | re.S)
    tenant = read(block)
    assert [(rule.id, rule.kind, rule.webhooks) for rule in tenant.alerts] == [("turns", "change", ("ops",))]
    assert [webhook.name for webhook in tenant.webhooks] == ["ops"]
