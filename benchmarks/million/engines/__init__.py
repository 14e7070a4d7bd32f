"""Who is measured. Every engine is given the same vectors in half precision, the same attributes and the same filters."""

from collections.abc import Callable
from pathlib import Path

from benchmarks.million.engines.base import Engine
from benchmarks.million.engines.lance import Lance
from benchmarks.million.engines.qdrant import Qdrant

# Embedded engines, installed by `pip install -r benchmarks/requirements.txt`; each is given a folder of its own.
PEERS: dict[str, Callable[[Path], Engine]] = {"lancedb": Lance, "qdrant": Qdrant}
