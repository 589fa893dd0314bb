"""nc.debug(): tickets, altered caches, replaced passes, the first array that is not finite."""

import io
import os
import subprocess
import sys

import numpy as np
import pytest

import netcore as nc


def net_and_input():
    return nc.Sequential(conv1=nc.Conv2d(1, 2, 3), act=nc.ReLU()), np.ones((1, 1, 5, 5), np.float32)


def test_every_forward_gets_a_ticket_and_its_backward_names_it():
    net, x = net_and_input()
    told = io.StringIO()
    with nc.debug(stream=told):
        net.backward(net.forward(x))
    lines = told.getvalue().splitlines()
    assert lines[0].startswith("#1 forward   Conv2d 'conv1'   (1, 1, 5, 5) -> (1, 2, 3, 3)")
    assert "test_narration.py:" in lines[0]
    assert lines[-2].startswith("#1 backward  Conv2d 'conv1'")
    told.truncate(0)
    net.forward(x)
    assert not told.getvalue().strip("\0")


def test_a_replaced_cache_is_explained_with_both_tickets_and_the_line():
    net, x = net_and_input()
    with nc.debug(verbose=False):
        first = net.forward(x)
        second = net.forward(x)
        net.backward(second)
        line = r"test_narration.py:\d+"
        with pytest.raises(nc.PhaseError, match=f"wants forward #3 of {line}, but forward #6 replaced its cache at {line}"):
            net.backward(first)


def test_an_altered_cache_is_found():
    net, x = net_and_input()
    with nc.debug(verbose=False):
        y = net.forward(x)
        x[0, 0, 0, 0] = 9
        with pytest.raises(nc.PhaseError, match="Conv2d 'conv1': the cached array x was altered after forward #1"):
            net.backward(y)


def test_the_first_array_that_is_not_finite_is_named_once():
    net, x = net_and_input()
    net["conv1"].weight.data[1, 0, 0, 0] = np.inf
    told = io.StringIO()
    with nc.debug(verbose=False, stream=told):
        net.forward(x)
    assert told.getvalue().count("\n") == 1
    assert "the output of Conv2d 'conv1' in forward #1: inf at (0, 1, 0, 0)" in told.getvalue()


def test_first_nonfinite_names_layer_or_parameter():
    from netcore.nonfinite import first_nonfinite

    net, x = net_and_input()
    assert first_nonfinite(net, x) is None
    net["conv1"].bias.data[0] = np.nan
    assert first_nonfinite(net, x) == "parameter 'conv1.bias', which Conv2d 'conv1' multiplies with"
    assert first_nonfinite(net, x * np.nan) == "the input itself"
    assert net.training


def test_environment_variable():
    code = "import numpy as np, netcore as nc; nc.ReLU().forward(np.ones(2))"
    done = subprocess.run([sys.executable, "-c", code], env=os.environ | {"NETCORE_DEBUG": "1"}, capture_output=True, text=True, check=True)
    assert done.stderr.startswith("#1 forward   ReLU")


def test_first_nonfinite_leaves_modes_and_caches():
    from netcore.nonfinite import first_nonfinite

    net = nc.Sequential(nc.Linear(3, 3), nc.BatchNorm1d(3), nc.Linear(3, 3))
    y = net.forward(np.eye(3, dtype=np.float32))
    net[1].eval()
    assert first_nonfinite(net, np.eye(3, dtype=np.float32)) is None
    assert [layer.training for layer in net] == [True, False, True]
    assert net.pending == 1
    net[1].train()
    assert net.backward(y).shape == (3, 3)
