"""The operators' pages: an ASGI application that any host mounts behind its own login."""

from __future__ import annotations

from payport_backoffice.app import create_app
from payport_backoffice.operator import Operator, Right, Role
from payport_backoffice.settings import Settings, Who

__all__ = ["Operator", "Right", "Role", "Settings", "Who", "create_app"]
