"""Files as lines: packed or not, whole or damaged."""

import gzip
from pathlib import Path

import pytest

from stream.readers import source as module
from stream.readers.source import MAX_LINE_BYTES, Source, SourceError


def lines_of(path: Path) -> list[tuple[int, bytes | None]]:
    with Source(path) as source:
        return list(source.lines())


@pytest.mark.parametrize("name", ["reviews.csv", "reviews.csv.gz", "no-ending"])
@pytest.mark.parametrize("packed", [True, False])
def test_packing_is_seen_from_the_content_not_the_name(tmp_path: Path, name: str, packed: bool) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(b"a\nb") if packed else b"a\nb")
    assert lines_of(path) == [(1, b"a\n"), (2, b"b")]


def test_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n")
    assert lines_of(path) == [(1, b"a\n"), (2, b"\xef\xbb\xbfb\n")]


@pytest.mark.parametrize("start", list(module._UNREADABLE))
def test_what_is_not_read_is_named(tmp_path: Path, start: bytes) -> None:
    path = tmp_path / "f"
    path.write_bytes(start + b"rest")
    with pytest.raises(SourceError, match=r"f: is .*(unpack|convert) it"):
        Source(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        Source(tmp_path / "absent")
    with pytest.raises(SourceError, match="directory"):
        Source(tmp_path)


def test_an_endless_line_is_passed_over_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"a\n" + b"x" * (3 * MAX_LINE_BYTES + 17) + b"\nb\n" + b"y" * (MAX_LINE_BYTES - 1) + b"\n")
    (_, first), (_, second), (_, third), (number, fourth) = lines_of(path)
    assert (first, second, third, number) == (b"a\n", None, b"b\n", 4)
    assert fourth is not None
    assert len(fourth) == MAX_LINE_BYTES


def test_an_endless_last_line_is_passed_over_too(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"a\n" + b"x" * (2 * MAX_LINE_BYTES))
    assert lines_of(path) == [(1, b"a\n"), (2, None)]


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_damaged_archive_gives_its_lines_up_to_the_damage(tmp_path: Path, damage: str) -> None:
    content = b"".join(b"%d,some text of a review\n" % number for number in range(50_000))
    packed = bytearray(gzip.compress(content))
    if damage == "cut":
        del packed[-len(packed) // 3 :]
    else:
        packed[len(packed) // 2 : len(packed) // 2 + 64] = bytes(64)
    path = tmp_path / "f.gz"
    path.write_bytes(packed)
    seen: list[tuple[int, bytes | None]] = []
    with Source(path) as source, pytest.raises(SourceError, match="cannot be read past line") as caught:
        seen.extend(source.lines())
    assert 0 < len(seen) < 50_000
    assert f"line {len(seen)}:" in caught.value.reason
    assert seen[:100] == [(number + 1, b"%d,some text of a review\n" % number) for number in range(100)]


def test_the_position_runs_to_the_size(tmp_path: Path) -> None:
    path = tmp_path / "f.gz"
    path.write_bytes(gzip.compress(b"line\n" * 1_000))
    with Source(path) as source:
        assert source.size == path.stat().st_size
        list(source.lines())
        assert source.position == source.size
