import msgspec
import pytest

from models import artefact, manifest

SHIPPED = artefact.SHIPPED / "reference" / artefact.MANIFEST


def test_a_manifest_of_format_1_says_in_format_2_what_it_said() -> None:
    old = msgspec.json.decode(SHIPPED.read_bytes())
    found = manifest.decode(SHIPPED.read_bytes())
    assert old["format"] == 1
    assert (found.format, found.task, found.labels) == (2, "bad", ("good", "bad"))
    assert found.hyperparameters == {"embedding": 50, "filters": 64, "dropout": 0.2, "units": 64}
    how = found.preprocessing
    assert (how.cut, how.pad, how.punctuation, how.stop_words, how.lemmas) == (
        "end", "end", "parts words", "kept", "no",
    )  # fmt: skip
    as_json = msgspec.json.decode(msgspec.json.encode(found))
    unchanged = ("name", "version", "architecture", "labels", "calibration", "data", "split", "training", "files")
    for field in unchanged:
        said = as_json[field]
        if isinstance(said, dict):  # it may say more than it did, by the defaults of what came later
            said = {name: said[name] for name in old[field]}
        assert said == old[field], field


def test_what_is_written_is_read_again() -> None:
    found = manifest.decode(SHIPPED.read_bytes())
    assert manifest.decode(manifest.encode(found)) == found


@pytest.mark.parametrize("number", [0, 3, -1])
def test_an_unknown_format_is_refused_with_those_known(number: int) -> None:
    content = msgspec.json.encode(msgspec.json.decode(SHIPPED.read_bytes()) | {"format": number})
    with pytest.raises(msgspec.ValidationError, match=f"format {number}; this version of aura reads formats 1 to 2"):
        manifest.decode(content)
