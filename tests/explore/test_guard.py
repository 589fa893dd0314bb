"""Who may ask the server, and what it makes of bad questions."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import netcore as nc
from netcore.errors import ArgumentError, CheckpointError
from netcore.explore import Broken, open_session, serve, server
from netcore.explore.guard import LIMIT
from netcore.explore.wire import pack
from tests.explore.conftest import Client


def status(client, method="GET", path="/", body=None, **headers):
    """Of a request with exactly these headers."""
    connection = http.client.HTTPConnection("127.0.0.1", client.server.port, timeout=10)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            for one in value if isinstance(value, list) else [value]:
                connection.putheader(name.replace("_", "-"), one)
        connection.endheaders(body)
        reply = connection.getresponse()
        reply.read()
        return reply.status
    finally:
        connection.close()


def test_only_its_own_name_is_answered(client):
    one = client("mlp")
    port = one.server.port
    assert status(one, Host=f"127.0.0.1:{port}") == status(one, Host=f"localhost:{port}") == 200
    for host in (f"evil.example:{port}", "127.0.0.1", f"127.0.0.1:{port + 1}", f"127.0.0.1:{port}.evil.example", "", f"[::1]:{port}"):
        assert status(one, Host=host) == 421, host
    assert status(one, Host=[f"127.0.0.1:{port}", "evil.example"]) in (400, 421)


def test_other_origins_are_refused(client):
    one = client("mlp")
    own = f"127.0.0.1:{one.server.port}"
    assert status(one, path="/api/run", Host=own, Origin=f"http://{own}") == 200
    for origin in ("http://evil.example", "null", f"https://{own}", f"http://127.0.0.1:{one.server.port + 1}"):
        assert status(one, path="/api/run", Host=own, Origin=origin) == 403, origin
    assert status(one, path="/api/run", Host=own, Sec_Fetch_Site="cross-site") == 403
    assert status(one, path="/", Host=own, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate") == 200  # a link leads here


def test_bodies(client):
    one = client("mlp")
    own, path = f"127.0.0.1:{one.server.port}", "/api/image"
    kind = {"Content_Type": "application/octet-stream"}
    image = np.zeros((1, 8, 8), "<f4").tobytes()
    assert status(one, "POST", path, image, Host=own, Content_Length="256", **kind) == 200
    assert status(one, "POST", path, image, Host=own, Content_Length="256", Content_Type="text/plain") == 415
    assert status(one, "POST", path, image, Host=own, Content_Length="256", Sec_Fetch_Site="same-origin", **kind) == 403
    assert status(one, "POST", path, b"", Host=own, **kind) == 411
    assert status(one, "POST", path, b"", Host=own, Transfer_Encoding="chunked", **kind) == 411
    assert status(one, "POST", path, b"", Host=own, Content_Length=str(LIMIT + 1), **kind) == 413
    assert status(one, "PUT", path, b"", Host=own) == status(one, "OPTIONS", path, Host=own) == 405


def test_listens_on_loopback_alone(client):
    listening = Path("/proc/net/tcp").read_text() if Path("/proc/net/tcp").exists() else ""
    port = f":{client('mlp').server.port:04X}"
    addresses = {line.split()[1] for line in listening.splitlines()[1:] if line.split()[1].endswith(port) and line.split()[3] == "0A"}
    assert addresses in ({f"0100007F{port}"}, set())


STRAY = ["/static/../server.py", "/static/%2e%2e/server.py", "/static/..%2fserver.py", "/static/", "/config.json", "/api/none"]


@pytest.mark.parametrize("path", STRAY)
def test_no_path_leads_to_other_files(client, path):
    one = client("mlp")
    assert status(one, path=path, Host=f"127.0.0.1:{one.server.port}") == 404


def test_headers_and_static_files(client):
    for name, (kind, content) in server.static_files().items():
        found, headers, body = client("mlp").raw("/" if name == "index.html" else f"/static/{name}")
        assert found == 200 and body == content and headers["Content-Type"].startswith(kind.split(";")[0])
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'") and "unsafe" not in policy and "*" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"


def test_the_page_needs_nothing_from_elsewhere_and_writes_no_markup_from_data():
    for name, (_, content) in server.static_files().items():
        text = content.decode().replace("http://www.w3.org/2000/svg", "")
        for word in ("http://", "https://", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "style="):
            assert word not in text, f"{name} has {word}"


def test_wire_keeps_shapes_and_has_a_word_for_what_is_not_finite():
    packed = pack({"a": np.arange(6).reshape(2, 3), "b": [np.float64(0.5), float("nan"), True, None, "ü"]})
    length = int.from_bytes(packed[:4], "little")
    told = json.loads(packed[4 : 4 + length])
    assert told == {"a": {"dtype": "i", "shape": [2, 3], "at": 0}, "b": [0.5, None, True, None, "ü"]}
    assert length % 4 == 0 and packed[4 + length :] == np.arange(6, dtype="<i4").tobytes()


# ---- folders that are no runs, or broken ones -------------------------------------------------------------------------


def spoil(folder, kind):
    if kind == "no config":
        (folder / "config.json").unlink()
    elif kind == "torn config":
        (folder / "config.json").write_text('{"recipe": "ml')
    elif kind == "no weights":
        shutil.rmtree(folder / "checkpoints")
        (folder / "model.safetensors").unlink()
    elif kind == "damaged weights":
        (folder / "model.safetensors").write_bytes(b"\x08" + bytes(40))
    else:
        config = json.loads((folder / "config.json").read_text())
        if kind == "facts":
            config["facts"] = {"shape": "none", "classes": 3}
        config |= {"unknown recipe": {"recipe": "<b>nothing</b>"}, "options": {"options": {"hidden": -3}}}.get(kind, {})
        (folder / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize("kind", ["no config", "torn config", "no weights", "damaged weights", "unknown recipe", "options", "facts"])
def test_a_broken_run_gives_a_clear_page_and_can_be_mended(runs, tmp_path, kind):
    folder = tmp_path / "run"
    shutil.copytree(runs("mlp"), folder)
    spoil(folder, kind)
    session = open_session(folder)
    assert isinstance(session, Broken) and str(folder) in session.why
    with serve(session) as one:
        asked = Client(one)
        told = asked.get("/api/run")
        assert told["views"] == [] and told["broken"] == session.why
        assert asked.error("/api/example", status=409) == session.why
        shutil.rmtree(folder)
        shutil.copytree(runs("mlp"), folder)
        assert asked.get("/api/run")["views"] == ["image", "step", "training"]


def test_without_its_data_a_run_can_still_be_looked_at(runs, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(runs("mlp"), folder)
    config = json.loads((folder / "config.json").read_text())
    config["options"]["data"] = "mnist"
    (folder / "config.json").write_text(json.dumps(config))
    with serve(open_session(folder, tmp_path)) as one:
        asked, image = Client(one), np.zeros((1, 8, 8), "<f4").tobytes()
        told = asked.get("/api/example")
        assert told["count"] == 0 and "mnist" in told["why"]
        assert len(asked.post("/api/image", image)["layers"]) > 1
        unit = asked.post("/api/unit?layer=1&unit=0", image)
        assert unit["patches"] is None and "mnist" in unit["why"] and unit["filter"].shape == (1, 8, 8)
        assert "mnist" in asked.error("/api/step")


def test_no_folder_and_no_port(tmp_path, client):
    with pytest.raises(CheckpointError, match="there is no folder"):
        open_session(tmp_path / "none")
    with pytest.raises(ArgumentError, match="cannot listen on port"):
        serve(Broken(tmp_path, None, ""), client("mlp").server.port)


def test_command(runs, tmp_path):
    """The real command: says where it is, answers, ends on Ctrl-C, leaves the port."""
    environment = os.environ | {"PYTHONPATH": str(Path(nc.__file__).parents[1]), "PYTHONUNBUFFERED": "1"}
    code = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); from netcore.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", code, "explore", str(runs("mlp")), "--no-browser", "--threads", "1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        line = process.stdout.readline()
        port = int(line.split("http://127.0.0.1:")[1].split("/")[0])
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            pass
        process.send_signal(2)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 0 and err == "ended\n"
    finally:
        process.kill()
        process.wait()
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), timeout=5):
        pass


def test_without_the_extra_there_is_a_clear_error(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(ArgumentError, match=r"the explorer needs uvicorn; install it with: pip install 'netcore-nn\[explore\]'"):
        serve(Broken(tmp_path, None, ""))
