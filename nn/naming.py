"""Parts of a module by their dotted names: ``net.get_parameter("conv1.weight")``."""

from typing import Any

from autograd import Tensor

from .parameter import Parameter


class Named:
    """What ``Module`` has of this."""

    def get_submodule(self, target: str) -> Any:
        """The module of a dotted name; "" is this one. AttributeError where there is none.

        >>> import nn
        >>> nn.Sequential(nn.Sequential(nn.Linear(2, 3))).get_submodule("0.0")
        Linear(in_features=2, out_features=3, bias=True)
        """
        module: Any = self
        for name in target.split(".") if target else []:
            module = vars(module).get(name)
            if not isinstance(module, Named):
                raise self._none_of("module", target)
        return module

    def set_submodule(self, target: str, module: Any, strict: bool = False) -> None:
        """Put another module in the place of a dotted name; with ``strict`` there must be one already."""
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        if strict:
            self.get_submodule(target)
        if not name or not isinstance(module, Named):
            raise ValueError(
                f"{type(self).__name__}: set_submodule takes a name and a Module\n  target: {target!r}\n"
                f"  module: {type(module).__name__}"
            )
        setattr(owner, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The Parameter of a dotted name. AttributeError where there is none."""
        value = self._part(target)
        if not isinstance(value, Parameter):
            raise self._none_of("parameter", target)
        return value

    def get_buffer(self, target: str) -> Tensor:
        """The buffer of a dotted name. AttributeError where there is none."""
        path, _, name = target.rpartition(".")
        value = self._part(target)
        if not isinstance(value, Tensor) or name not in self.get_submodule(path)._buffers:
            raise self._none_of("buffer", target)
        return value

    def _part(self, target: str) -> Any:
        path, _, name = target.rpartition(".")
        return vars(self.get_submodule(path)).get(name)

    def _none_of(self, kind: str, target: str) -> AttributeError:
        return AttributeError(
            f"{type(self).__name__}: there is no {kind} of this name\n  name: {target!r}\n"
            f"  .named_{kind}s() lists those that there are"
        )
