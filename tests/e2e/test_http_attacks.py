"""Attacks on the real servers over raw sockets: docs/http.md lists them. Every answer is also checked by raw_http.parsed().

Three servers: `merctl serve` (read-only), a coordinator on 127.0.0.1 (HTTP; changes need its token), and one on this
machine's address (HTTPS; reads need the token too).
"""
import base64
import contextlib
import gzip
import itertools
import json
import shutil
import socket
import ssl
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import mer_run
import pytest
from fake_slurm import wait_until
from raw_http import STREAM, RawServer, has_begun_a_stream, parsed

METHODS = ["OPTIONS", "TRACE", "CONNECT", "PUT", "DELETE", "PATCH", "PROPFIND", "get", "Post", "X" * 10_000]
MEBIBYTE = 1024 * 1024


def copy_of(run: mer_run.Mer, folder) -> mer_run.Mer:
    """Another merctl on a copy of its store."""
    copied = mer_run.Mer(folder)
    shutil.copytree(run.store, copied.store)
    return copied


def start_serve(run: mer_run.Mer) -> RawServer:
    process = run.start("serve", "--port", 0)
    address = wait_until(lambda: "http://127.0.0.1:" in run.log.read_text() and run.log.read_text(), "the address")
    return RawServer("127.0.0.1", int(address.split("http://127.0.0.1:")[1].split("/")[0]), process.pid)


def start_coordinator(run: mer_run.Mer, address: str) -> RawServer:
    run.environment["MER_WEB_ADDRESS"] = address
    run.start("coordinator", "--stay")
    file = run.store / "endpoint.json"
    endpoint = json.loads(wait_until(lambda: file.exists() and file.read_text(), "the endpoint"))
    gateway = endpoint.get("gateway") or {}
    keys = tuple(value for name, value in gateway.items() if name.endswith("_key") or name.endswith("_secret"))
    return RawServer(endpoint["address"], endpoint["port"], run.processes("mer-coordinator")[0], endpoint["token"],
                     endpoint["certificate"], keys)


@pytest.fixture(scope="module", params=["serve", "coordinator", "https"])
def server(request, undisturbed, tmp_path_factory):
    address = mer_run.address_of_this_machine() if request.param == "https" else "127.0.0.1"
    if address is None:
        pytest.skip("this machine has no address but its own loopback")
    run = copy_of(undisturbed, tmp_path_factory.mktemp(request.param))
    started = start_serve(run) if request.param == "serve" else start_coordinator(run, address)
    started.run = run
    before = content_of(run)
    yield started
    assert started.request("GET", "/healthz").status == 200, "it answers after all that"
    assert content_of(run) == before, "and nothing has changed"
    run.close()


def content_of(run: mer_run.Mer):
    return run.query("SELECT sweep, name, activity, priority FROM sweeps"), run.states()


@pytest.fixture(scope="module")
def routes(server):
    """[(method, path)] of the API's document, with the placeholders filled."""
    trial = server.run.query("SELECT id FROM trials")[0][0]
    document = json.loads(server.get("/api/v1/openapi.json").body)
    return [(method.upper(), path.format(sweep=1, trial=trial, verb="pause", call="sweeps"), operation)
            for path, item in document["paths"].items() for method, operation in item.items()]


def line(text: str, host: str = "Host: localhost\r\n") -> str:
    return f"{text}\r\n{host}\r\n"


def with_header(header: str, method: str = "GET") -> str:
    return f"{method} /healthz HTTP/1.1\r\nHost: localhost\r\n{header}\r\n\r\n"


