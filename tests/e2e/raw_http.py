"""Asks a server byte by byte, and holds every answer against what all answers must be."""
import re
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

SECURITY = {
    "content-security-policy": "default-src 'self'; img-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "connection": "close",
}
OTHERS = {"accept-ranges", "allow", "cache-control", "content-length", "content-type", "etag", "retry-after", "www-authenticate"}

STREAM = "text/event-stream"


@dataclass
class Answer:
    status: int = 0  # 0: the server closed without a word
    headers: dict | None = None
    body: bytes = b""


def parsed(raw: bytes, has_body: bool = True) -> Answer:
    """One whole answer with the headers that all have, each once, and no other than those that are known."""
    if not raw:
        return Answer()
    head, separator, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    assert separator and re.fullmatch(r"HTTP/1\.1 \d{3} [A-Za-z ]+", first), raw[:300]
    pairs = [line.split(": ", 1) for line in lines]
    headers = {name.lower(): value for name, value in pairs}
    assert len(headers) == len(pairs), f"a header twice: {head}"
    assert {name: headers.get(name) for name in SECURITY} == SECURITY, head
    assert headers.keys() <= SECURITY.keys() | OTHERS, head
    assert headers["cache-control"] in ("no-store", "no-cache")
    if has_body and "content-length" in headers:
        assert len(body) == int(headers["content-length"]), raw[-300:]
    elif has_body and headers.get("content-type") == STREAM:
        assert body.startswith((b"event: ", b":")), raw[:300]
    else:
        assert body == b"", raw[:300]
    return Answer(int(first[9:12]), headers, body)


def has_begun_a_stream(raw: bytes) -> bool:
    """With its first event: a stream has no end."""
    head, separator, body = raw.partition(b"\r\n\r\n")
    return bool(separator) and f"content-type: {STREAM}".encode() in head.lower() and b"\n\n" in body


class RawServer:
    """A server under test. `secrets` are texts that no answer may hold."""

    def __init__(self, host: str, port: int, pid: int, token: str = "", certificate: str = "", secrets: tuple = ()):
        self.address, self.pid, self.token = (host, port), pid, token
        self.name = f"{host}:{port}"
        self.context = ssl.create_default_context(cadata=certificate) if certificate else None
        self.secrets = [secret.encode() for secret in (*secrets, token, "PRIVATE KEY", "SQLite format 3") if secret]

    @property
    def encrypted(self) -> bool:
        return self.context is not None

    @property
    def bearer(self) -> str:
        return f"Authorization: Bearer {self.token}\r\n" if self.token else ""

    def connect(self) -> socket.socket:
        plain = socket.create_connection(self.address, timeout=20)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as browsers do: else 40 ms after a handshake
        return self.context.wrap_socket(plain, server_hostname=self.address[0]) if self.context else plain

    def raw(self, data: bytes) -> bytes:
        """Everything that comes back; of a stream the first event. A server that closes before all is sent, or without an
        answer, is no error."""
        received = b""
        with self.connect() as connection:
            try:
                connection.sendall(data)
                while not has_begun_a_stream(received) and (piece := connection.recv(65536)):
                    received += piece
            except (ConnectionError, ssl.SSLError):
                pass
        for secret in self.secrets:
            assert secret not in received, f"{secret} in the answer to {data[:200]}"
        return received

    def ask(self, data: bytes | str) -> Answer:
        data = data.encode("latin-1") if isinstance(data, str) else data
        return parsed(self.raw(data), has_body=not data.startswith(b"HEAD "))

    def head(self, method: str, target: str, headers: str = "") -> str:
        return f"{method} {target} HTTP/1.1\r\nHost: {self.name}\r\n{headers}\r\n"

    def request(self, method: str, target: str, headers: str = "") -> Answer:
        return self.ask(self.head(method, target, headers))

    def get(self, target: str, headers: str | None = None) -> Answer:
        return self.request("GET", target, self.bearer if headers is None else headers)

    def memory(self) -> int:
        """Resident, in bytes."""
        return int(re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text())[1]) * 1024
