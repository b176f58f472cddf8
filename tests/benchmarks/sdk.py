"""The vendor's SDK: `sdk.py cancel|list BASE_URL TOKEN [ID]`; prints how many orders it cancelled or listed."""

import sys

from virtualsms import VirtualSMS, VirtualSMSError

work, base_url, token, *ids = sys.argv[1:]
client = VirtualSMS(token, base_url=base_url)
if work == "list":
    print(len(client.list_orders("waiting")))
elif ids:
    try:
        client.cancel_order(ids[0])
        print(1)
    except VirtualSMSError:
        print(0)
else:
    print(client.cancel_all_orders()["cancelled"])
