"""talipp: incremental indicators of every symbol, fed with its trades, as its manual does, or purged as it advises."""

from talipp.indicators import BB, MACD, RSI


class Indicators:
    def __init__(self, params, environment):
        self.keep = params.get("keep")
        self.symbols = {name: (RSI(14), MACD(12, 26, 9), BB(20, 2.0)) for name in environment.symbols}

    def start(self): ...

    def on_trade(self, trade):
        for indicator in self.symbols[trade.symbol]:
            indicator.add(trade.price)
            if self.keep and len(indicator) > 2 * self.keep:
                indicator.purge_oldest(len(indicator) - self.keep)

    def stop(self): ...


build = Indicators
