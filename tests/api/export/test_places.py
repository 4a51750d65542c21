"""How many exports may be under way."""

import pytest

from api.export.places import AT_ONCE, OF_A_TENANT, Places
from api.http.problems import Problem


def refused(places: Places, tenant_id: str) -> tuple[int, dict[str, str]]:
    with pytest.raises(Problem) as refused:
        places.take(tenant_id)
    return refused.value.kind.status, refused.value.headers


def test_a_tenant_has_some_of_the_places_and_others_have_the_rest() -> None:
    places = Places()
    of_the_shop = [places.take("shop") for _ in range(OF_A_TENANT)]
    assert refused(places, "shop") == (503, {"Retry-After": "2"})
    for number in range(AT_ONCE - OF_A_TENANT):
        places.take(f"other-{number}")
    assert refused(places, "bank") == (503, {"Retry-After": "2"})
    of_the_shop[0]()
    places.take("bank")
    assert refused(places, "shop") == (503, {"Retry-After": "2"})
    of_the_shop[1]()
    places.take("shop")
