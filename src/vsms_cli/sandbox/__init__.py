"""The VirtualSMS service in small: the same answers, no network, no token, no money.

A second program that shares no code with the client it stands in for: a fake that used the client's own
parser would agree with its mistakes.
"""
