"""Files, saved or read into pandas."""

from pathlib import Path

import pandas
import pytest

from api.client import AsyncAura, Aura, NotFound, Unreachable
from api.clock import now_ms
from stream.event import ReviewEvent
from stream.fold import Scored
from tests.api.client.conftest import ONCE, both_fail
from tests.api.client.cutting import Cuts, cutting
from tests.api.filling import Filler, House


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture(autouse=True)
async def _filled(filler: Filler) -> None:
    await filler.put(
        [
            Scored(
                ReviewEvent(f"e{i}", "shop", f"LAMP-{i % 60}", "It works.", now_ms(), product_name=f"Lamp {i} 💡" * 20),
                900_000,
                now_ms(),
            )
            for i in range(120)
        ]
    )


async def test_a_file_is_saved_by_its_name_or_read_into_a_frame(
    aura: Aura, async_aura: AsyncAura, tmp_path: Path
) -> None:
    comma = pandas.read_csv(aura.export_products().save(tmp_path / "products.csv"))
    parquet = pandas.read_parquet(await async_aura.export_products(window="all").save(tmp_path / "products.parquet"))
    named = pandas.read_parquet(aura.export_products().save(tmp_path / "week", "parquet"))
    frames = [aura.export_products().frame(), await async_aura.export_products().frame()]
    for frame in (comma, parquet, named, *frames):
        assert list(frame["product_id"]) == sorted(f"LAMP-{i}" for i in range(60))
        assert frame["reviews"].sum() == 120
    assert str(frames[0]["at"].dtype).endswith("UTC]")
    timeline = aura.export_timeline("LAMP-7", step="1d").frame()
    assert timeline["reviews"].sum() == 2
    assert b"".join([chunk async for chunk in async_aura.export_timeline("LAMP-7", "1d").stream()]) == b"".join(
        aura.export_timeline("LAMP-7", "1d").stream()
    )
    assert {"products.csv", "products.parquet", "week"} == names(tmp_path) - {
        "tenants.toml",
        "tenants.toml.audit.jsonl",
    }


async def test_a_name_that_tells_no_format_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    with Aura("http://127.0.0.1:1", "key") as aura, pytest.raises(ValueError, match="expected a name that ends in"):
        aura.export_products().save(tmp_path / "products.xlsx")


async def test_a_product_that_is_none_makes_no_file(url: str, house: House, tmp_path: Path) -> None:
    path = tmp_path / "none.csv"
    key = house.keys["shop", "read"]
    for error in await both_fail(url, key, lambda aura: aura.export_timeline("UNKNOWN").save(path)):
        assert isinstance(error, NotFound)
    assert not path.exists()


async def test_a_file_that_breaks_off_leaves_what_was_there(url: str, house: House, tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text("yesterday's")
    cuts = Cuts([2_000, 2_000])
    with cutting(url, cuts) as cut_url:
        aura = Aura(cut_url, house.keys["shop", "read"], "shop", retries=ONCE)
        with aura, pytest.raises(Unreachable, match="broke"):
            aura.export_products().save(path)
        async with AsyncAura(cut_url, house.keys["shop", "read"], "shop", retries=ONCE) as async_aura:
            with pytest.raises(Unreachable, match="broke"):
                await async_aura.export_products().save(path)
    assert cuts.made == 2
    assert path.read_text() == "yesterday's"
    assert not [name for name in names(tmp_path) if name.startswith(".")]
