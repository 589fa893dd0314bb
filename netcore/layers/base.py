"""The phase protocol: what every layer shares, in one place.

    y = layer.forward(x)        the layer caches whatever its backward phase will need
    dx = layer.backward(dy)     consumes the newest cache, ADDS to each parameter's .grad, returns dL/dx

A layer writes the two halves next to each other, and nothing else:

    class Square(Layer):
        def _forward(self, x):
            return x * x, x                     # the output, and the cache
        def _backward(self, dy, cache, needs_input=True):
            return 2 * cache * dy

This class keeps the stack of caches (last in, first out, so that a layer used k times in a pass is run backward k times
in reverse order), the mode, the names, and the messages. Next: netcore/layers/linear.py, then sequential.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

import numpy as np

from netcore import narration
from netcore.errors import ArgumentError, CheckpointError, NetcoreError, PhaseError
from netcore.layers.node import Node
from netcore.parameter import Parameter

Shape = tuple[int | None, ...]  # without the batch axis; None where a size is free


class Layer:
    """Base class of everything that has a forward and a backward phase.

    Parameters are attributes that hold a `Parameter`, children attributes that hold a `Layer`, in the order in which
    they were set; buffers (arrays that are state but not trained) are named by `register_buffer`.
    """

    training: bool
    path: str
    _caches: list[Any]  # of forward phases that no backward phase has consumed yet, newest last
    _buffer_names: list[str]

    def __new__(cls, *args: Any, **kwargs: Any) -> Layer:
        layer = super().__new__(cls)
        layer.training = True
        layer.path = ""
        layer._caches = []
        layer._buffer_names = []
        return layer

    # ---- the two phases ---------------------------------------------------------------------------------------------

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """`forward`, or, on graph nodes, a new node."""
        if inputs and isinstance(inputs[0], Node):
            return Node.of(self, inputs)
        return self.forward(*inputs, **options)

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """Run the forward phase; in training mode, cache what the backward phase needs."""
        return self._run_forward(*inputs, **options)

    def backward(self, *gradients: Any, input_grad: bool = True) -> Any:
        """Consume the newest cache: add to each parameter's `.grad`, return the gradient of the input.

        `input_grad=False` skips the work that only the input's gradient needs, and returns None.
        """
        return self._run_backward(*gradients, needs_input=input_grad)

    def _run_forward(self, *inputs: Any, **options: Any) -> Any:
        """The forward phase as a container calls it: within the container's pass."""
        try:
            result = self._forward(*inputs, **options)
            if not isinstance(result, tuple) or len(result) != 2:  # an array of two rows would unpack, too
                raise ArgumentError(f"_forward must return a pair (output, cache), got {type(result).__name__}")
        except NetcoreError as error:
            raise error.at(self.where)
        y, cache = result
        if self.training:
            self._caches.append(cache)
        if narration.narrator is not None:
            narration.narrator.forward(self, inputs, y, cache)
        return y

    def _run_backward(self, *gradients: Any, needs_input: bool = True) -> Any:
        if not self._caches:
            raise PhaseError(self._nothing_pending()).at(self.where)
        try:
            if narration.narrator is not None:
                narration.narrator.before_backward(self, self._caches[-1])
            dx = self._backward(*gradients, cache=self._caches[-1], needs_input=needs_input)
        except NetcoreError as error:
            raise error.at(self.where)
        self._caches.pop()  # only now: a gradient of the wrong shape leaves the cache for the right one
        if narration.narrator is not None:
            narration.narrator.backward(self, gradients, dx)
        return dx if needs_input else None

    def _drop_newest(self) -> None:
        """Give up the newest cache, of this layer and of those inside it, without a backward phase: nobody needs it."""
        if narration.narrator is not None:
            narration.narrator.dropped(self, newest_only=True)
        if self._caches:
            self._caches.pop()
        for _, child in self.children():
            child._drop_newest()

    def _forward(self, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """The layer's own half: (output, cache)."""
        raise NotImplementedError(f"{type(self).__name__} does not define _forward")

    def _backward(self, *args: Any, **kwargs: Any) -> Any:
        """The other half, `_backward(dy, cache, needs_input)`: from gradients of outputs to gradients of inputs; those of
        parameters go to `accumulate`."""
        raise NotImplementedError(f"{type(self).__name__} does not define _backward")

    @property
    def pending(self) -> int:
        """Forward phases that no backward phase has consumed yet."""
        return len(self._caches)

    def reset(self) -> None:
        """Drop all caches, of this layer and of those inside it."""
        if narration.narrator is not None:
            narration.narrator.dropped(self)
        self._caches.clear()
        for _, child in self.children():
            child.reset()

    def _nothing_pending(self) -> str:
        if not self.training:
            return "backward after a forward phase in eval mode, which caches nothing; call train() before forward"
        told = narration.narrator.explain(self) if narration.narrator is not None else ""
        return f"backward has no forward phase to go back through: none was run, or its backward has been run already; call forward first{told}"

    # ---- mode -------------------------------------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Layer:
        """Training mode (recursively): forward phases cache, dropout drops, batch norm learns its statistics."""
        for layer in self.layers():
            layer.training = mode
        return self

    def eval(self) -> Layer:
        """Evaluation mode (recursively): nothing is cached."""
        return self.train(False)

    # ---- structure --------------------------------------------------------------------------------------------------

    def children(self) -> Iterator[tuple[str, Layer]]:
        """(name, layer) of the layers directly inside this one."""
        return iter([(name, value) for name, value in vars(self).items() if isinstance(value, Layer)])

    def layers(self) -> Iterator[Layer]:
        """This layer and all layers inside it, each once, outermost first."""
        seen: set[int] = set()
        stack: list[Layer] = [self]
        while stack:
            layer = stack.pop()
            if id(layer) not in seen:
                seen.add(id(layer))
                yield layer
                stack.extend(reversed([child for _, child in layer.children()]))

    def assign_paths(self, path: str = "") -> None:
        """Name this layer, its parameters and all layers inside by their place in the network."""
        self.path = path
        prefix = f"{path}." if path else ""
        for name, parameter in self.own_parameters():
            parameter.name = prefix + name
        for name, child in self.children():
            child.assign_paths(prefix + name)

    @property
    def where(self) -> str:
        """How messages call this layer: its class and its path in the network."""
        return f"{type(self).__name__} {self.path!r}" if self.path else type(self).__name__

    def output_shape(self, *args: Any, **kwargs: Any) -> Any:
        """Shape of the output from the shapes of the inputs, all without the batch axis; raises ShapeError where the inputs do not fit."""
        raise NotImplementedError(f"{type(self).__name__} does not define output_shape")

    def multiply_adds(self, *args: Any, **kwargs: Any) -> int:
        """Multiply-adds of one sample's forward phase, from its input shapes; 0 for layers that are bound by memory."""
        return 0

    def input_multiply_adds(self, *args: Any, **kwargs: Any) -> int:
        """Multiply-adds of one sample's gradient of the input alone, which the first trained layer of a network is spared: as many
        as forward, unless a layer says otherwise."""
        return self.multiply_adds(*args, **kwargs)

    def cache_numbers(self, *args: Any, **kwargs: Any) -> float:
        """How many numbers of four bytes one sample's forward phase keeps, from its input shapes: the input itself unless a
        layer says otherwise."""
        return sum(prod(size or 1 for size in shape) for shape in args)

    def summary(self, *input_shapes: Shape) -> Any:
        """A table of layers, output shapes, parameters, multiply-adds, FLOPs, bytes and caches, for inputs of these shapes
        (without the batch axis); it prints well in a terminal and in a notebook. See netcore/summary.py."""
        from netcore.summary import summary

        return summary(self, *input_shapes)

    # ---- parameters and buffers -------------------------------------------------------------------------------------

    def own_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """(name, parameter) of this layer alone, without those inside it."""
        for name, value in vars(self).items():
            if isinstance(value, Parameter):
                yield name, value

    def register_buffer(self, name: str, array: np.ndarray) -> None:
        """An array that belongs to the state but is not trained, such as a running mean; read it as an attribute."""
        setattr(self, name, array)
        self._buffer_names.append(name)

    def _entries(self, prefix: str = "") -> Iterator[tuple[str, Layer, str]]:
        """(full name, layer, attribute) of every parameter and buffer; a shared layer appears under each of its names."""
        for name, _ in self.own_parameters():
            yield prefix + name, self, name
        for name in self._buffer_names:
            yield prefix + name, self, name
        for name, child in self.children():
            yield from child._entries(f"{prefix}{name}.")

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """(name, parameter), each parameter once, under its first name."""
        seen: set[int] = set()
        for name, layer, attribute in self._entries():
            value = getattr(layer, attribute)
            if isinstance(value, Parameter) and id(value) not in seen:
                seen.add(id(value))
                yield name, value

    def parameters(self) -> list[Parameter]:
        """All parameters (recursively), each once."""
        return [parameter for _, parameter in self.named_parameters()]

    def buffers(self) -> list[np.ndarray]:
        """All arrays (recursively) that are state but not trained."""
        return [getattr(layer, name) for layer in self.layers() for name in layer._buffer_names]

    def zero_grad(self) -> None:
        """Let every gradient start anew (recursively)."""
        for parameter in self.parameters():
            parameter.zero_grad()

    def freeze(self) -> Layer:
        """Stop training this layer (recursively): its parameters cost no gradient work."""
        return self._set_requires_grad(False)

    def unfreeze(self) -> Layer:
        """Train this layer again (recursively)."""
        return self._set_requires_grad(True)

    def _set_requires_grad(self, value: bool) -> Layer:
        for parameter in self.parameters():
            parameter.requires_grad = value
        return self

    def astype(self, dtype: Any) -> Layer:
        """Convert parameters and floating buffers in place (recursively), dropping gradients and caches."""
        try:
            dtype = np.dtype(dtype)
        except TypeError:
            raise ArgumentError(f"astype expects float32 or float64, got {dtype!r}").at(self.where) from None
        if dtype not in (np.float32, np.float64):
            raise ArgumentError(f"astype expects float32 or float64, got {dtype}").at(self.where)
        self.reset()
        for parameter in self.parameters():
            parameter.data, parameter.grad = parameter.data.astype(dtype), None
        for layer in self.layers():
            for name in layer._buffer_names:
                if getattr(layer, name).dtype.kind == "f":
                    setattr(layer, name, getattr(layer, name).astype(dtype))
        return self

    # ---- state ------------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, np.ndarray]:
        """Copies of all parameters and buffers under PyTorch's names."""
        return {name: _array(getattr(layer, attribute)).copy() for name, layer, attribute in self._entries()}

    def load_state_dict(self, state: dict[str, Any], strict: bool = True) -> None:
        """Set parameters and buffers by name, cast to their dtype. A missing, unexpected or mis-shaped entry raises
        CheckpointError and changes nothing; with strict=False missing and unexpected entries are passed over."""
        places = {name: _array(getattr(layer, attribute)) for name, layer, attribute in self._entries()}
        if not isinstance(state, Mapping):
            raise CheckpointError(f"a state is a dict from names to arrays, got {type(state).__name__}").at(self.where)
        try:
            values = {name: np.asarray(value) for name, value in state.items() if name in places}
        except ValueError as error:
            raise CheckpointError(f"the state holds something that is no array ({error}); nothing was changed").at(self.where) from None
        wrong = [
            f"{name} has shape {values[name].shape}, expected {place.shape}"
            for name, place in places.items()
            if name in values and values[name].shape != place.shape
        ]
        wrong += [f"{name} is {value.dtype}, not numbers" for name, value in values.items() if value.dtype.kind not in "fiu"]
        if strict:
            wrong += [f"{name} is missing" for name in places if name not in values]
            wrong += [f"{name} is unexpected" for name in state if name not in places]
        if wrong:
            raise CheckpointError(f"the state does not fit the network ({'; '.join(wrong)}); nothing was changed").at(self.where)
        for name, value in values.items():
            places[name][...] = value

    # ---- how it prints ----------------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        inside = [f"  ({name}): " + repr(child).replace("\n", "\n  ") for name, child in self.children()]
        return "\n".join([f"{type(self).__name__}({self._describe()}", *inside, ")"]) if inside else f"{type(self).__name__}({self._describe()})"

    def _describe(self) -> str:
        """The constructor's arguments, as repr shows them."""
        return ""


def _array(value: Parameter | np.ndarray) -> np.ndarray:
    return value.data if isinstance(value, Parameter) else value
