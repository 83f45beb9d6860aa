"""Instruments: unique, ranked, and the same however many are asked for."""

from __future__ import annotations

import pytest

from synthetic.symbols import instruments


def test_names_are_unique_pairs_and_ranks_count():
    listed = instruments(300, seed=1)
    assert len({instrument.name for instrument in listed}) == 300
    assert all(instrument.name.endswith("USDT") and instrument.name.isupper() for instrument in listed)
    assert [instrument.rank for instrument in listed] == list(range(1, 301))


def test_an_instrument_does_not_depend_on_how_many_there_are():
    assert instruments(60, seed=1)[:10] == instruments(10, seed=1)
    assert instruments(10, seed=1) != instruments(10, seed=2)


def test_ticks_and_lots_are_positive_and_prices_deep_enough():
    for instrument in instruments(200, seed=4):
        assert instrument.tick > 0
        assert instrument.lot > 0
        assert instrument.price_ticks >= 2_000


def test_a_market_without_instruments_is_refused():
    with pytest.raises(ValueError, match="count = 0"):
        instruments(0, seed=1)
