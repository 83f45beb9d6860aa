"""Any of the clients, by the name of its module in `client`: a scenario that runs several has one factory."""

from __future__ import annotations

import importlib
from typing import Any

from harness.errors import UsageError
from harness.target import Environment

CLIENTS = ("binance_streams", "ccxt_pro", "cryptofeed_feeds", "pybit_threads")


def build(params: dict[str, Any], environment: Environment) -> Any:
    """The client that a config names. Raises UsageError where it names none of them."""
    name = params.get("client")
    if name not in CLIENTS:
        raise UsageError(f"client = {name!r}: must be one of: {', '.join(CLIENTS)}")
    return importlib.import_module(f"harness.clients.{name}").build(params, environment)
