"""Client libraries of exchanges as targets, each as its users write it, in at most forty lines.

::

    ccxt_pro          ccxt.pro on Bybit and Binance: order books, of one symbol or of several, trades, bids and asks
    binance_streams   python-binance: sockets, and depth caches
    cryptofeed_feeds  cryptofeed on Bybit and Binance: books, trades, tickers and candles
    pybit_threads     pybit on Bybit, in threads of its own: books, trades and tickers
    by_name           any of these, as a config names it
    delivering        what they have alike: calls are counted, and the exchange is told what came through

A scenario with an ``[exchange]`` runs them. Their packages are installed in the environment of its configs, never in
the project's.
"""
