"""order-book: a book of every symbol, sorted in C, kept by the deltas of the market."""

from order_book import OrderBook


class Books:
    def __init__(self, params, environment):
        self.books = {}

    def start(self): ...

    def on_delta(self, delta):
        book = self.books.setdefault(delta.symbol, OrderBook())
        for side, levels in ((book.bids, delta.bids), (book.asks, delta.asks)):
            for price, quantity in levels.tolist():
                if quantity:
                    side[price] = quantity
                elif price in side:
                    del side[price]

    def stop(self): ...


build = Books
