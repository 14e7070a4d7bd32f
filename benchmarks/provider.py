"""An OpenAI-compatible embeddings endpoint on loopback that fails on command.

    python benchmarks/provider.py --port 9999 --latency 0.2 --requests-per-minute 3000 --tokens-per-minute 1000000

Then set OPENAI_BASE_URL=http://127.0.0.1:9999/v1. From Python, `Provider` takes a behaviour for the next requests
(`provider.script("500", "hang")`), for all (`provider.always = "401"`), or for those that hold a text
(`provider.poison["bad"] = "400"`). Vectors depend on the text alone.
"""

import argparse
import base64
import hashlib
import json
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

# What a request may be answered with, beside "ok" and any HTTP status; "429:0.2" asks for 0.2 seconds' patience.
BEHAVIOURS = (
    "hang", "gone", "cut", "too few", "too many", "twice the same", "reordered", "wrong dimension", "nan", "zero", "no json",
    "quota", "infinite",
)  # fmt: skip
WRONG_NUMBERS = {"nan": float("nan"), "zero": 0.0, "infinite": float("inf")}
_POOL = np.random.default_rng(5).standard_normal(1 << 17).astype("<f4")


def vector_of(text: str, dimensions: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    start = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") % (len(_POOL) - dimensions)
    return _POOL[start : start + dimensions]


@dataclass
class Limit:
    """A bucket that refills steadily, as OpenAI's do."""

    a_minute: float
    left: float = field(init=False)
    seen: float = field(init=False)

    def __post_init__(self) -> None:
        self.left, self.seen = self.a_minute, time.monotonic()

    def refill(self) -> None:
        now = time.monotonic()
        self.left = min(self.a_minute, self.left + (now - self.seen) * self.a_minute / 60)
        self.seen = now

    def headers(self, kind: str) -> dict[str, str]:
        return {
            f"x-ratelimit-limit-{kind}": f"{self.a_minute:.0f}",
            f"x-ratelimit-remaining-{kind}": f"{max(self.left, 0):.0f}",
            f"x-ratelimit-reset-{kind}": f"{(self.a_minute - self.left) * 60 / self.a_minute:.3f}s",
        }


class Provider:
    def __init__(
        self,
        dimensions: int = 1536,
        *,
        latency: float = 0.0,
        requests: float | None = None,
        tokens: float | None = None,
    ) -> None:
        self.dimensions, self.latency = dimensions, latency
        self.limits = {name: Limit(rate) for name, rate in (("requests", requests), ("tokens", tokens)) if rate}
        self.always: str = "ok"
        self.poison: dict[str, str] = {}
        self.calls: list[list[str]] = []
        self.answers: list[str] = []
        self.keys: set[str] = set()
        self.released = threading.Event()
        self._script: deque[str] = deque()
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None

    def script(self, *behaviours: str) -> None:
        self._script.extend(behaviours)

    def start(self, port: int = 0) -> str:
        """Returns the base URL."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128
            provider = self

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that was killed is what is being tested."""

        self._server = Server(("127.0.0.1", port), _Handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def stop(self) -> None:
        self.released.set()
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    def __enter__(self) -> "Provider":
        self.url = self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def decide(self, texts: list[str]) -> tuple[str, dict[str, str]]:
        """How this request is answered, and the rate limits' headers."""
        tokens = sum(tokens_of(text) for text in texts)
        with self._lock:
            behaviour = self._script.popleft() if self._script else self.always
            for text, poisoned in self.poison.items():
                if any(text in value for value in texts):
                    behaviour = poisoned
            headers: dict[str, str] = {}
            for kind, limit in self.limits.items():
                limit.refill()
                wanted = 1.0 if kind == "requests" else float(tokens)
                if limit.left < min(wanted, limit.a_minute) and behaviour == "ok":
                    behaviour = f"429:{(min(wanted, limit.a_minute) - limit.left) * 60 / limit.a_minute:.3f}"
            for kind, limit in self.limits.items():
                if behaviour == "ok":
                    limit.left -= 1.0 if kind == "requests" else float(tokens)
                headers |= limit.headers(kind)
            self.calls.append(texts)
            self.answers.append(behaviour)
        return behaviour, headers


def tokens_of(text: str) -> int:
    return len(text) // 4 + 1


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        provider: Provider = self.server.provider  # type: ignore[attr-defined]
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        provider.keys.add(self.headers["authorization"].removeprefix("Bearer "))
        behaviour, headers = provider.decide(texts)
        time.sleep(provider.latency)
        if behaviour == "hang":
            provider.released.wait(60)
        if behaviour in ("hang", "gone"):
            self.close_connection = True
            return
        status, _, patience = behaviour.partition(":")
        if status == "quota":
            self._send(429, {"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}}, headers)
        elif status.isdigit():
            extra = {"retry-after": patience} if patience else {}
            self._send(int(status), {"error": {"message": f"told to answer {status}"}}, headers | extra)
        else:
            self._send(200, self._answer(provider, body, texts, behaviour), headers, cut=behaviour == "cut")

    def _answer(self, provider: Provider, body: dict[str, Any], texts: list[str], behaviour: str) -> Any:
        size = body.get("dimensions") or provider.dimensions
        vectors = [vector_of(text, size) for text in texts]
        if behaviour == "wrong dimension":
            vectors = [vector[:-1] for vector in vectors]
        if behaviour in WRONG_NUMBERS:
            vectors[-1] = np.full(size, WRONG_NUMBERS[behaviour], dtype="<f4")
        data = [
            {"object": "embedding", "index": index, "embedding": _encoded(v, body)} for index, v in enumerate(vectors)
        ]
        if behaviour == "too few":
            data.pop()
        if behaviour == "too many":
            data.append({**data[0], "index": len(data)})
        if behaviour == "twice the same":
            data[-1] = {**data[-1], "index": 0} if len(data) > 1 else {**data[-1], "index": 1}
        if behaviour == "reordered":
            data.reverse()
        tokens = sum(map(tokens_of, texts))
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return (
            "no json"
            if behaviour == "no json"
            else {"object": "list", "data": data, "model": body["model"], "usage": usage}
        )

    def _send(self, status: int, content: Any, headers: dict[str, str], *, cut: bool = False) -> None:
        payload = json.dumps(content).encode()
        self.send_response(status)
        for name, value in {**headers, "content-type": "application/json", "content-length": str(len(payload))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload[: len(payload) // 2] if cut else payload)
        self.close_connection = cut

    def log_message(self, *_arguments: object) -> None:
        pass


def _encoded(vector: np.ndarray[Any, np.dtype[np.float32]], body: dict[str, Any]) -> Any:
    return base64.b64encode(vector.tobytes()).decode() if body.get("encoding_format") == "base64" else vector.tolist()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=9999)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds")
    parser.add_argument("--requests-per-minute", type=float)
    parser.add_argument("--tokens-per-minute", type=float)
    parser.add_argument("--always", default="ok", help=f"a status, or one of: {', '.join(BEHAVIOURS)}")
    asked = parser.parse_args()
    provider = Provider(latency=asked.latency, requests=asked.requests_per_minute, tokens=asked.tokens_per_minute)
    provider.always = asked.always
    print(provider.start(asked.port), flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
