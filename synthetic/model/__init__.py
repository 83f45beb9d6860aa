"""The stream as it is drawn: arrivals, prices, books, trades and candles, a span of virtual time at once."""
