import pytest

from models.reference import Reference


@pytest.mark.parametrize(
    "text", ["films", "./models/mine", "films@0123456789ab", "a@b@0123456789ab", "x y@ffffffffffff"]
)
def test_the_form_in_a_file_is_read_and_written_alike(text: str) -> None:
    assert str(Reference.parse(text)) == text


def test_only_twelve_hex_digits_at_the_end_are_a_digest() -> None:
    assert Reference.parse("films@0123456789ab") == ("films", "0123456789ab")
    for text in ("films", "films@", "films@0123", "films@0123456789AB", "films@0123456789abc", "@0123456789ab"):
        assert Reference.parse(text) == (text, None)


def test_a_pin_replaces_a_pin() -> None:
    assert str(Reference.parse("films@0123456789ab").pinned("ffffffffffff")) == "films@ffffffffffff"
