"""Optimisers and schedules against PyTorch: fifty steps with every option, a hundred learning rates."""

import math

import numpy as np
import pytest

import netcore as nc
from tests.support import rel_error

torch = pytest.importorskip("torch", reason="PyTorch is the oracle of these tests; install the extra test-oracle")

LIMIT = {np.float32: 2e-5, np.float64: 1e-12}
SHAPES = [(3, 5), (1,), (17,), (2, 3, 4), (33,), ()]
OPTIONS = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.05}),
    ("SGD", {"lr": 0.05, "momentum": 0.9}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.05, "momentum": 0.8, "nesterov": True}),
    ("SGD", {"lr": 0.05, "momentum": 0.8, "nesterov": True, "weight_decay": 0.1}),
    ("Adam", {}),
    ("Adam", {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-4}),
    ("Adam", {"lr": 0.01, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.01, "amsgrad": True}),
    ("Adam", {"lr": 0.01, "amsgrad": True, "weight_decay": 0.02, "betas": (0.5, 0.6)}),
    ("Adam", {"lr": 0.01, "betas": (0.0, 0.9)}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.01, "weight_decay": 0.2}),
    ("AdamW", {"lr": 0.01, "amsgrad": True, "weight_decay": 0}),
    ("RMSprop", {}),
    ("RMSprop", {"alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1}),
    ("RMSprop", {"momentum": 0.7}),
    ("RMSprop", {"centered": True}),
    ("RMSprop", {"momentum": 0.5, "centered": True, "weight_decay": 0.01, "lr": 1e-3}),
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.05}),
    ("Adagrad", {"lr": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.3, "eps": 1e-5}),
]


def pairs(rng, dtype):
    """The same random parameters for both."""
    values = [np.asarray(rng.standard_normal(shape), dtype) for shape in SHAPES]
    return [nc.Parameter(v.copy()) for v in values], [torch.nn.Parameter(torch.tensor(v)) for v in values]


def flat(arrays):
    return np.concatenate([a.reshape(-1) for a in arrays])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "options"), OPTIONS, ids=str)
def test_fifty_steps(name, options, dtype):
    rng = np.random.default_rng(len(str(options)))
    ours, theirs = pairs(rng, dtype)
    optimizer, oracle = getattr(nc, name)(ours, **options), getattr(torch.optim, name)(theirs, **options)
    for step in range(50):
        for i, (p, q) in enumerate(zip(ours, theirs, strict=True)):
            # some get no gradient now and then; their clocks stand still
            p.grad = np.asarray(rng.standard_normal(p.shape), dtype) if (step + i) % 7 else None
            q.grad = None if p.grad is None else torch.tensor(p.grad)
        optimizer.step()
        oracle.step()
        if step == 25:  # the state is put away and taken out again
            saved = optimizer.state_dict()
            optimizer = getattr(nc, name)(ours, lr=9.0)
            optimizer.load_state_dict(saved)
    assert all(p.data.dtype == dtype for p in ours)
    assert rel_error(flat([p.data for p in ours]), flat([q.detach().numpy() for q in theirs])) <= LIMIT[dtype]


SCHEDULES = [
    ("StepLR", "StepLR", {"step_size": 7, "gamma": 0.5}),
    ("StepLR", "StepLR", {"step_size": 30}),
    ("ExponentialLR", "ExponentialLR", {"gamma": 0.93}),
    ("CosineAnnealingLR", "CosineAnnealingLR", {"T_max": 100}),
    ("CosineAnnealingLR", "CosineAnnealingLR", {"T_max": 33, "eta_min": 0.01}),
    ("OneCycleLR", "OneCycleLR", {"max_lr": 0.5, "total_steps": 101}),
    ("OneCycleLR", "OneCycleLR", {"max_lr": 0.5, "total_steps": 110, "pct_start": 0.1, "div_factor": 5.0, "final_div_factor": 100.0}),
    ("LinearWarmup", "LinearLR", {"total_iters": 10}),
    ("LinearWarmup", "LinearLR", {"total_iters": 40, "start_factor": 0.01}),
]


@pytest.mark.parametrize(("name", "theirs", "options"), SCHEDULES, ids=str)
def test_hundred_rates(name, theirs, options):
    optimizer = nc.SGD([nc.Parameter(np.zeros(1))], lr=0.3)
    oracle = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)
    more = {"cycle_momentum": False} if name == "OneCycleLR" else {}
    ours, theirs = getattr(nc, name)(optimizer, **options), getattr(torch.optim.lr_scheduler, theirs)(oracle, **options, **more)
    for step in range(100):
        assert math.isclose(optimizer.lr, oracle.param_groups[0]["lr"], rel_tol=1e-12, abs_tol=1e-15), step
        optimizer.step(), oracle.step()
        ours.step(), theirs.step()
        if step == 50:
            saved = ours.state_dict()
            optimizer.lr = 0.3
            ours = getattr(nc, name)(optimizer, **options)
            ours.load_state_dict(saved)


PLATEAUS = [{"patience": 3}, {"patience": 0, "factor": 0.9, "cooldown": 4}, {"patience": 2, "min_lr": 0.05, "threshold": 0.1}]


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("threshold_mode", ["rel", "abs"])
@pytest.mark.parametrize("options", PLATEAUS)
@pytest.mark.parametrize("offset", [2.0, -2.0])
def test_plateau(mode, threshold_mode, options, offset):
    rng = np.random.default_rng(1)
    optimizer = nc.SGD([nc.Parameter(np.zeros(1))], lr=0.3)
    oracle = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)
    ours = nc.ReduceLROnPlateau(optimizer, mode, threshold_mode=threshold_mode, **options)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(oracle, mode, threshold_mode=threshold_mode, **options)
    for step in range(100):
        metric = offset + math.exp(-step / 20) * (1 if mode == "min" else -1) + 0.05 * rng.standard_normal()
        ours.step(metric), theirs.step(metric)
        assert math.isclose(optimizer.lr, oracle.param_groups[0]["lr"], rel_tol=1e-12), step
        if step == 40:
            saved = ours.state_dict()
            ours = nc.ReduceLROnPlateau(optimizer, mode, threshold_mode=threshold_mode, **options)
            ours.load_state_dict(saved)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("max_norm", [0.1, 5.0, 1e3])
def test_clipping(max_norm, dtype):
    rng = np.random.default_rng(2)
    ours, theirs = pairs(rng, dtype)
    for by_value in (False, True):
        for p, q in zip(ours[1:], theirs[1:], strict=True):
            p.grad = np.asarray(3 * rng.standard_normal(p.shape), dtype)
            q.grad = torch.tensor(p.grad)
        if by_value:
            nc.clip_grad_value(ours, max_norm)
            torch.nn.utils.clip_grad_value_(theirs, max_norm)
        else:
            expected = float(torch.nn.utils.clip_grad_norm_(theirs, max_norm))
            assert math.isclose(nc.clip_grad_norm(ours, max_norm), expected, rel_tol=1e-6 if dtype is np.float32 else 1e-14)
        for p, q in zip(ours[1:], theirs[1:], strict=True):
            assert rel_error(p.grad, q.grad.numpy()) <= (1e-6 if dtype is np.float32 else 1e-14)
    assert ours[0].grad is None
