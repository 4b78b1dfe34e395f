"""Stand-ins for payment gateways, each written from its protocol sheet alone, and a way to serve one."""

from __future__ import annotations

from payport_simulators.serving import serve

__all__ = ["serve"]
