"""What hypothesis makes up."""

from datetime import datetime

from hypothesis import strategies as st

from stream.event import MAX_OCCURRED_MS, MIN_OCCURRED_MS

text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
label = st.none() | text
events = st.fixed_dictionaries(
    {
        "event_id": text,
        "tenant": st.from_regex(r"[a-z0-9][a-z0-9_-]{0,62}", fullmatch=True),
        "product_id": st.from_regex(r"(?!\.\.?\Z)[^\x00-\x20\x7f/\ud800-\udfff]{1,40}", fullmatch=True),
        "text": text.filter(lambda value: bool(value.strip())),
        "occurred_at": st.integers(MIN_OCCURRED_MS, MAX_OCCURRED_MS)
        | st.datetimes(datetime(1974, 1, 1), datetime(9999, 12, 30), timezones=st.timezones()),
    },
    optional={
        "title": label,
        "rating": st.none() | st.integers(1, 5),
        "product_name": label,
        "brand": label,
        "categories": st.none() | st.lists(text, max_size=5),
        "language": st.sampled_from([None, "en", "pt-BR", "zh-Hant-TW"]),
        "source": label,
    },
)
