"""A network as a graph: forward in topological order, backward in reverse, gradients summed where a node fans out.

    x = nc.Input((3, 32, 32))
    h = nc.Conv2d(3, 16, 3, padding=1)(x)
    y = nc.Add()(h, nc.ReLU()(h))
    net = nc.Graph(inputs=x, outputs=y)

Next: netcore/layers/node.py, where layers called on nodes become nodes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from netcore import memory
from netcore.errors import DTypeError, GraphError, ShapeError
from netcore.layers.base import Layer, Shape
from netcore.layers.network import Network
from netcore.layers.node import Node


class Graph(Network):
    """`inputs` and `outputs` are nodes, or lists of them; with lists, forward takes and returns as many arrays.

    Layers are named '0', '1', … in topological order, or as `names` says (a dict from layer to name, or from name to
    layer); a layer that is called several times is one layer with one set of parameters. Raises GraphError for a cycle, an
    input that no output needs, and an output that needs an input which is not listed.
    """

    def __init__(self, inputs: Node | Sequence[Node], outputs: Node | Sequence[Node], names: dict[Any, Any] | None = None) -> None:
        self.inputs, self.outputs = _nodes("inputs", inputs), _nodes("outputs", outputs)
        self._single = isinstance(outputs, Node)
        self._single_input = isinstance(inputs, Node)
        self._order = topological_order(self.inputs, self.outputs)
        self._names = _name_layers(self._order, names or {})
        self.assign_paths()

    # ---- the two phases ---------------------------------------------------------------------------------------------

    def _forward(self, *arrays: np.ndarray) -> tuple[Any, Any]:
        """The cache is what the gradients must look like; the layers keep their own."""
        self._count(arrays)
        for i, (node, x) in enumerate(zip(self.inputs, arrays, strict=True)):
            self._check_input(i, node, x)
        values = {id(node): x for node, x in zip(self.inputs, arrays, strict=True)}
        for node in self._order:
            assert node.layer is not None
            values[id(node)] = node.layer._run_forward(*(values[id(source)] for source in node.inputs))
        results = tuple(values[id(node)] for node in self.outputs)
        return (results[0] if self._single else results), [(np.shape(y), getattr(y, "dtype", None)) for y in results]

    def _backward(self, *gradients: Any, cache: Any, needs_input: bool = True) -> Any:
        if len(gradients) == 1 and isinstance(gradients[0], (tuple, list)):
            gradients = tuple(gradients[0])
        if len(gradients) != len(self.outputs):
            raise ShapeError(f"backward takes {len(self.outputs)} gradient(s), one for each output, got {len(gradients)}")
        _check_gradients(gradients, cache)  # all of them before the first layer runs: a wrong one changes nothing
        waiting: dict[int, Any] = {}
        for node, dy in zip(self.outputs, gradients, strict=True):
            add_gradient(waiting, node, dy)
        needed = self._needing_gradients(needs_input)
        for node in reversed(self._order):
            assert node.layer is not None
            dy = waiting.pop(id(node), None)
            if id(node) not in needed or dy is None:
                node.layer._drop_newest()
                continue
            dx = node.layer._run_backward(dy, needs_input=any(id(source) in needed for source in node.inputs))
            for source, part in zip(node.inputs, dx if isinstance(dx, tuple) else (dx,), strict=False):
                if part is not None and id(source) in needed:
                    add_gradient(waiting, source, part)
        if not needs_input:
            return None
        found = tuple(waiting.get(id(node)) for node in self.inputs)
        return found[0] if self._single_input else found

    def _needing_gradients(self, needs_input: bool) -> set[int]:
        """Nodes whose output's gradient is of use: those with something to train at or below them, or a wanted input."""
        needed = {id(node) for node in self.inputs} if needs_input else set()
        trainable: dict[int, bool] = {}
        for node in self._order:
            assert node.layer is not None
            own = trainable.setdefault(id(node.layer), self.trainable(node.layer))
            if own or any(id(source) in needed for source in node.inputs):
                needed.add(id(node))
        return needed

    def _count(self, inputs: Sequence[Any]) -> None:
        if len(inputs) != len(self.inputs):
            raise ShapeError(f"forward takes {len(self.inputs)} input(s), got {len(inputs)}").at(self.where)

    def _check_input(self, index: int, node: Node, x: Any) -> None:
        try:
            shape = np.shape(x)
        except ValueError:
            raise ShapeError(f"input {index} must be one array, got a {type(x).__name__} whose rows differ in length") from None
        fits = len(shape) == 1 + len(node.shape) and all(want in (None, got) for want, got in zip(node.shape, shape[1:], strict=True))
        if not fits:
            raise ShapeError(f"input {index} must have shape (N, {', '.join('any' if s is None else str(s) for s in node.shape)}), got {shape}")

    # ---- structure --------------------------------------------------------------------------------------------------

    def children(self) -> Iterator[tuple[str, Layer]]:
        yield from self._names.items()

    def output_shape(self, *input_shapes: Shape) -> Any:
        self._count(input_shapes)
        shapes = {id(node): shape for node, shape in zip(self.inputs, input_shapes, strict=True)}
        for node in self._order:
            assert node.layer is not None
            shapes[id(node)] = node.layer.output_shape(*(shapes[id(source)] for source in node.inputs))
        found = tuple(shapes[id(node)] for node in self.outputs)
        return found[0] if self._single else found

    def __getstate__(self) -> dict[str, Any]:
        """Nodes as a flat list: copying and pickling them link by link would run out of stack in a deep graph."""
        nodes = [*self.inputs, *self._order]
        place = {id(node): i for i, node in enumerate(nodes)}
        flat = [(node.layer, [place[id(s)] for s in node.inputs] if i >= len(self.inputs) else [], node.shape) for i, node in enumerate(nodes)]
        rest = {name: value for name, value in vars(self).items() if name not in ("inputs", "outputs", "_order")}
        return rest | {"_flat": (len(self.inputs), flat, [place[id(node)] for node in self.outputs])}

    def __setstate__(self, state: dict[str, Any]) -> None:
        count, flat, outputs = state.pop("_flat")
        nodes: list[Node] = []
        for layer, sources, shape in flat:
            nodes.append(Node(layer, tuple(nodes[i] for i in sources), shape))
        vars(self).update(state)
        self.inputs, self._order, self.outputs = nodes[:count], nodes[count:], [nodes[i] for i in outputs]

    def calls(self, *input_shapes: Shape) -> Iterator[tuple[Layer, tuple[Shape, ...]]]:
        """(layer, shapes of its inputs) in the order of the forward phase."""
        shapes = {id(node): shape for node, shape in zip(self.inputs, input_shapes, strict=True)}
        for node in self._order:
            assert node.layer is not None
            sources = tuple(shapes[id(source)] for source in node.inputs)
            yield node.layer, sources
            shapes[id(node)] = node.layer.output_shape(*sources)


