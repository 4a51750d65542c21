"""The client has a method for every operation of the OpenAPI document, with its parameters and defaults."""

import inspect
import subprocess
import sys
from typing import Any, assert_type

import pytest

from api import shapes
from api.app import create_app
from api.client import AsyncAura, Aura
from api.client.call import Call
from api.client.catalogue import Catalogue
from api.client.endpoint import Method
from api.client.live import Watch
from api.client.publishing import Publishing
from api.clock import now_ms
from api.config import ApiConfig
from api.insight.shapes import Comparison, Movers
from stream.event import ReviewEvent
from stream.fold import Scored
from tests.api.filling import Filler, House, build_house

ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "product": ("LAMP-7",),
    "product_timeline": ("LAMP-7",),
    "product_accuracy": ("LAMP-7",),
    "reviews": ("LAMP-7",),
    "compare": (["LAMP-7", "KETTLE"],),
    "export_timeline": ("LAMP-7",),
    "disagreements": ("0f3a9c1b2d4e",),
    "publish": ([],),
    "product_drivers": ("LAMP-7",),
    "classify": (["It works."],),
    "explain": ("It works.",),
}
"""What methods must be given."""

NOT_ASKED_HERE = {
    "live": "has no end: test_live",
    "publish": "needs Kafka: test_publishing",
    "classify": "needs TensorFlow: test_readme",
    "explain": "needs a model: test_explaining",
    "ready": "needs a worker: test_problems, test_readme",
    "export_products": "a file: test_exports",
    "export_timeline": "a file: test_exports",
}

RENAMED = {"from": "start", "to": "end", "item": "items"}
BODIES = {"reviews", "review"}
"""Parameters that are a request's body."""


def methods() -> dict[str, Method[Any, Any, Any]]:
    return {name: value for name, value in vars(Catalogue).items() if isinstance(value, Method)}


def call_of(name: str) -> Call[Any]:
    built = methods()[name].build(*ARGUMENTS.get(name, ()))
    match built:
        case Call():
            return built
        case Watch():
            return built.call
        case Publishing():
            flow = Publishing([{"product_id": "LAMP-7", "text": "It works."}]).flow(_Asked())
            with pytest.raises(_Asked) as asked:
                next(flow)
            return asked.value.call
    raise AssertionError(f"{name} makes {built!r}")