# Name: (what is sent, the status of the answer).
HEADS = {
    "HTTP/0.9": ("GET /\r\n\r\n", 400),
    "HTTP/1.0": (line("GET /healthz HTTP/1.0"), 200),
    "HTTP/2 without a handshake": ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 405),
    "HTTP/2 named": (line("GET / HTTP/2.0"), 505),
    "an empty request line": ("\r\n\r\n", 400),
    "empty method": (line(" / HTTP/1.1"), 400),
    "NUL in the method": (line("GE\0T / HTTP/1.1"), 400),
    "two blanks": (line("GET  / HTTP/1.1"), 505),
    "tab": (line("GET\t/\tHTTP/1.1"), 400),
    "absolute form, foreign": (line("GET http://evil.example/healthz HTTP/1.1"), 400),
    "absolute form, our own": (line("GET http://localhost/healthz HTTP/1.1"), 400),
    "authority form": (line("GET localhost:80 HTTP/1.1"), 400),
    "asterisk form": (line("GET * HTTP/1.1"), 400),
    "NUL in the target": (line("GET /healthz\0.js HTTP/1.1"), 400),
    "raw bytes in the target": (line("GET /\xc0\xae\xff HTTP/1.1"), 400),
    "a long path": (line("GET /" + "a" * 513 + " HTTP/1.1"), 414),
    "a long query": (line("GET /healthz?" + "a" * 1025 + " HTTP/1.1"), 414),
    "a long query of a post": (line("POST /api/v1/control/note?" + "a" * 7169 + " HTTP/1.1"), 414),
    "no Host": (line("GET /healthz HTTP/1.1", ""), 400),
    "two Hosts": (with_header("Host: localhost"), 400),
    "two Hosts, one foreign": (with_header("Host: evil.example"), 400),
    "Host empty": (line("GET / HTTP/1.1", "Host:\r\n"), 421),
    "Host foreign": (line("GET / HTTP/1.1", "Host: evil.example\r\n"), 421),
    "Host foreign with a port": (line("GET / HTTP/1.1", "Host: evil.example:80\r\n"), 421),
    "Host that begins as ours": (line("GET / HTTP/1.1", "Host: 127.0.0.1.evil.example\r\n"), 421),
    "Host with a user": (line("GET / HTTP/1.1", "Host: localhost@evil.example\r\n"), 421),
    "Host with a path": (line("GET / HTTP/1.1", "Host: evil.example/localhost\r\n"), 421),
    "Host of another IPv6": (line("GET / HTTP/1.1", "Host: [::2]\r\n"), 421),
    "Host with a mad port": (line("GET / HTTP/1.1", "Host: localhost:80@evil\r\n"), 421),
    "Host with NUL": (line("GET / HTTP/1.1", "Host: localhost\0.evil.example\r\n"), 400),
    "Host ours with a port": (line("GET /healthz HTTP/1.1", "Host: LocalHost:8080\r\n"), 200),
    "Host ours in IPv6": (line("GET /healthz HTTP/1.1", "Host: [::1]:8080\r\n"), 200),
    "Origin foreign": (with_header("Origin: http://evil.example"), 403),
    "Origin null": (with_header("Origin: null"), 403),
    "Origin on another port": (with_header("Origin: http://localhost:1"), 403),
    "Origin ours": (with_header("Origin: http://localhost"), 200),
    "a preflight": (with_header("Origin: http://evil.example\r\nAccess-Control-Request-Method: POST\r\n"
                                "Access-Control-Request-Headers: authorization", "OPTIONS"), 405),
    "a folded header": (with_header("X: a\r\n b"), 400),
    "a blank before the colon": (with_header("Content-Length : 5"), 400),
    "no colon": (with_header("X"), 400),
    "a bare LF in a header": (with_header("X: a\nContent-Length: 5"), 400),
    "a bare CR in a header": (with_header("X: a\rContent-Length: 5"), 400),
    "NUL in a header": (with_header("X: a\0b"), 400),
    "65 headers": (with_header("\r\n".join(f"X-{i}: y" for i in range(64))), 431),
    "a head of 1 MB": (with_header("X: " + "y" * MEBIBYTE), 431),
    "Content-Length on a GET": (with_header("Content-Length: 5") + "hello", 413),
    "two equal Content-Lengths": (with_header("Content-Length: 0\r\nContent-Length: 0"), 400),
    "two Content-Lengths, 0 first": (with_header("Content-Length: 0\r\nContent-Length: 5") + "hello", 400),
    "two Content-Lengths, 5 first": (with_header("Content-Length: 5\r\nContent-Length: 0") + "hello", 413),
    "a list of Content-Lengths": (with_header("Content-Length: 0, 0"), 413),
    "a signed Content-Length": (with_header("Content-Length: +0"), 413),
    "a negative Content-Length": (with_header("Content-Length: -1"), 413),
    "a hexadecimal Content-Length": (with_header("Content-Length: 0x0"), 413),
    "a huge Content-Length": (with_header("Content-Length: 99999999999999999999"), 413),
    "chunks": (with_header("Transfer-Encoding: chunked") + "5\r\nhello\r\n0\r\n\r\n", 400),
    "chunks in disguise": (with_header("Transfer-Encoding: \x0bchunked"), 400),
    "Content-Length and chunks": (with_header("Content-Length: 5\r\nTransfer-Encoding: chunked") + "0\r\n\r\n", 413),
    "chunks and Content-Length": (with_header("Transfer-Encoding: chunked\r\nContent-Length: 0") + "0\r\n\r\n", 400),
    "multipart": (with_header('Content-Type: multipart/form-data; boundary="x"'), 415),
    "an expectation": (with_header("Expect: 100-continue"), 417),
    "an upgrade": (with_header("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk"), 200),
    "overlapping ranges": (with_header("Range: bytes=0-,0-,0-,0-"), 200),
    "a method in a header": (with_header("X-HTTP-Method-Override: DELETE\r\nX-Method-Override: PUT"), 200),
    "a target in a header": (with_header("X-Original-URL: /api/v1/sweeps\r\nX-Forwarded-Host: evil.example"), 200),
    "a kept connection": (line("GET /healthz HTTP/1.0", "Host: localhost\r\nConnection: keep-alive\r\n"), 200),
}


