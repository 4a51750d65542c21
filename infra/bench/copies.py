"""More products than there is time to fill: copies of filled ones, key by key, inside of Redis.

A copy is what the product would be had it had the same reviews: its keys are as long in number and content, each with
its own name and time to live.
"""

import re
from collections import defaultdict
from typing import Any, Final, cast

from stream.store import keys
from stream.store.connection import Client

AT_ONCE: Final = 50
"""Copies of one product in one call: 1,000 keys, a few milliseconds in which Redis does nothing else."""

_COPY: Final = """
local of, count = tonumber(ARGV[1]), tonumber(ARGV[2])
local id = redis.call('ZSCORE', KEYS[1], ARGV[3])
for copy = of, of + count - 1 do
  for i = 4, #ARGV, 2 do
    redis.call('COPY', ARGV[i] .. ARGV[3] .. ARGV[i + 1], ARGV[i] .. 'product-' .. copy .. ARGV[i + 1])
  end
  redis.call('ZADD', KEYS[1], id, 'product-' .. copy)
end
"""


async def keys_by_product(client: Client, tenant: str) -> dict[str, list[tuple[str, str]]]:
    """Product id to its keys, each as what stands before and after the id."""
    name = re.compile(rf"(aura:\{{0\}}:[a-z]:{re.escape(tenant)}/)([^:]+)(.*)")
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    async for key in client.scan_iter(f"aura:{{0}}:?:{tenant}/*", count=10_000):
        match = name.fullmatch(cast(bytes, key).decode())
        if match:
            found[match[2]].append((match[1], match[3]))
    return found


async def copy(client: Client, tenant: str, filled: int, products: int, first: int) -> None:
    """Make products ``first`` to ``products`` of ``product-0`` to ``product-FILLED``, in turn."""
    parts = await keys_by_product(client, tenant)
    script: Any = client.register_script(_COPY)
    index = keys.products_key(0, tenant)
    each = -(-(products - first) // filled)
    for number in range(filled):
        source = f"product-{number}"
        flat = [side for pair in parts[source] for side in pair]
        start = first + number * each
        end = min(start + each, products)
        for at in range(start, end, AT_ONCE):
            await script(keys=[index], args=[at, min(AT_ONCE, end - at), source, *flat])
