"""Every view's answers, for every kind of network, and for bad questions."""

import numpy as np
import pytest

import netcore as nc
from netcore import recipes
from netcore.analysis import receptive_field, top_patches
from netcore.recipes.images import Standardise

KINDS = {
    "image": "image", "mlp": "image", "resnet": "image", "rows": "image", "codes": "codes", "plane": "codes", "noise": "codes",
    "text": "gates", "gru": "gates", "plain": "gates", "series": None, "copy": None,
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_about(client, kind):
    told = client(kind).get("/api/run")
    assert told["views"] == [*([KINDS[kind]] if KINDS[kind] else []), "step", "training"]
    assert told["parameters"] > 0 and told["summary"]


# ---- view 1 -----------------------------------------------------------------------------------------------------------


def query(**asked):
    return "?" + "&".join(f"{name}={value}" for name, value in asked.items())


@pytest.mark.parametrize("kind", ["image", "mlp", "resnet", "rows"])
def test_a_picture_through_all_layers(client, runs, kind):
    asked = client(kind)
    found = asked.get("/api/example?index=3")
    data = nc.data.load("digits", split="test")
    assert np.array_equal(found["pixels"], data.x[3]) and found["label"] == data.y[3]
    body = found["pixels"].astype("<f4").tobytes()
    told = asked.post("/api/image", body)
    _, facts, net = recipes.open_run(runs(kind))
    scores = net.forward(Standardise(facts["mean"], facts["std"])(data.x[3:4]))[0].astype(np.float64)
    expected = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
    assert np.allclose(told["probabilities"], expected, atol=1e-6)
    assert np.allclose(told["layers"][-1]["maps"].ravel(), scores, atol=1e-5)
    for layer in told["layers"]:
        assert layer["maps"].ndim == 3 and len(layer["maps"]) == min(layer["units"], 256)
        one = asked.post("/api/unit" + query(layer=layer["name"], unit=len(layer["maps"]) - 1), body)
        assert np.array_equal(one["map"], layer["maps"][-1]) and one["value"] == pytest.approx(float(one["map"].max()))
        assert len(one["patches"]) == 9 and (np.diff(one["values"]) <= 0).all()


def test_a_unit_is_what_the_tools_of_analysis_say(client, runs):
    asked = client("image")
    body = asked.get("/api/example")["pixels"].astype("<f4").tobytes()
    told = asked.post("/api/unit?layer=4&unit=2", body)  # the ReLU behind the second convolution
    _, facts, net = recipes.open_run(runs("image"))
    assert told["filter_of"] == "3" and np.array_equal(told["filter"], net[3].weight.data[2])
    assert tuple(told["box"]) == receptive_field(net, "4").box(told["row"], told["column"]) and told["whole"] is None
    images = Standardise(facts["mean"], facts["std"])(nc.data.load("digits", split="test").x[:300])
    assert np.allclose(told["values"], top_patches(net, images, "4", 2).values)
    linear = asked.post("/api/unit?layer=7&unit=2", body)
    assert linear["whole"] == "This unit sees the whole picture." and linear["filter"].shape == (8, 2, 2)


def test_a_unit_behind_a_shortcut_has_its_receptive_field(client, runs):
    """A residual network is a graph: its units slide like others, up to the pooling over the whole picture."""
    asked = client("resnet")
    net = recipes.open_run(runs("resnet"))[2]
    body = asked.get("/api/example")["pixels"].astype("<f4").tobytes()
    layers = {layer["kind"]: layer["name"] for layer in asked.post("/api/image", body)["layers"]}  # the last of each kind
    told = asked.post("/api/unit" + query(layer=layers["Add"], unit=1), body)
    box = receptive_field(net, layers["Add"]).box(told["row"], told["column"])
    assert tuple(told["box"]) == box and told["whole"] is None and told["patches"].shape[2:] == (box[1] - box[0], box[3] - box[2])
    assert asked.post("/api/unit" + query(layer=layers["AdaptiveAvgPool2d"], unit=1), body)["whole"] == "This unit sees the whole picture."


def test_bad_pictures(client):
    asked, image = client("image"), np.zeros((1, 8, 8), "<f4").tobytes()
    assert "has 256 bytes, got 8" in asked.error("/api/image", b"12345678")
    assert "not finite" in asked.error("/api/image", np.full(64, np.nan, "<f4").tobytes())
    assert "index must be a whole number" in asked.error("/api/example?index=99999")
    assert "index must be a whole number" in asked.error("/api/example?index=-1")
    assert "no layer is called '<b>'" in asked.error("/api/unit?layer=%3Cb%3E&unit=0", image)
    assert "unit must be a whole number in 0..3" in asked.error("/api/unit?layer=0&unit=4", image)
    assert "a text of at most" in asked.error("/api/unit?unit=0", image)
    bright = asked.post("/api/image", np.full(64, 1e30, "<f4").tobytes())
    assert np.isfinite(bright["probabilities"]).all()


def test_a_view_of_another_kind_of_network_is_no_crash(client):
    for kind, path, body in (
        ("text", "/api/example", None), ("series", "/api/image", b""), ("image", "/api/gates", {"text": "a"}), ("image", "/api/codes", None),
    ):  # fmt: skip
        assert "has no view" in client(kind).error(path, body)


# ---- view 2 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["codes", "plane", "noise"])
def test_a_point_of_the_code_plane(client, runs, kind):
    asked = client(kind)
    recipe, _, net = recipes.open_run(runs(kind))
    told = asked.get("/api/codes")
    images, size = nc.data.load("digits", split="test").x[: len(told["labels"])], told["size"]
    code = nc.analysis.features(net, images, "latent" if kind == "plane" else "encoder")
    assert told["points"].shape == (recipe.limit, 2) and code.shape[1] == size
    assert np.array_equal(told["points"], code) if size == 2 else 0 < told["share"] <= 1
    u, v = map(float, told["points"][7])
    found = asked.post("/api/decode", {"u": u, "v": v, "base": 7})  # a test image's own point, the rest as in its own code
    assert np.allclose(code[found["nearest"]], code[7], atol=1e-4) and np.allclose(found["code"], code[7], atol=1e-4)
    expected = recipe.task(net).pixels(net[-1].forward(code[7:8]))[0]
    assert np.allclose(found["image"], expected, atol=1e-4) and np.array_equal(found["base_image"], images[7])
    one = asked.post("/api/decode", {"plane": "two", "first": 0, "second": size - 1, "u": 0.5, "v": -0.25, "base": None})
    assert one["code"][0] == 0.5 and one["code"][-1] == -0.25
    if size > 2:
        assert np.allclose(one["code"][1:-1], code.mean(axis=0)[1:-1], atol=1e-5)


def test_bad_points(client):
    asked = client("codes")
    here = {"u": 0, "v": 0}
    for bad in ({}, {"u": 1}, here | {"u": "1"}, here | {"u": True}, here | {"u": 1e9}, here | {"base": 5000}, here | {"base": "x"}):
        assert "must be" in asked.error("/api/decode", bad)
    assert "first must be" in asked.error("/api/codes?plane=two&first=5&second=0")
    assert "must be a JSON object" in asked.error("/api/decode", [1])


# ---- view 3 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["text", "gru", "plain"])
def test_gates_over_a_text(client, runs, kind):
    asked = client(kind)
    told = asked.post("/api/gates", {"text": "her youth\u2603", "layer": 1})
    _, facts, net = recipes.open_run(runs(kind))
    tokens = nc.data.Vocabulary(facts["symbols"]).encode("her youth")[None]
    logits, _ = net.forward(tokens)
    shares = np.exp(logits[0] - logits[0].max(axis=1, keepdims=True))
    assert np.allclose(told["probabilities"], shares / shares.sum(axis=1, keepdims=True), atol=1e-5)
    assert told["text"] == "her youth" and told["left_out"] == "\u2603" and told["layers"] == 2
    trace = nc.analysis.gate_trace(net.rnn, net.embedding.forward(tokens)[0], 1)
    assert told["gates"].keys() == trace.keys()
    for name, values in told["gates"].items():
        assert np.allclose(values, trace[name][:, told["units"]], atol=1e-6), name


def test_odd_texts(client):
    asked = client("text")
    assert asked.post("/api/gates", {"text": ""})["text"] == "\n"
    assert asked.post("/api/gates", {"text": "日本\U0001f600\ud800"})["text"] == "\n"
    assert "at most 400 characters" in asked.error("/api/gates", {"text": "a" * 401})
    assert "text must be" in asked.error("/api/gates", {"text": 3})
    assert "layer must be" in asked.error("/api/gates", {"text": "a", "layer": 2})


# ---- view 4 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_one_training_step(client, kind):
    told = client(kind).get("/api/step")
    events = told["events"]
    forward = [event for event in events if event["phase"] == "forward"]
    back = [event for event in events if event["phase"] in ("backward", "dropped")]
    assert sorted(event["layer"] for event in forward) == sorted(event["layer"] for event in back)
    assert sum(event["cache"] for event in forward) == -sum(event["cache"] for event in back) > 0
    assert events[-1]["phase"] == "update" and events[-1]["pending"] == 0 and back[-1]["held"] == 0
    assert max(event["pending"] for event in events) == len(forward)
    loss = next(event for event in events if event["phase"] == "loss")
    assert np.isfinite(loss["value"]) and events[-1]["loss_after"] < events[-1]["loss_before"]
    assert any(part["by"] > 0 for part in events[-1]["parameters"])
    assert client(kind).get("/api/step")["events"] == events, "the same step every time"


def test_a_step_leaves_the_network_as_it_was(runs, client):
    net = client("image").server.session.net
    before = net.state_dict()
    random = nc.default_rng().bit_generator.state
    client("image").get("/api/step")
    assert all(np.array_equal(before[name], value) for name, value in net.state_dict().items())
    assert not net.training and all(not layer.pending for layer in net.layers())
    assert nc.default_rng().bit_generator.state == random


# ---- view 5 -----------------------------------------------------------------------------------------------------------


def test_curves_and_filters(client, runs):
    told = client("image").get("/api/training")
    assert told["state"] == "finished" and [row["epoch"] for row in told["history"]] == [1, 2, 3]
    assert told["metric"] == {"name": "accuracy", "label": "accuracy", "share": True} and told["losses"].shape == (0, 2)
    _, _, net = recipes.open_run(runs("image"))
    assert np.array_equal(told["filters"], net[0].weight.data)
    assert client("mlp").get("/api/training")["filters"].shape[1:] == (1, 8, 8)
    assert client("text").get("/api/training")["filters"] is None
