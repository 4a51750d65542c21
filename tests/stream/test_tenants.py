"""The tenants file: what it means, and what is said when it is wrong."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest

from models import artefact
from stream.tenants import MAX_FILE_BYTES, Kind, Tenant, TenantKey, TenantsFileError, load, parse

HASH = "ab" * 32
VALID = f"""
[[tenants]]
id = "shop"
name = "Corner Shop"
kind = "ecommerce"
model = "products"
recent_reviews = 0
recent_days = 30
duplicate_seconds = 0

[[tenants.keys]]
id = "k1"
role = "read"
hash = "{HASH}"
created = 2024-05-20T12:00:00Z
note = "dashboards"

[[tenants]]
id = "river-bank"
name = "River Bank"
"""


def faults(content: str) -> dict[str, str]:
    with pytest.raises(TenantsFileError) as caught:
        parse(Path("tenants.toml"), content.encode())
    return {fault.place: fault.sentence for fault in caught.value.faults}


def test_every_field_is_read(tmp_path: Path) -> None:
    path = tmp_path / "tenants.toml"
    path.write_text(VALID)
    tenants = load(path)
    key = TenantKey("k1", "read", HASH, datetime(2024, 5, 20, 12, tzinfo=UTC), "dashboards")
    assert list(tenants) == ["shop", "river-bank"]
    assert tenants["shop"] == Tenant("shop", "Corner Shop", "ecommerce", "products", 0, 30, 0, (key,))
    assert tenants.key("k1") == (tenants["shop"], key)
    assert tenants.key("k2") is None


def test_what_is_not_given_has_its_default() -> None:
    bank = parse(Path("tenants.toml"), VALID.encode())["river-bank"]
    defaults = (bank.kind, bank.model, bank.recent_reviews, bank.recent_days, bank.duplicate_seconds, bank.keys)
    assert defaults == ("other", "products", 50, 7, 3_600, ())


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_has_a_classifier_that_ships(kind: Kind) -> None:
    assert artefact.find(Tenant("a", "A", kind).model).path.parent == artefact.SHIPPED


def test_a_key_expires_at_its_time_and_one_without_never() -> None:
    at = datetime(2024, 5, 20, 12, tzinfo=UTC)
    ends = VALID.replace('note = "dashboards"', "expires = 2024-05-20T14:00:00+02:00")
    key = parse(Path("tenants.toml"), ends.encode())["shop"].keys[0]
    assert [key.expired(at - timedelta(seconds=1)), key.expired(at)] == [False, True]
    assert not parse(Path("tenants.toml"), VALID.encode())["shop"].keys[0].expired(datetime.max.replace(tzinfo=UTC))


@pytest.mark.parametrize("value", ["2024-05-20", "2024-05-20T12:00:00", '"90d"', "0"])
def test_an_expiry_without_a_zone_is_refused(value: str) -> None:
    found = faults(VALID.replace('note = "dashboards"', f"expires = {value}"))
    assert list(found) == ["tenants[0].keys[0].expires"]
    assert "a date and time with a zone, such as 2025-05-20T12:00:00Z" in found["tenants[0].keys[0].expires"]


def test_an_empty_file_has_no_tenants() -> None:
    assert len(parse(Path("tenants.toml"), b"")) == 0


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("id", '"Shop"', "1 to 63 lower-case letters"),
        ("id", '"shop\\n"', "1 to 63 lower-case letters"),
        ("name", '""', "1 to 200 characters"),
        ("kind", '"airline"', "ecommerce, bank, cinema, clinic or other, got 'airline'"),
        ("recent_reviews", "-1", "a whole number from 0 to 1000, got -1"),
        ("recent_reviews", "1001", "a whole number from 0 to 1000, got 1001"),
        ("recent_reviews", "true", "a whole number from 0 to 1000, got True"),
        ("recent_days", "0", "a whole number from 1 to 365, got 0"),
        ("duplicate_seconds", "-1", "a whole number from 0 to 604800, got -1"),
        ("duplicate_seconds", "604801", "a whole number from 0 to 604800, got 604801"),
        ("duplicate_seconds", "0.5", "a whole number from 0 to 604800, got 0.5"),
        ("requests_per_second", "-1", "a whole number from 0 to 1000000, got -1"),
        ("request_burst", "0", "a whole number from 1 to 1000000, got 0"),
        ("live_streams", "-1", "a whole number from 0 to 65536, got -1"),
        ("model", "7", "the name of an artefact, or a path to one, got 7"),
    ],
)
def test_a_bad_field_is_named_with_what_was_expected(field: str, value: str, expected: str) -> None:
    fields = {"id": '"shop"', "name": '"Corner Shop"', field: value}
    content = "[[tenants]]\n" + "\n".join(f"{name} = {text}" for name, text in fields.items())
    found = faults(content)
    assert list(found) == [f"tenants[0].{field}"]
    assert expected in found[f"tenants[0].{field}"]


def test_every_fault_of_a_file_is_reported_at_once() -> None:
    found = faults(
        '[[tenants]]\nid = "shop"\nfoo = 1\n'
        '[[tenants.keys]]\nid = "K"\nrole = "god"\nhash = "00"\ncreated = 2024-01-01\n'
    )
    assert set(found) == {
        "tenants[0].name",
        "tenants[0].foo",
        "tenants[0].keys[0].id",
        "tenants[0].keys[0].role",
        "tenants[0].keys[0].hash",
        "tenants[0].keys[0].created",
    }
    assert found["tenants[0].keys[0].role"] == "expected read, write or admin, got 'god'"
    assert found["tenants[0].name"] == "missing; expected 1 to 200 characters"
    assert found["tenants[0].foo"].startswith("no such field; there are id, name, kind")


def test_two_tenants_of_one_id_are_refused() -> None:
    twice = '[[tenants]]\nid = "a"\nname = "A"\n' * 2
    assert faults(twice) == {"tenants": "two tenants have the id 'a'; each needs its own"}


def test_two_keys_of_one_id_are_refused_even_across_tenants() -> None:
    key = f'[[tenants.keys]]\nid = "k"\nrole = "read"\nhash = "{HASH}"\ncreated = 2024-05-20T12:00:00Z\n'
    content = f'[[tenants]]\nid = "a"\nname = "A"\n{key}[[tenants]]\nid = "b"\nname = "B"\n{key}'
    assert faults(content) == {"tenants": "two keys ('a' and 'b') have the id 'k'; each needs its own"}


@pytest.mark.parametrize(
    ("content", "place", "sentence"),
    [
        ("tenants = 3", "tenants", "expected a list of tables, each under its own [[...]]"),
        ("tenants = [3]", "tenants[0]", "expected a table, got 3"),
        ("tenant = []", "tenant", "no such field; expected tenants"),
        ("x = = 2", "", "not TOML: Invalid value (at line 1, column 5)"),
    ],
)
def test_a_file_of_another_shape_is_refused(content: str, place: str, sentence: str) -> None:
    assert faults(content) == {place: sentence}


def test_a_fault_never_shows_a_hash() -> None:
    found = faults(
        '[[tenants]]\nid = "a"\nname = "A"\n[[tenants.keys]]\nid = "k"\nrole = "read"\n'
        'hash = "aura_k_not-hashed"\ncreated = 2024-05-20T12:00:00Z\n'
    )
    assert found == {"tenants[0].keys[0].hash": "expected 64 hexadecimal digits, got something else"}


def test_bytes_that_are_not_text_are_refused() -> None:
    with pytest.raises(TenantsFileError, match="not UTF-8"):
        parse(Path("tenants.toml"), b"\xff\xfe")


def test_a_huge_file_is_not_parsed() -> None:
    with pytest.raises(TenantsFileError, match="not a tenants file"):
        parse(Path("tenants.toml"), b"#" * (MAX_FILE_BYTES + 1))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TenantsFileError, match=r"tenants\.toml: cannot be read: No such file or directory"):
        load(tmp_path / "tenants.toml")
