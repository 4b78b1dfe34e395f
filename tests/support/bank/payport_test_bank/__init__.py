"""Gateways of a bank that does not exist: what no built gateway does, so that it can be attacked.

They are found as any plugin is, through entry points (see tests/support/bank_site.py): a currency in the
message, a test mark, stamps, JSON, forms, a token for a return, an amount that nobody signed, a bare digest.
"""
