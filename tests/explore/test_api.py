"""Every view's answers, for every kind of network, and for bad questions."""

import numpy as np
import pytest

import netcore as nc
from netcore import recipes
from netcore.analysis import receptive_field, top_patches
from netcore.recipes.images import Standardise

KINDS = {
    "image": "image", "mlp": "image", "resnet": "image", "rows": "image", "codes": "codes", "plane": "codes", "noise": "codes",
    "text": "gates", "gru": "gates", "series": None,
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
