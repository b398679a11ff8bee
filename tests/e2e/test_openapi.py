"""The API's OpenAPI document is valid, and what the real programs answer is what it says."""
import copy
import http.server
import json
import os
import signal
import sqlite3
import ssl
import threading
import urllib.error
import urllib.request

import openapi_spec_validator
import pytest
from fake_slurm import wait_until
from jsonschema import Draft202012Validator
from mer_run import address_of_this_machine, sweep_of
from test_web import address_in

# What each route is asked, successfully; {trial} is replaced.
READS = {
    "/healthz": [""],
    "/api/v1/openapi.json": [""],
    "/api/v1/version": [""],
    "/api/v1/sweeps": ["", "?tag=none"],
    "/api/v1/sweeps/{sweep}": [""],
    "/api/v1/sweeps/{sweep}/trials": ["", "?state=done&offset=1&limit=2", "?tag=none"],
    "/api/v1/sweeps/{sweep}/results": ["", "?limit=1&offset=1"],
    "/api/v1/sweeps/{sweep}/comparison": ["?baseline=1", "?baseline=2&limit=1&offset=1"],
    "/api/v1/sweeps/{sweep}/utterances": ["", "?baseline=1", "?baseline=2&limit=1&offset=1"],
    "/api/v1/sweeps/{sweep}/confusion": ["?configuration=1"],
    "/api/v1/sweeps/{sweep}/audit": ["", "?offset=1&limit=1"],
    "/api/v1/sweeps/{sweep}/hyperparameters": [""],
    "/api/v1/sweeps/{sweep}/curves": ["", "?configurations=0,1"],
    "/api/v1/sweeps/{sweep}/timeline": ["", "?offset=1&limit=2"],
    "/api/v1/workers": [""],
    **{f"/api/v1/sweeps/{{sweep}}/{table}.{form}": queries for form in ("csv", "tex", "md") for table, queries in {
        "results": [""], "comparison": ["?baseline=1"], "utterances": ["", "?baseline=2"], "audit": [""]}.items()},
    "/api/v1/trials/{trial}": [""],
    "/api/v1/trials/{trial}/curve": [""],
    "/api/v1/trials/{trial}/log": ["", "?attempt=1&offset=3"],
    "/api/v1/trials/{trial}/representations": ["", "?components=3&utterances=5"],
}
STREAM = "/api/v1/events"
OF_A_COORDINATOR = {
    ("get", "/api/v1/trials/{trial}/explain"),
    ("post", "/api/v1/control/{verb}"),
    ("post", "/api/v1/submit"),
    ("post", "/api/v1/reader/{call}"),
}


class Api:
    """A server's API, whose every answer is held against the document."""

    def __init__(self, root: str, token: str = "", trusted: str | None = None):
        self.root, self.token = root.rstrip("/"), token
        self.context = trusted and ssl.create_default_context(cadata=trusted)
        self.document = json.loads(self.fetch("get", "/api/v1/openapi.json")[2])
        self.components = self.document["components"]

    def fetch(self, method, target, **headers):
        request = urllib.request.Request(self.root + target, method=method.upper(), headers=headers)
        if self.token and "Authorization" not in headers:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, context=self.context, timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.headers, refused.read()

    def resolved(self, node):
        while "$ref" in node:
            *_, kind, name = node["$ref"].split("/")
            node = self.components[kind][name]
        return node

    def check(self, method, path, target, status, **headers):
        """Asks `target` of the route at `path`, expects `status`, and that its answer is as documented."""
        got, sent, body = self.fetch(method, target, **headers)
        assert got == status, f"{method} {target}: {got} {body[:300]}"
        documented = self.resolved(self.document["paths"][path][method]["responses"][str(status)])
        if "content" not in documented:
            assert body == b""
            return sent, body
        [(media_type, media)] = documented["content"].items()
        assert sent.get_content_type() == media_type
        value = json.loads(body, parse_constant=pytest.fail) if media_type == "application/json" else body.decode("latin-1")
        self.validate(value, media["schema"], f"{method} {target}")
        return sent, value

    def validate(self, value, schema, what):
        schema = {**schema, "components": self.components}
        problems = [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"
                    for error in Draft202012Validator(schema).iter_errors(value)]
        assert problems == [], what

    def operations(self):
        return {(method, path): operation for path, item in self.document["paths"].items() for method, operation in item.items()}

    def query_parameters(self, method, path):
        parameters = self.document["paths"][path][method]["parameters"]
        return [one for one in map(self.resolved, parameters) if one["in"] == "query"]


def filled(path, trial, sweep=1, verb="pause", call="sweeps"):
    return path.format(trial=trial, sweep=sweep, verb=verb, call=call)


def joined(target, name, value):
    return f"{target}{'&' if '?' in target else '?'}{name}={value}"


