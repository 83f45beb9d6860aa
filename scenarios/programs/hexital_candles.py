"""hexital: candles of every symbol with their indicators, kept for ever as is its default, or for `life_minutes`."""

from datetime import UTC, datetime, timedelta

from hexital import EMA, RSI, Candle, Hexital


class Candles:
    def __init__(self, params, environment):
        life = timedelta(minutes=params["life_minutes"]) if "life_minutes" in params else None
        self.symbols = {
            name: Hexital(name, [], [EMA(period=10), RSI(period=14)], candle_life=life) for name in environment.symbols
        }

    def start(self): ...

    def on_candle(self, bar):
        at = datetime.fromtimestamp(bar.timestamp_ms / 1000, UTC)
        candle = Candle(bar.open, bar.high, bar.low, bar.close, int(bar.volume), timestamp=at)
        self.symbols[bar.symbol].append(candle)

    def stop(self): ...


build = Candles
