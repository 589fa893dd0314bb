"""Small runs of every kind of network, a server over them, and a headless Chromium where one is installed."""

import json
import shutil
import struct
import urllib.error
import urllib.request

import numpy as np
import pytest

import netcore as nc
from netcore import recipes
from netcore.explore import open_session, serve

RUNS = {
    "image": ("lenet", {"data": "digits", "epochs": 3, "limit": 600, "filters": 4, "hidden": 16}),
    "mlp": ("mlp", {"epochs": 1, "limit": 100}),
    "resnet": ("resnet", {"data": "digits", "epochs": 1, "limit": 60, "width": 4}),
    "rows": ("row-lstm", {"data": "digits", "epochs": 1, "limit": 60, "hidden": 8}),
    "codes": ("conv-autoencoder", {"data": "digits", "epochs": 1, "limit": 200, "code": 5, "filters": 4}),
    "plane": ("vae", {"data": "digits", "epochs": 2, "limit": 200, "code": 2, "hidden": 16}),
    "noise": ("denoising", {"data": "digits", "epochs": 1, "limit": 60, "code": 4, "hidden": 8}),
    "text": ("char-lstm", {"epochs": 1, "limit": 3000, "hidden": 16}),
    "gru": ("char-gru", {"epochs": 1, "limit": 3000, "hidden": 16}),
    "plain": ("char-rnn", {"epochs": 1, "limit": 3000, "hidden": 16}),
    "copy": ("copy", {"epochs": 1, "limit": 60, "lag": 3, "hidden": 6}),
    "series": ("series-lstm", {"epochs": 1, "hidden": 4}),
}


@pytest.fixture(autouse=True)
def one_thread():
    before = nc.get_num_threads()
    nc.set_num_threads(1)
    yield
    nc.set_num_threads(before)


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """Folders of runs, each made when it is first asked for."""
    base, made = tmp_path_factory.mktemp("explored"), {}

    def folder(kind):
        if kind not in made:
            name, options = RUNS[kind]
            recipes.train(recipes.get(name, **options), base / kind)
            made[kind] = base / kind
        return made[kind]

    return folder


class Client:
    """What a page asks, without a browser: `get` and `post` unpack the answer as static/api.js does."""

    def __init__(self, server):
        self.server = server

    def raw(self, path, body=None, headers=None):
        """(status, headers, content)."""
        kind = {"Content-Type": "application/octet-stream" if isinstance(body, bytes) else "application/json"} if body is not None else {}
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.server.url.rstrip("/") + path, content, kind | (headers or {}))
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                return reply.status, reply.headers, reply.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def get(self, path, body=None):
        status, _, content = self.raw(path, body)
        assert status == 200, content
        (length,) = struct.unpack_from("<I", content)
        return arrays(json.loads(content[4 : 4 + length]), content[4 + length :])

    post = get

    def error(self, path, body=None, status=400):
        found, _, content = self.raw(path, body)
        assert found == status, content
        return json.loads(content)["error"]


def arrays(value, content):
    if isinstance(value, list):
        return [arrays(part, content) for part in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"dtype", "shape", "at"}:
        dtype = {"f": "<f4", "i": "<i4"}[value["dtype"]]
        return np.frombuffer(content, dtype, int(np.prod(value["shape"])), value["at"]).reshape(value["shape"])
    return {key: arrays(part, content) for key, part in value.items()}


@pytest.fixture(scope="session")
def client(runs):
    """A client of a server over the run of a kind; the servers end with the tests."""
    open_clients = {}

    def made(kind):
        if kind not in open_clients:
            open_clients[kind] = Client(serve(open_session(runs(kind))))
        return open_clients[kind]

    yield made
    for one in open_clients.values():
        one.server.stop()
        assert not one.server.thread.is_alive()


# ---- a browser --------------------------------------------------------------------------------------------------------

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    pytest.importorskip("selenium", reason="drives Chromium")
    paths = shutil.which("chromium") or shutil.which("chromium-browser"), shutil.which("chromedriver")
    if None in paths:
        pytest.skip("no chromium and chromedriver on this machine (Debian: apt-get install chromium chromium-driver)")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = paths[0]
    for flag in (*FLAGS.split(), f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(paths[1]))
    driver.set_script_timeout(20)
    yield driver
    driver.quit()


@pytest.fixture
def page(chromium):
    """A page of a fresh start; every message on its console is a failure."""
    from tests.explore.page import Page

    made = Page(chromium)
    yield made
    made.close()
