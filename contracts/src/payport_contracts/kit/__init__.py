"""The conformance kit: checks the shipped contracts and the installed plugins against test vectors.

Imported by tests and reports only; nothing that takes a payment needs it.
"""
