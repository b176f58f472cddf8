"""The vendor's SDK cancels one order, a rental (`rental ID`), or `all` orders, and what it says is printed:
`sdk_child.py BASE_URL TOKEN ORDER_ID TIMEOUT`.
"""

import json
import resource
import sys

_MEMORY = 2 << 30  # bytes; an SDK that reads an endless body must not take the machine with it


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    from virtualsms import VirtualSMS  # noqa: PLC0415 - only this process has it

    base_url, token, order_id, timeout = sys.argv[1:]
    try:
        client = VirtualSMS(token, base_url=base_url, timeout=float(timeout))
        what, _, rental = order_id.partition(" ")
        if what == "rental":
            answer = client.cancel_rental(rental)
        else:
            answer = client.cancel_all_orders() if order_id == "all" else client.cancel_order(order_id)
    except BaseException as exc:  # noqa: BLE001 - whatever it raises is what it says
        said = {"raises": type(exc).__name__, "message": str(exc)[:300]}
    else:
        said = {"returns": repr(answer)[:300]}
    print(json.dumps(said))


if __name__ == "__main__":
    main()
