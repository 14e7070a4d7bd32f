"""An OpenAI-compatible server on loopback that answers at once: words hashed into as many dimensions as the model's name says.

Feature hashing (Weinberger et al. 2009): texts that share words lie near each other, and `hashed-256` and `hashed-320` are two
spaces that have nothing to do with each other.
"""

import base64
import json
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from influencerflow.embeddings.encoder import Vectors


def embed(text: str, model: str) -> Vectors:
    """Shape (dimensions,), which are the last part of the model's name."""
    vector = np.full(int(model.rpartition("-")[2]), 0.01, dtype="<f4")
    for word in text.lower().split():
        key = zlib.crc32(f"{model} {word}".encode())
        vector[key % len(vector)] += 1 if key & 0x8000_0000 else -1
    return vector


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        texts = [asked["input"]] if isinstance(asked["input"], str) else asked["input"]
        vectors = [embed(text, asked["model"]) for text in texts]
        tokens = sum(len(text.split()) for text in texts)
        body = {
            "object": "list",
            "model": asked["model"],
            "data": [
                {"object": "embedding", "index": index, "embedding": _written(vector, asked.get("encoding_format"))}
                for index, vector in enumerate(vectors)
            ],
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }
        answer = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_arguments: object) -> None:
        pass


def _written(vector: Vectors, encoding: str | None) -> str | list[float]:
    if encoding == "base64":
        return base64.b64encode(vector.tobytes()).decode()
    return [float(value) for value in vector]


@contextmanager
def hashing_provider() -> Iterator[str]:
    """Its base URL; ends with the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