@pytest.fixture(scope="module")
def served(undisturbed, tmp_path_factory):
    """`merctl serve` on a store with results."""
    run = copy.copy(undisturbed)
    run.log = tmp_path_factory.mktemp("served") / "merctl.log"  # the other's is read for its own address
    server = run.start("serve", "--port", 0)
    wait_until(lambda: address_in(run.log), "the address")
    yield Api(address_in(run.log))
    server.terminate()
    assert server.wait(10) == 0


@pytest.fixture(scope="module")
def trial(undisturbed):
    return undisturbed.query("SELECT id FROM trials ORDER BY trial")[0][0]


def test_the_document_is_valid(served):
    openapi_spec_validator.validate(served.document)
    for schema in served.components["schemas"].values():
        Draft202012Validator.check_schema(schema)
    text = json.dumps(served.document)
    for kind, entries in served.components.items():
        unused = [name for name in entries if kind != "securitySchemes" and f'"#/components/{kind}/{name}"' not in text]
        assert unused == [], kind


def test_every_route_has_a_case_here(served):
    assert set(served.operations()) == {("get", path) for path in [*READS, STREAM]} | OF_A_COORDINATOR


@pytest.mark.parametrize("path", READS)
def test_a_read_answers_as_documented(served, trial, path):
    for query in READS[path]:
        served.check("get", path, filled(path, trial) + query, 200)


@pytest.mark.parametrize("path", READS)
def test_every_word_of_a_parameter_is_taken_and_no_other(served, trial, path):
    target = filled(path, trial) + READS[path][0]
    for parameter in served.query_parameters("get", path):
        name = parameter["name"]
        for word in parameter["schema"].get("enum", []):
            served.check("get", path, joined(target, name, word), 200)
        if parameter["schema"].get("minLength") is None:
            served.check("get", path, joined(target, name, "other"), 400)
        if parameter["required"]:
            served.check("get", path, target.split("?")[0], 400)
    served.check("get", path, joined(target, "unheard_of", 1), 400)


@pytest.mark.parametrize("path", [path for path in READS if "{" in path])
def test_what_is_not_there_is_not_found(served, path):
    served.check("get", path, filled(path, "0" * 8, sweep=99) + READS[path][0], 404)


def test_an_unchanged_store_is_not_modified(served, trial):
    for path in READS:
        if "304" not in served.document["paths"][path]["get"]["responses"]:
            continue
        target = filled(path, trial) + READS[path][0]
        etag = served.fetch("get", target)[1]["ETag"]
        served.check("get", path, target, 304, **{"If-None-Match": etag})


def event_of(stream):
    """The next event: its name and its data; comments are left out."""
    fields = {}
    while "data" not in fields:
        name, _, value = stream.readline().decode().strip().partition(": ")
        fields[name] = value
    return fields["event"], json.loads(fields["data"])


def opened(api, after=""):
    stream = urllib.request.urlopen(f"{api.root}{STREAM}?after={after}", timeout=60)
    assert stream.headers.get_content_type() == "text/event-stream"
    return stream


def test_a_stream_without_a_cursor_begins_with_a_reset(served):
    with opened(served) as stream:
        name, data = event_of(stream)
    assert name == "reset"
    served.validate(data, served.components["schemas"]["Reset"], "events")
    served.check("get", STREAM, f"{STREAM}?unheard_of=1", 400)


def test_a_store_that_cannot_be_read_is_an_error_as_documented(mer, corpus):
    mer.run("submit", mer.write_sweep(sweep_of(corpus)))
    server = mer.start("serve", "--port", 0)
    wait_until(lambda: address_in(mer.log), "the address")
    api = Api(address_in(mer.log))

    with sqlite3.connect(mer.store / "mer.db") as database:
        database.execute("ALTER TABLE sweeps RENAME TO gone")
    api.check("get", "/api/v1/sweeps", "/api/v1/sweeps", 500)

    server.terminate()
    assert server.wait(10) == 0


@pytest.fixture
def coordinator(mer, corpus):
    """A run that goes on until it is stopped, and its API with its token."""
    sweep = sweep_of(corpus, name="long", train={"epochs": 100000, "learning_rate": 1e-6})
    merctl = mer.start("run", mer.write_sweep(sweep), "--workers", 1)
    wait_until(mer.epoch_rows, "the run trains")
    endpoint = json.loads((mer.store / "endpoint.json").read_text())
    yield Api(f"http://{endpoint['address']}:{endpoint['port']}", endpoint["token"])
    if merctl.poll() is None:
        os.killpg(merctl.pid, signal.SIGINT)
        merctl.wait(60)


