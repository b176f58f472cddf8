"""What `orders list` left behind: whatever is wrong with it, it is empty."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from vsms_cli.domain.orders import Order
from vsms_cli.store.order_cache import OrderCache

ORDER = "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11"


@pytest.fixture
def cache(tmp_path: Path) -> OrderCache:
    return OrderCache(tmp_path, host="a.example")


def test_prices_keep_their_digits(cache: OrderCache) -> None:
    cache.write([Order(id=ORDER, status="waiting", price=Decimal("0.80"))])
    assert str(cache.prices()[ORDER]) == "0.80"


@pytest.mark.parametrize("price", ["NaN", "Infinity", "-1", "x", {}, "1e999999999"])
def test_a_price_that_is_none_is_no_price(cache: OrderCache, tmp_path: Path, price: object) -> None:
    cache.write([Order(id=ORDER, status="waiting", price=Decimal("0.80"))])
    (file,) = tmp_path.iterdir()
    rows = json.loads(file.read_text())
    rows[0]["price"] = price
    file.write_text(json.dumps(rows))
    assert cache.prices() == {}
