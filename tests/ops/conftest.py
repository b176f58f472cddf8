import pytest

from ops.world import World, order


@pytest.fixture
def world() -> World:
    """One order that waits, and is old enough to be cancelled."""
    made = World()
    made.holds(order())
    return made
