"""How venues take a symbol's name apart, and a number in a query."""

from __future__ import annotations

_QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "USD", "EUR", "BTC", "ETH", "BNB")


def base_and_quote(name: str) -> tuple[str, str]:
    """ "BTCUSDT" as "BTC" and "USDT"; of a name without a known quote, its last three letters are it."""
    for quote in _QUOTES:
        if name.endswith(quote) and name != quote:
            return name.removesuffix(quote), quote
    return name[:-3], name[-3:]


def within(text: str | None, least: int, most: int, default: int) -> int:
    """A whole number of a query, brought between `least` and `most`; `default` where it is none."""
    if text is None or not text.isdigit():
        return default
    return min(max(int(text), least), most)
