"""How the stream is drawn: prices, books, trades and arrivals as pure functions of a seed, in integers."""
