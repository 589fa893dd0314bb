"""What containers share: a top-level forward starts a new pass, and gradients are only computed where they are needed."""

from typing import Any

from netcore.layers.base import Layer


class Network(Layer):
    """A layer made of layers. Called by the user it is the top level; called by another container it is a part."""

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """Start a new pass: what an earlier pass left unconsumed is dropped, so a loop that only runs forward never grows."""
        self.reset()
        return self._run_forward(*inputs, **options)

    @staticmethod
    def trainable(layer: Layer) -> bool:
        """Whether a backward phase through this layer has parameters to give gradients to."""
        if any(parameter.requires_grad for _, parameter in layer.own_parameters()):
            return True
        return any(Network.trainable(child) for _, child in layer.children())
