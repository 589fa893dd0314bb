"""Layers: constructor, forward, backward. The phase protocol is in base.py; read linear.py next."""

from netcore.layers.base import Layer
from netcore.layers.linear import Linear
from netcore.layers.node import Input, Node
from netcore.layers.sequential import Sequential

__all__ = ["Input", "Layer", "Linear", "Node", "Sequential"]