class _Asked(Exception):
    """Keeps the call that it is asked."""

    call: Call[Any]

    def answer(self, call: Call[Any]) -> Any:
        self.call = call
        raise self


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The OpenAPI document; nothing is connected for it."""
    house = build_house(tmp_path_factory.mktemp("house"))
    return create_app(ApiConfig(house.path, "redis://127.0.0.1:1", "127.0.0.1:1", "aura.reviews")).openapi()


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, entries in document["paths"].items()
        for method, operation in entries.items()
    }


def test_every_operation_of_the_document_has_a_method(document: dict[str, Any]) -> None:
    asked = {(call.method, call.path) for call in map(call_of, methods())}
    assert asked == set(operations(document))


@pytest.mark.parametrize("name", sorted(methods()))
def test_a_method_has_the_parameters_and_defaults_of_its_operation(name: str, document: dict[str, Any]) -> None:
    call = call_of(name)
    operation = operations(document)[call.method, call.path]
    expected = {
        RENAMED.get(parameter["name"], parameter["name"]): parameter["schema"].get("default", inspect.Parameter.empty)
        if parameter["required"]
        else parameter["schema"].get("default")
        for parameter in operation.get("parameters", [])
        if parameter["in"] in ("query", "path") and parameter["name"] not in ("tenant", "format")
    } | {
        parameter["name"].lower().replace("-", "_"): None
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "header" and parameter["name"].lower() != "if-none-match"
    }
    actual = {
        parameter.name: parameter.default
        for parameter in inspect.signature(methods()[name].build).parameters.values()
        if parameter.name not in BODIES
    }
    if "page_size" in actual:  # the cursor is the client's own matter there
        del actual["page_size"], expected["limit"], expected["cursor"]
    assert actual == expected


async def test_both_clients_read_the_answers_of_a_real_server(url: str, house: House, filler: Filler) -> None:
    await filler.put(
        [
            Scored(ReviewEvent(f"e{i}", "shop", product, "It works.", now_ms(), brand="Lumen"), 900_000, now_ms())
            for i, product in enumerate(["LAMP-7", "KETTLE"])
        ]
    )
    key = house.keys["shop", "read"]
    with Aura(url, key) as aura:
        async with AsyncAura(url, key) as async_aura:
            for size in (1, 2, 3):
                assert {row.product_id for row in aura.products(page_size=size)} == {"LAMP-7", "KETTLE"}
                assert {row.product_id async for row in async_aura.products(page_size=size)} == {"LAMP-7", "KETTLE"}
                assert [row.id for row in aura.groups(by="brand", page_size=size)] == ["Lumen"]
            for name in sorted(methods().keys() - NOT_ASKED_HERE.keys() - {"products", "groups", "alerts"}):
                shape, arguments = call_of(name).shape, ARGUMENTS.get(name, ())
                assert isinstance(getattr(aura, name)(*arguments), shape)
                assert isinstance(await getattr(async_aura, name)(*arguments), shape)


async def test_a_product_is_found_whatever_its_id(aura: Aura, async_aura: AsyncAura, filler: Filler) -> None:
    ids = ["100%", "a%2Fb", "a?b=c&d", "#1", "Ä\u00a0💡", "a+b", "..", ".", "{tenant}", "a;b:c@d", "\\"]
    await filler.put(
        [Scored(ReviewEvent(name, "shop", name, "It works.", now_ms()), 900_000, now_ms()) for name in ids]
    )
    for name in ids:
        assert aura.product(name).product_id == name
        assert (await async_aura.product(name)).product_id == name
    assert {item.id for item in aura.compare(ids[:10], window="all").items} == set(ids[:10])


def _types(aura: Aura) -> None:
    """For the type checker alone."""
    assert_type(aura.summary(), shapes.Summary)
    assert_type(aura.movers(window="7d", at=None), Movers)
    assert_type(aura.compare(["a", "b"]), Comparison)
    assert_type(next(aura.products(sort="bad_lower")), shapes.ProductRow)
    assert_type(aura.publish({"product_id": "LAMP-7", "text": "It works."}), shapes.Accepted)
    aura.movers(window="8d")  # type: ignore[arg-type]
    aura.publish({"product_id": "LAMP-7"})  # type: ignore[dict-item]


async def _awaited_types(aura: AsyncAura) -> None:
    """For the type checker alone."""
    assert_type(await aura.summary(), shapes.Summary)
    assert_type(await anext(aura.products()), shapes.ProductRow)
    await aura.summary(window="24h")  # type: ignore[call-arg]


def test_importing_the_client_loads_nothing_of_the_server() -> None:
    script = (
        "import sys, api.client;"
        "print(*sorted({name.partition('.')[0] for name in sys.modules} | {n for n in sys.modules if n[:4] == 'api.'}))"
    )
    loaded = set(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    )
    assert {"httpx", "pydantic", "api.client", "api.shapes"} <= loaded
    assert not loaded & {
        "fastapi", "starlette", "uvicorn", "redis", "confluent_kafka", "faust", "tensorflow", "numpy", "pandas",
        "scipy", "structlog", "prometheus_client", "models", "api.app", "api.routes", "api.services",
    }  # fmt: skip


def test_methods_are_shown_with_their_parameters_and_what_they_do(aura: Aura) -> None:
    assert str(inspect.signature(aura.product)) == (
        "(product_id: str, at: datetime.datetime | int | str | None = None) -> api.client.call.Call[api.shapes.Product]"
    )
    for name in methods():
        assert (getattr(aura, name).__doc__ or "").strip()
        assert (methods()[name].__doc__ or "").strip()
