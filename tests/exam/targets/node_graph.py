"""A graph of levels for each book: nodes know their neighbours, and each its graph."""

from __future__ import annotations

from typing import Any

import numpy as np


class Node:
    def __init__(self, graph: Graph, price: float) -> None:
        self.graph = graph
        self.price = price
        self.neighbour: Node | None = None


class Graph:
    def __init__(self, prices: Any) -> None:
        self.distances = np.abs(np.subtract.outer(prices, prices))
        self.nodes = [Node(self, price) for price in prices.tolist()]
        for left, right in zip(self.nodes, [*self.nodes[1:], self.nodes[0]], strict=True):
            left.neighbour = right

    def length(self) -> float:
        return float(np.diagonal(self.distances, 1).sum())


class NodeGraph:
    def __init__(self, params: dict[str, Any], environment: Any) -> None:
        self.length = 0.0

    def start(self) -> None:
        self.length = 0.0

    def on_book(self, book: Any) -> None:
        self.length = Graph(np.concatenate((book.bids[:, 0], book.asks[:, 0]))).length()

    def stop(self) -> None:
        self.length = 0.0


build = NodeGraph
