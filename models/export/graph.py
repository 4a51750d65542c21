"""Nodes and constants of an ONNX graph as they come to be."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

Name = str
"""Of a value in the graph."""


class Graph:
    """Collects; every value gets a name of its own."""

    def __init__(self) -> None:
        self.nodes: Final[list[NodeProto]] = []
        self.constants: Final[list[TensorProto]] = []
        self._count = 0

    def constant(self, array: NDArray[Any] | np.generic) -> Name:
        """A value that stands in the file; type and shape are the array's."""
        name = self._new("constant")
        self.constants.append(numpy_helper.from_array(np.asarray(array, order="C"), name))
        return name

    def node(self, operator: str, *inputs: Name, **attributes: Any) -> Name:
        """The first output of an operator; an input that is left out is ``""``."""
        return self.outputs(operator, inputs, 1, **attributes)[0]

    def outputs(self, operator: str, inputs: Sequence[Name], count: int, **attributes: Any) -> list[Name]:
        """The first ``count`` outputs of an operator."""
        names = [self._new(operator.lower()) for _ in range(count)]
        self.nodes.append(
            helper.make_node(operator, list(inputs), names, name=f"{operator}_{self._count}", **attributes)
        )
        return names

    def _new(self, what: str) -> Name:
        self._count += 1
        return f"{what}_{self._count}"
