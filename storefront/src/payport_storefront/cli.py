"""`payport-storefront demo`: the shop with everything around it, on this machine."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

__all__ = ["app", "main"]

app = App(name="payport-storefront", help="A shop that sells through Payport.")


@app.command
def demo(
    *,
    port: int = 8000,
    host: str | None = None,
    fresh: Annotated[bool, Parameter(negative=())] = False,
    folder: Path = Path(".demo"),
) -> int:
    """Run shop, Payport, simulated gateways, a bank and the worker in one process. No money moves.

    Args:
        port: where to listen; 0 lets the system choose.
        host: the address to listen on; only this machine reaches the default, 127.0.0.1.
        fresh: forget orders, customers and keys of earlier runs.
        folder: where configuration, catalog and database are kept.
    """
    if find_spec("payport_simulators") is None:
        print("The demo needs the simulators: pip install 'payport-storefront[demo]'", file=sys.stderr)
        return 1
    from payport_storefront.demo.folder import DemoRefused  # noqa: PLC0415
    from payport_storefront.demo.run import run  # noqa: PLC0415 - the extra may be absent

    try:
        run(
            port=port, host=host, path=folder.resolve(), fresh=fresh, say=lambda text: print(text, flush=True)
        )
    except DemoRefused as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


def main() -> None:
    sys.exit(app())