def add_gradient(waiting: dict[int, Any], node: Node, gradient: Any) -> None:
    """A node that several others use receives the sum of their gradients."""
    before = waiting.get(id(node))
    waiting[id(node)] = gradient if before is None else memory.add(before, gradient)


def _check_gradients(gradients: Sequence[Any], expected: Sequence[tuple[Any, Any]]) -> None:
    for i, (dy, (shape, dtype)) in enumerate(zip(gradients, expected, strict=True)):
        if isinstance(dy, np.ndarray) and dy.shape != shape:
            raise ShapeError(f"gradient {i} must have shape {shape} (that of the forward phase's output {i}), got {dy.shape}")
        if isinstance(dy, np.ndarray) and dtype is not None and dy.dtype.newbyteorder("=") != dtype.newbyteorder("="):
            raise DTypeError(f"gradient {i} is {dy.dtype} where {dtype} is due, the dtype of output {i}")


def topological_order(inputs: Sequence[Node], outputs: Sequence[Node]) -> list[Node]:
    """The nodes that the outputs need, each after its own inputs; without the inputs of the graph."""
    order: list[Node] = []
    state: dict[int, str] = {id(node): "done" for node in inputs}
    reached: set[int] = set()
    for output in outputs:
        stack = [(output, False)]
        while stack:
            node, left = stack.pop()
            reached.add(id(node))
            if left:
                state[id(node)] = "done"
                order.append(node)
            elif state.get(id(node)) is None:
                if node.layer is None:
                    raise GraphError(f"an output needs an Input of shape {node.shape} that is not among the graph's inputs")
                state[id(node)] = "open"
                stack.append((node, True))
                for source in reversed(node.inputs):
                    if state.get(id(source)) == "open":
                        raise GraphError(f"the graph has a cycle through {source!r}")
                    stack.append((source, False))
    for i, node in enumerate(inputs):
        if id(node) not in reached:
            raise GraphError(f"input {i} (shape {node.shape}) is connected to no output")
    return order


def _nodes(name: str, value: Node | Sequence[Node]) -> list[Node]:
    nodes = [value] if isinstance(value, Node) else list(value) if isinstance(value, (list, tuple)) else []
    if not nodes or not all(isinstance(node, Node) for node in nodes):
        raise GraphError(f"{name} must be a node (nc.Input, or a layer called on nodes) or a list of nodes, got {value!r}")
    if len({id(node) for node in nodes}) < len(nodes):
        raise GraphError(f"{name} lists the same node twice")
    return nodes


def _name_layers(order: list[Node], names: dict[Any, Any]) -> dict[str, Layer]:
    """Each layer once, under its given name or its number."""
    if not isinstance(names, dict):
        raise GraphError(f"names must be a dict from layer to name, or from name to layer, got {type(names).__name__}")
    present = {id(node.layer) for node in order}
    for pair in names.items():
        if not any(isinstance(end, Layer) and id(end) in present for end in pair):
            raise GraphError(f"names lists {pair!r}, which has no layer of this graph")
    given = {id(layer): str(name) for name, layer in names.items() if isinstance(layer, Layer)}
    given |= {id(layer): str(name) for layer, name in names.items() if isinstance(layer, Layer)}
    named: dict[str, Layer] = {}
    seen: set[int] = set()
    for node in order:
        assert node.layer is not None
        if id(node.layer) not in seen:
            seen.add(id(node.layer))
            name = given.get(id(node.layer), str(len(seen) - 1))
            if name in named:
                raise GraphError(f"two layers are called {name!r}")
            named[name] = node.layer
    return named