def test_each_malformed_or_ambiguous_head_is_refused(server):
    got = {name: server.ask(sent).status for name, (sent, _) in HEADS.items()}

    expected = {name: status for name, (_, status) in HEADS.items()}
    if not server.token:
        expected["a long query of a post"] = 405  # it takes no POST at all
    assert got == expected


def test_a_compressed_body_is_not_unpacked(server):
    bomb = gzip.compress(b"\0" * (64 * MEBIBYTE))
    before = server.memory()

    for method in ("GET", "POST"):
        headers = f"{server.bearer}Content-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n"
        answer = server.ask(server.head(method, "/api/v1/sweeps", headers).encode() + bomb)
        assert answer.status == (405 if method == "POST" and not server.token else 415)

    assert server.memory() - before < 32 * MEBIBYTE


@pytest.mark.parametrize("body", ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n",
                                  "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                                  "Content-Length: 0\r\nContent-Length: 5\r\n"])
def test_a_post_with_a_body_does_nothing(server, body):
    # As a proxy and this server might read it differently: the body is a request of its own.
    hidden = server.head("POST", "/api/v1/control/cancel?target=1", server.bearer)
    answer = server.ask(server.head("POST", "/api/v1/control/cancel?target=1", server.bearer + body) + hidden)

    assert answer.status in ((400, 413) if server.token else (405,))


def test_what_follows_a_request_is_not_another(server):
    twice = server.head("GET", "/healthz") + server.head("GET", "/api/v1/version", server.bearer)

    assert server.ask(twice).body == b"ok\n"


UNFINISHED = ["G", "GET / HTTP/1.1", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\n", "GET /\r\n",
              "GET / HTTP/1.1\nHost: localhost\n\n", "\n" * 100, "GET / HTTP/1.1\r\rHost: localhost\r\r\r\r",
              "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\n\n", "POST / HTTP/1.1\r\nContent-Length: 5\r\n"]


def test_a_head_without_an_end_is_cut(server):
    with ThreadPoolExecutor(len(UNFINISHED)) as pool:
        begin = time.monotonic()
        answers = list(pool.map(server.ask, UNFINISHED))

    assert [answer.status for answer in answers] == [408] * len(UNFINISHED)
    assert time.monotonic() - begin < 15


@pytest.mark.parametrize("first, piece", [("GET /", "a" * 65536), ("GET / HTTP/1.1\r\nX: ", "a" * 65536),
                                          ("GET / HTTP/1.1\r\n", "X: y\r\n" * 10_000), ("", "\n" * 65536),
                                          ("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n", "a" * 65536),
                                          ("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
                                           "10000\r\n" + "a" * 65536 + "\r\n")])
def test_what_never_ends_is_cut_and_not_kept(server, first, piece):
    before = server.memory()
    sent = 0
    with server.connect() as connection:
        try:
            connection.sendall(first.encode())
            while sent < 256 * MEBIBYTE:
                connection.sendall(piece.encode())
                sent += len(piece)
        except (ConnectionError, ssl.SSLError):
            pass

    assert sent < 64 * MEBIBYTE
    assert server.memory() - before < 32 * MEBIBYTE


class SlowClients(threading.Thread):
    """64 clients that never finish their heads, a byte every 20 ms each; one that is cut comes back."""

    def __init__(self, server, count=64):
        super().__init__()
        self.server, self.ended, self.cut = server, threading.Event(), 0
        self.clients = [server.connect() for _ in range(count)]
        for client in self.clients:
            client.sendall(b"GET / HTTP/1.1\r\nX: ")

    def run(self):
        while not self.ended.wait(0.02):
            for index, client in enumerate(self.clients):
                try:
                    client.sendall(b"y")
                except (ConnectionError, ssl.SSLError):
                    client.close()
                    self.cut += 1
                    self.clients[index] = self.server.connect()
                    self.clients[index].sendall(b"GET / HTTP/1.1\r\nX: ")

    def close(self):
        self.ended.set()
        self.join()
        for client in self.clients:
            client.close()


def seconds_of_honest_requests(server, enough) -> list[float]:
    took = []
    while len(took) < 30 or not enough():
        begin = time.monotonic()
        assert server.get("/api/v1/sweeps/1/results").status == 200
        took.append(time.monotonic() - begin)
    return took


def begun_stream(server):
    """A connection that has had the first event of a stream."""
    connection, heard = server.connect(), b""
    connection.sendall(server.head("GET", "/api/v1/events", server.bearer).encode())
    while not has_begun_a_stream(heard):
        heard += connection.recv(65536)
    return connection


def test_64_slow_clients_and_16_streams_do_not_hold_up_honest_ones(server):
    idle = seconds_of_honest_requests(server, lambda: True)
    with contextlib.ExitStack() as streams:
        for _ in range(16):
            streams.enter_context(begun_stream(server))
        assert server.get("/api/v1/events").status == 503
        slow = SlowClients(server)
        slow.start()
        try:
            attacked = seconds_of_honest_requests(server, lambda: slow.cut >= 64)
        finally:
            slow.close()

    assert statistics.median(attacked) < 5 * statistics.median(idle) + 0.02
    assert max(attacked) < 1.5, "a thread held by one of them would be missed for 2 s"


def test_each_unknown_method_on_each_route_is_refused(server, routes):
    pages = [("GET", path, None) for path in ("/", "/app.js", "/nothing", "/api/v1/nothing")]
    got = {(method[:10], path): server.request(method, path, server.bearer)
           for (_, path, _), method in itertools.product(routes + pages, METHODS)}

    assert {key: answer.status for key, answer in got.items() if answer.status != 405} == {}
    assert {answer.headers["allow"] for answer in got.values()} == {"GET, HEAD, POST" if server.token else "GET, HEAD"}


def test_each_route_is_served_by_its_own_method_alone(server, routes):
    for method, path, _ in routes:
        if method == "GET":
            refused = server.request("POST", path, server.bearer)
            assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD"), path
            assert server.request("HEAD", path, server.bearer).status in (200, 400, 404), path
        elif server.token:
            refused = server.get(path)
            assert (refused.status, refused.headers["allow"]) == (405, "POST"), path
        else:
            assert server.get(path).status == 404, path
            assert server.request("POST", path, "Authorization: Bearer guess\r\n").status == 405, path


def wrong_tokens(token: str) -> dict[str, str]:
    basic = base64.b64encode(f":{token}".encode()).decode()
    return {
        "missing": "",
        "wrong": "Authorization: Bearer guess\r\n",
        "empty": "Authorization:\r\n",
        "no token": "Authorization: Bearer\r\n",
        "beginning": f"Authorization: Bearer {token[:-1]}\r\n",
        "longer": f"Authorization: Bearer {token}x\r\n",
        "upper case": f"Authorization: Bearer {token.swapcase()}\r\n",
        "no scheme": f"Authorization: {token}\r\n",
        "Basic": f"Authorization: Basic {basic}\r\n",
        "two schemes": f"Authorization: Basic x, Bearer {token}\r\n",
        "cookie": f"Cookie: token={token}; mer-token={token}\r\n",
        "another header": f"X-Token: {token}\r\nProxy-Authorization: Bearer {token}\r\n",
    }


def test_what_needs_the_token_is_answered_to_no_other(server, routes):
    if not server.token:
        pytest.skip("no token: nothing here needs one")
    guarded = [(method, path) for method, path, operation in routes
               if operation["security"] and (method == "POST" or server.encrypted)]
    assert guarded
    for method, path in guarded:
        for name, headers in wrong_tokens(server.token).items():
            refused = server.request(method, path, headers)
            assert (refused.status, refused.headers["www-authenticate"]) == (401, "Bearer"), f"{name}: {method} {path}"
            assert refused.headers["cache-control"] == "no-store"
        assert server.request(method, f"{path}?token={server.token}").status == 401
        assert server.request(method, path, server.bearer + server.bearer).status == 400
        assert server.request(method, path, server.bearer + "Authorization: Bearer guess\r\n").status == 400


def test_what_needs_the_token_is_not_kept_by_a_browser(server, routes):
    for method, path, operation in routes:
        if method == "GET":
            kept = server.get(path).headers["cache-control"]
            never = (server.encrypted and operation["security"]) or STREAM in operation["responses"]["200"]["content"]
            assert kept == ("no-store" if never else "no-cache"), path


TRAVERSALS = ["/{}", "//{}", "/./{}", "/../{}", "/../store/{}", "/../../../..{}", "/%2e%2e/store/{}", "/..%2f..%2fstore%2f{}",
              "/%252e%252e/{}", "/..%5c..%5c{}", "/..\\{}", "/%c0%ae%c0%ae/{}", "/%e0%80%ae%e0%80%ae/{}", "/..%00/{}", "/{}%00.js",
              "/{}%00", "/app.js/../{}", "/app.js/..%2f{}", "/views/../../{}", "/static/../../{}", "/api/../{}", "/api/v1/{}",
              "/api/v1/sweeps/..%2f{}", "/api/v1/trials/..%2f{}", "/api/v1/trials/%2e%2e/{}", "/file:///{}", "/{}?", "/{}#",
              "/u%u002e%u002e/{}", "/%2f{}", "/%", "/%%", "/%zz{}", "/;/{}", "/~root/{}"]
FILES = ["mer.db", "endpoint.json", "logs/", "/etc/passwd"]


def test_paths_lead_to_no_file(server):
    for traversal, file in itertools.product(TRAVERSALS, [*FILES, f"{server.run.store}/mer.db"]):
        answer = server.get(traversal.format(file))
        assert answer.status in (400, 404), f"{traversal} {file}: {answer.body[:200]}"
        assert b"root:" not in answer.body


@pytest.mark.parametrize("file", ["../mer.db", "/etc/passwd", "a" * 63, "a" * 65, "A" * 64, "%2e%2e%2f" + "a" * 61, "a" * 63 + "%00"])
def test_a_submission_is_no_path(server, file):
    assert server.request("POST", f"/api/v1/submit?file={file}", server.bearer).status == (400 if server.token else 405)


INJECTED = ["%0d%0aSet-Cookie:%20a=b%0d%0a%0d%0a<script>", "%0aX:%20y", "%0d", "%00", "%ff%fe", "%c0%8d%c0%8a", "%u000d%u000aX:y",
            "%E5%98%8A%E5%98%8DX:y", "'%22><svg%20onload=alert(1)>", "=1%2B1", "%", "%1", "%u", "%u00"]


def test_no_value_gets_into_the_headers_or_out_of_the_json(server, routes):
    for method, path, operation in routes:
        names = [one["name"] for one in operation["parameters"] if one.get("in") == "query"]
        for name, value in itertools.product([*names, "unheard_of", "%0d%0aX"], INJECTED if names else INJECTED[:1]):
            answer = server.request(method, f"{path}?{name}={value}", server.bearer)
            if answer.headers["content-type"] == "application/json" and answer.body:
                json.loads(answer.body)  # parsed() has seen that no header was added
            else:
                assert b"<s" not in answer.body
    for value in INJECTED:
        for target in (f"/{value}", f"/api/v1/sweeps/{value}", f"/api/v1/trials/{value}", f"/api/v1/{value}"):
            assert server.get(target).status in (400, 404)


# --- TLS ---

@pytest.fixture
def encrypted(server):
    if not server.encrypted:
        pytest.skip("plain HTTP")
    return server


def test_the_port_of_https_answers_no_plain_http(encrypted):
    for sent in (encrypted.head("GET", "/healthz"), encrypted.head("GET", "/api/v1/sweeps", encrypted.bearer), "\x16\x03\x01"):
        with socket.create_connection(encrypted.address, timeout=20) as plain:
            plain.sendall(sent.encode())
            try:
                assert b"HTTP/1.1" not in plain.recv(65536)
            except ConnectionResetError:
                pass


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions_of_tls_are_refused(encrypted, version):
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = version
    with socket.create_connection(encrypted.address, timeout=20) as plain, pytest.raises((ssl.SSLError, ConnectionError)):
        old.wrap_socket(plain)


def test_weak_ciphers_are_refused(encrypted):
    weak = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    weak.check_hostname, weak.verify_mode = False, ssl.CERT_NONE
    weak.maximum_version = ssl.TLSVersion.TLSv1_2
    weak.set_ciphers("aNULL:eNULL:@SECLEVEL=0")
    with socket.create_connection(encrypted.address, timeout=20) as plain, pytest.raises((ssl.SSLError, ConnectionError)):
        weak.wrap_socket(plain)


def test_a_reused_session_still_needs_the_token(encrypted):
    first = encrypted.connect()
    first.sendall(encrypted.head("GET", "/api/v1/sweeps", encrypted.bearer).encode())
    while first.recv(65536):
        pass
    plain = socket.create_connection(encrypted.address, timeout=20)
    with encrypted.context.wrap_socket(plain, server_hostname=encrypted.address[0], session=first.session) as again:
        again.sendall(encrypted.head("GET", "/api/v1/sweeps").encode())
        received = b""
        while piece := again.recv(65536):
            received += piece

    assert parsed(received).status == 401
    first.close()
