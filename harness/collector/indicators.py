"""The indicator extractor: keeps a symbol's candles, and computes candle features and indicators when one closes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import talib
from numpy.typing import NDArray

from synthetic.events import Candle

CANDLE_FEATURES: tuple[str, ...] = (
    "open", "high", "low", "close", "volume",
    "range_bps", "body_bps", "upper_wick_bps", "lower_wick_bps", "close_position",
    "return_1_bps", "return_5_bps", "return_15_bps", "return_60_bps", "volume_ratio_20", "typical_price",
)  # fmt: skip

INDICATOR_FEATURES: tuple[str, ...] = (
    "sma_10", "sma_20", "sma_50", "ema_12", "ema_26", "ema_50", "wma_20",
    "rsi_7", "rsi_14", "rsi_28", "macd", "macd_signal", "macd_histogram",
    "bollinger_upper", "bollinger_middle", "bollinger_lower", "stochastic_k", "stochastic_d",
    "atr_14", "natr_14", "adx_14", "plus_di_14", "minus_di_14", "cci_20", "mfi_14", "williams_r_14",
    "roc_10", "momentum_10", "trix_15", "obv", "stddev_20", "slope_14",
)  # fmt: skip


@dataclass(slots=True)
class HistoricalCandle:
    """One bar as the bot keeps it: time in ms, prices and volume as floats."""

    open_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class IndicatorFeatureExtractor:
    """One symbol's candles, pre-filled from the market's past, and the features of the last closed one.

    `features` is (len(CANDLE_FEATURES) + len(INDICATOR_FEATURES),), renewed at each close; an indicator that is not
    defined on flat candles is NaN.
    """

    def __init__(self, past: NDArray[np.float64], max_history_size: int) -> None:
        self.max_history_size = max_history_size
        self.candle_history: list[HistoricalCandle] = [
            HistoricalCandle(int(row[0]), *(float(value) for value in row[1:])) for row in past[-max_history_size:]
        ]
        self.features = np.zeros(len(CANDLE_FEATURES) + len(INDICATOR_FEATURES))
        self._compute()

    def update(self, candle: Candle) -> None:
        """Keep a closed candle and renew the features."""
        self.candle_history.append(
            HistoricalCandle(candle.open_ms, candle.open, candle.high, candle.low, candle.close, candle.volume)
        )
        if len(self.candle_history) > self.max_history_size:
            del self.candle_history[0]
        self._compute()

    def _compute(self) -> None:
        columns = np.array([(c.open, c.high, c.low, c.close, c.volume) for c in self.candle_history]).T.copy()
        self.features[: len(CANDLE_FEATURES)] = candle_features(columns)
        self.features[len(CANDLE_FEATURES) :] = indicator_features(columns)


def candle_features(columns: NDArray[np.float64]) -> tuple[float, ...]:
    """CANDLE_FEATURES of the last bar of `columns`, (5, bars): open, high, low, close, volume; at least 61 bars."""
    opened, high, low, close, volume = (float(value) for value in columns[:, -1])
    closes = columns[3]
    body_top, body_bottom = max(opened, close), min(opened, close)
    usual_volume = float(columns[4, -21:-1].mean())
    return (
        opened, high, low, close, volume,
        (high - low) / close * 1e4,
        (close - opened) / opened * 1e4,
        (high - body_top) / close * 1e4,
        (body_bottom - low) / close * 1e4,
        (close - low) / (high - low) if high > low else 0.5,
        *((close / float(closes[-1 - back]) - 1) * 1e4 for back in (1, 5, 15, 60)),
        volume / usual_volume if usual_volume else 0.0,
        (high + low + close) / 3,
    )  # fmt: skip


def indicator_features(columns: NDArray[np.float64]) -> tuple[float, ...]:
    """INDICATOR_FEATURES (TA-Lib's) at the last bar of `columns`, (5, bars): open, high, low, close, volume."""
    _, high, low, close, volume = columns
    macd, macd_signal, macd_histogram = talib.MACD(close)
    upper, middle, lower = talib.BBANDS(close, 20)
    slow_k, slow_d = talib.STOCH(high, low, close)
    series = (
        talib.SMA(close, 10), talib.SMA(close, 20), talib.SMA(close, 50),
        talib.EMA(close, 12), talib.EMA(close, 26), talib.EMA(close, 50), talib.WMA(close, 20),
        talib.RSI(close, 7), talib.RSI(close, 14), talib.RSI(close, 28), macd, macd_signal, macd_histogram,
        upper, middle, lower, slow_k, slow_d,
        talib.ATR(high, low, close, 14), talib.NATR(high, low, close, 14), talib.ADX(high, low, close, 14),
        talib.PLUS_DI(high, low, close, 14), talib.MINUS_DI(high, low, close, 14),
        talib.CCI(high, low, close, 20), talib.MFI(high, low, close, volume, 14), talib.WILLR(high, low, close, 14),
        talib.ROC(close, 10), talib.MOM(close, 10), talib.TRIX(close, 15), talib.OBV(close, volume),
        talib.STDDEV(close, 20), talib.LINEARREG_SLOPE(close, 14),
    )  # fmt: skip
    return tuple(float(values[-1]) for values in series)
