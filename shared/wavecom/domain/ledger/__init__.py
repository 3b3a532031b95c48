"""The counters that every change moves, and the figures that are sums over them."""