def test_a_coordinator_answers_as_documented(coordinator, mer):
    explain, control = "/api/v1/trials/{trial}/explain", "/api/v1/control/{verb}"
    running, pending = (mer.query(f"SELECT id FROM trials WHERE state = '{state}'")[0][0] for state in ("running", "pending"))
    path_of_read = "/api/v1/reader/{call}"

    for trial in (running, pending):
        coordinator.check("get", explain, filled(explain, trial), 200)
        coordinator.check("get", "/api/v1/trials/{trial}", f"/api/v1/trials/{trial}", 200)
        coordinator.check("get", "/api/v1/trials/{trial}/curve", f"/api/v1/trials/{trial}/curve", 200)
    coordinator.check("get", explain, filled(explain, "0" * 8), 404)
    [worker] = coordinator.check("get", "/api/v1/workers", "/api/v1/workers", 200)[1]["workers"]
    assert [held["trial"] for held in worker["trials"]] == [running]
    assert {"cpu_cores", "memory_bytes", "gpu_memory_bytes", "gpu_percent"} < set(worker)
    coordinator.check("post", path_of_read, "/api/v1/reader/sweeps", 200)
    coordinator.check("post", path_of_read, "/api/v1/reader/nothing", 404)
    coordinator.check("post", "/api/v1/submit", "/api/v1/submit", 400)
    coordinator.check("post", "/api/v1/submit", "/api/v1/submit?file=x", 400)
    coordinator.check("post", control, "/api/v1/control/pause", 400)
    coordinator.check("post", control, "/api/v1/control/pause?target=nosuch", 404)
    coordinator.check("post", control, "/api/v1/control/explode?target=1", 404)
    coordinator.check("post", control, f"/api/v1/control/cancel?target={pending}", 200)
    for verb in coordinator.components["schemas"]["Verb"]["enum"]:
        if verb not in ("cancel", "pause"):  # they would end the run
            coordinator.check("post", control, f"/api/v1/control/{verb}?target=1&priority=3&note=two%0Alines&tags=a,b", 200)
    for method, path in OF_A_COORDINATOR:
        if method == "post":
            coordinator.check("post", path, filled(path, running), 401, Authorization="Bearer guess")


def test_a_worker_that_trains_tells_what_it_uses(coordinator):
    def worker():
        return coordinator.check("get", "/api/v1/workers", "/api/v1/workers", 200)[1]["workers"][0]

    wait_until(lambda: (worker()["cpu_cores"] or 0) > 0, "its trainer is measured")
    told = worker()
    assert told["cpu_cores"] < 4, "one trainer of one thread"
    assert 10e6 < told["memory_bytes"] < 10e9
    if told["device"] == "cpu":
        assert (told["gpu_memory_bytes"], told["gpu_percent"]) == (None, None)


def test_changes_are_told_as_documented(coordinator, mer):
    with opened(coordinator) as stream:
        assert event_of(stream)[0] == "reset"
        name, data = event_of(stream)
    assert name == "changes"
    coordinator.validate(data, coordinator.components["schemas"]["Changes"], "events")
    [running] = mer.query("SELECT id FROM trials WHERE state = 'running'")[0]
    assert running in [one["id"] for one in data["trials"]]


class Relay(http.server.BaseHTTPRequestHandler):
    """Passes a POST on to the coordinator, and keeps what that answers."""

    def do_POST(self):
        status, _, body = self.server.api.fetch("post", self.path, Authorization=self.headers["Authorization"])
        self.server.answers.append((self.path, status, body))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def relay(coordinator, mer):
    """Between merctl and the coordinator: endpoint.json leads to it."""
    server = http.server.HTTPServer(("127.0.0.1", 0), Relay)
    server.api, server.answers = coordinator, []
    file = mer.store / "endpoint.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"port": server.server_port}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_submission_answers_as_documented(relay, mer, corpus):
    submitted = mer.run("submit", mer.write_sweep(sweep_of(corpus, name="second"), "second.json"))
    assert submitted.returncode == 0, submitted.stderr

    [(_, status, body)] = [answer for answer in relay.answers if answer[0].startswith("/api/v1/submit?")]
    assert status == 200
    relay.api.validate(json.loads(body), relay.api.components["schemas"]["Submitted"], "submit")


def test_a_read_without_the_token_is_refused_as_documented(mer, corpus):
    address = address_of_this_machine()
    if address is None:
        pytest.skip("this machine has no address but its own loopback")
    mer.environment["MER_WEB_ADDRESS"] = address
    sweep = sweep_of(corpus, name="long", train={"epochs": 100000, "learning_rate": 1e-6})
    merctl = mer.start("run", mer.write_sweep(sweep), "--workers", 1)
    wait_until(mer.epoch_rows, "the run trains")
    endpoint = json.loads((mer.store / "endpoint.json").read_text())

    api = Api(f"https://{endpoint['address']}:{endpoint['port']}", trusted=endpoint["certificate"])
    for path in READS:
        refused = "401" in api.document["paths"][path]["get"]["responses"]
        api.check("get", path, filled(path, "0" * 8) + READS[path][0], 401 if refused else 200)

    os.killpg(merctl.pid, signal.SIGINT)
    merctl.wait(60)
