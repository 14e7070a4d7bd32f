"""A real OpenAI-compatible server on loopback: the bundled model cut to 256 dimensions, so that its space is another one."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from influencerflow.embeddings.encoder import Vectors
from influencerflow.embeddings.local import E5Engine

NAME, DIMENSIONS = "e5-cut", 256


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    engine: E5Engine

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        texts = [asked["input"]] if isinstance(asked["input"], str) else asked["input"]
        vectors, tokens = self.engine.encode(texts, is_query=False)
        body = {
            "object": "list",
            "model": asked["model"],
            "data": [
                {"object": "embedding", "index": index, "embedding": _written(vector[:DIMENSIONS], asked)}
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


def _written(vector: Vectors, asked: dict[str, object]) -> str | list[float]:
    if asked.get("encoding_format") == "base64":
        return base64.b64encode(vector.astype("<f4").tobytes()).decode()
    return [float(value) for value in vector]


@contextmanager
def small_provider() -> Iterator[str]:
    """Its base URL; ends with the block."""
    handler = type("Handler", (_Handler,), {"engine": E5Engine()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
