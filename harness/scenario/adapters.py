"""The skeleton of an adapter between the feed and a program that was not written for it, as Python source."""

from __future__ import annotations

from typing import Final

KINDS: Final = ("callbacks", "messages")

_HEAD: Final = '''\
"""A target for soak: what it is to run of your program, and how the feed reaches it. Put yours where TODO stands.

Try it with `soak try {module}:build`.
"""

from __future__ import annotations
{imports}

class Target:
    def __init__(self, params, environment):
        """`params` are those of the scenario's config; of `environment`, data_dir is this run's own folder."""
        self.environment = environment
        self.received = self.handled = 0{made}

    async def start(self):
        """Start what your program starts, and return. Its loops are tasks; its sleeps are virtual."""
        # TODO self.bot = Bot(...); await self.bot.start(){started}

    async def stop(self):
        """Stop it as a user would: what is left after this is what it forgot."""
        # TODO await self.bot.stop(){stopped}

{handlers}
    def counters(self):
        """Whether a row is lost: collected = persisted + lost, in your program's own numbers."""
        # TODO return {{"collected": self.bot.rows, "persisted": self.bot.rows_written, "lost": self.bot.rows_dropped}}
        return {{"collected": self.received, "persisted": self.handled, "lost": {lost}}}


build = Target
'''

_CALLBACKS: Final = '''\
    def on_book(self, book):
        """A book, best first: book.symbol, book.timestamp_ms, book.bids and book.asks of (price, quantity)."""
        self.received += 1
        # TODO self.bot.on_order_book(book.symbol, book.bids.tolist(), book.asks.tolist())
        self.handled += 1

    def on_trade(self, trade):
        """A trade: trade.symbol, trade.timestamp_ms, trade.price, trade.quantity, trade.side."""
        # TODO self.bot.on_trade(trade.symbol, trade.price, trade.quantity)
'''

_MESSAGES: Final = '''\
    async def on_book(self, book):
        """A book, as the message that your program's own handler takes, put where its connection would put it."""
        self.received += 1
        await self.messages.put(json.dumps(self.message(book)))

    def message(self, book):
        """TODO what your venue sends."""
        return {
            "topic": f"orderbook.{len(book.bids)}.{book.symbol}",
            "ts": int(book.timestamp_ms),
            "data": {
                "s": book.symbol,
                "b": [[str(price), str(quantity)] for price, quantity in book.bids.tolist()],
                "a": [[str(price), str(quantity)] for price, quantity in book.asks.tolist()],
            },
        }

    async def handle(self):
        """Where your program reads its connection."""
        while True:
            message = json.loads(await self.messages.get())
            assert message["data"]["s"]
            # TODO await self.bot.handle_message(message)
            self.handled += 1
'''


def adapter(kind: str, module: str) -> str:
    """The source of the module `module`, whose `build` is a factory that runs as it is; `kind` is one of KINDS."""
    if kind == "callbacks":
        return _HEAD.format(module=module, imports="", made="", started="", stopped="", handlers=_CALLBACKS, lost="0")
    return _HEAD.format(
        module=module,
        imports="\nimport asyncio\nimport json\n",
        made="\n        self.messages = asyncio.Queue()\n        self.task = None",
        started="\n        self.task = asyncio.create_task(self.handle())",
        stopped="\n        self.task.cancel()\n        await asyncio.wait([self.task])\n        self.task = None",
        handlers=_MESSAGES,
        lost="self.messages.qsize()",
    )
