"""Instruments to trade: name, tick, lot, opening price and activity rank, as a Faker provider."""

from __future__ import annotations

from faker import Faker
from faker.providers import BaseProvider

from synthetic.instrument import Instrument

_LARGE_TICK_SHARE = 0.4  # cheap or coarse-ticked pairs, whose spread is one tick nearly all the time
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class InstrumentProvider(BaseProvider):
    """Draws instruments as a crypto exchange lists them, quoted in USDT."""

    def pair_name(self) -> str:
        """A base of three to five letters and the quote, such as "KVTUSDT"."""
        length = self.random_element((3, 3, 3, 4, 4, 5))
        return "".join(self.random_element(_LETTERS) for _ in range(length)) + "USDT"

    def instrument(self, rank: int) -> Instrument:
        """One instrument of that rank; a tick is a power of ten, so that prices have few digits."""
        large_tick = self.generator.random.random() < _LARGE_TICK_SHARE
        low, high = (2_500, 9_000) if large_tick else (15_000, 90_000)
        return Instrument(
            name=self.pair_name(),
            tick=float(f"1e-{self.random_int(1, 5)}"),
            lot=float(f"1e-{self.random_int(0, 4)}"),
            price_ticks=self.random_int(low, high),
            rank=rank,
        )


def instruments(count: int, seed: int) -> tuple[Instrument, ...]:
    """`count` instruments with unique names, rank 1 first; the k-th is the same whatever `count` is.

    Raises ValueError where `count` is below 1.
    """
    if count < 1:
        raise ValueError(f"count = {count}: a market has at least 1 instrument")
    faker = Faker()
    faker.add_provider(InstrumentProvider)
    listed: dict[str, Instrument] = {}
    for rank in range(1, count + 1):
        faker.seed_instance(f"{seed}/{rank}")
        instrument = faker.instrument(rank)
        while instrument.name in listed:
            instrument = faker.instrument(rank)
        listed[instrument.name] = instrument
    return tuple(listed.values())
