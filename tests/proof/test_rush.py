"""One rate limit for many processes: a short run of the long rush."""

from proof.rush import rush


def test_processes_with_overlapping_lists_share_the_limit_and_send_each_cancel_once() -> None:
    figures = rush(orders=24, processes=8, limit=20)

    assert set(figures.codes) == {0}
    assert figures.most <= 20
    assert figures.throttled == 0
    assert (figures.posts, figures.paid_once) == (24, 24)
    assert (
        figures.requests <= 2 * figures.orders
    )  # a process that starts much later reads what it finds cancelled
