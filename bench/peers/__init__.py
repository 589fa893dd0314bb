"""The engines that are measured, one file each: `Peer(row)` with `step()`, `infer()`, `loss()`, `parameters()`, and `versions()`."""

NAMES = ("netcore", "torch", "torch-compile", "jax")
LIBRARY = {"netcore": "netcore", "torch": "torch", "torch-compile": "torch", "jax": "jax"}
