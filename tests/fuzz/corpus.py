"""Where fuzzing begins: good input of every shape, and bad input of every kind."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

from stream.event import encode
from tests.stream.hostile import MAKERS, bad, fields, odd
from tests.stream.samples import event

_CSV = '''product,date,review,title,rating,categories
kettle,2024-05-06T07:08:09Z,"Boils fast, looks ""good""",Quick,5,"Kitchen, Kettles"
kettle,1714979289,Leaks from
the first day,,1,
"two words",2024-05-06,"over
two lines",Late,4.0,
'''

_DATAFINITI = """id,name,brand,categories,reviews.text,reviews.title,reviews.rating,reviews.date,reviews.dateAdded
K1,Kettle,Nordhavn,"Kitchen,Kettles","Hums, and boils.",Fine,4,2017-01-13T00:00:00.000Z,
K1,Kettle,Nordhavn,"Kitchen,Kettles",Broke.,Bad,1,,2017-02-01T10:20:30Z
"""


def seeds(target: str) -> Iterator[bytes]:
    """First inputs of a target."""
    chance = random.Random(7)
    good = [encode(event(number, rating=number % 5 + 1)) for number in range(3)]
    strange = [json.dumps(odd(chance)).encode() for _ in range(3)]
    refused = [value for number in range(2 * len(MAKERS)) if (value := bad(number).value) and len(value) < 4_000]
    loose = [json.dumps(fields(chance, rating=4.0, categories=["a"], language="pt-BR")).encode() for _ in range(3)]
    if target == "decode":
        yield from good + strange + refused + loose
    elif target == "pipeline":
        yield b"\n".join(good + strange)
        yield from (b"\n".join([*good, b"aura-event-version2\t" + value, b"", value]) for value in refused)
    elif target == "jsonl":
        yield b"\n".join(good + strange + loose)
        yield from (b"\n".join([*good[:1], value, *good[1:]]) for value in refused)
    else:
        text = _CSV if target == "csv" else _DATAFINITI
        yield text.encode()
        yield text.replace("\n", "\r\n").encode()
        yield ("\ufeff" + text.replace(",", ";")).encode()


def write(target: str, folder: Path) -> None:
    """Lay the first inputs of a target out as files."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(seeds(target)):
        (folder / f"seed-{number}").write_bytes(content)
