"""The vendor's SDK cancels: `sdk_bulk.py BASE_URL TOKEN [ID]`, one order or all; prints how many it cancelled."""

import sys

from virtualsms import VirtualSMS, VirtualSMSError

base_url, token, *ids = sys.argv[1:]
client = VirtualSMS(token, base_url=base_url)
if ids:
    try:
        client.cancel_order(ids[0])
        print(1)
    except VirtualSMSError:
        print(0)
else:
    print(client.cancel_all_orders()["cancelled"])
