"""Client libraries of exchanges as targets, each as its users write it, in about forty lines.

::

    ccxt_pro          ccxt.pro on Bybit and Binance: order books, of one symbol or of several, trades, bids and asks
    binance_streams   python-binance: sockets, and depth caches
    cryptofeed_feeds  cryptofeed on Bybit and Binance: books, trades, tickers and candles

A scenario with an ``[exchange]`` runs them. Their packages are installed in the environment of its configs, never in
the project's. They count their `calls`, and tell the exchange what came through.
"""
