"""Module: what layers and networks are made of.

Subclass it, assign Parameters and other Modules to attributes in ``__init__``, compute in
``forward``; then ``net(x)`` runs it, ``net.parameters()`` finds what to train, ``net.state_dict()``
what to save, and ``print(net)`` shows how it is built::

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = nn.Linear(64, 32)
            self.out = nn.Linear(32, 10)

        def forward(self, x):
            return self.out(nn.functional.relu(self.hidden(x)))

Parameters, buffers and children stand in the instance's ``__dict__`` like any attribute, and are
told apart by their type: there is no second place where they could be listed differently. A plain
list or dict is not looked into: what stands there alone would be neither trained nor saved, and is an error.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from itertools import islice, starmap
from operator import setitem
from types import MappingProxyType
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

import autograd as ag
from autograd import Tensor

from .hooks import Hooked
from .hooks import run as run_with_hooks
from .naming import Named
from .parameter import Parameter, clear_gradient, put_values
from .values import values_of


class LoadResult(NamedTuple):
    """What ``load_state_dict`` passed over."""

    missing_keys: list[str]
    unexpected_keys: list[str]


Modes: TypeAlias = list[tuple[dict[str, Any], str, bool]]
"""What ``modes_of`` remembers: (a module's attributes, "training", its value)."""

watching: ContextVar[Callable[[Any, Any], None] | None] = ContextVar("nn_watching", default=None)
"""While a tape runs: what is called with each module that has run, and with what it gave."""


class Module(Hooked, Named):
    """Base class of layers and networks.

    ``training`` says whether it is in training mode (dropout, batch norm), see ``train`` and ``eval``.

    While a tape runs (``ag.tape()``), what a module records stands in a scope named after its
    attribute, which also says the class, and its parameters carry their dotted names: pictures show
    all of it. A module that is used in two places keeps the name of the first. Without a tape nothing
    of that is paid for.
    """

    training = True
    _path = ""
    """The dotted path from the outermost module, "" for that one itself."""
    _buffers: Any = MappingProxyType({})
    """{name: whether state_dict has it} of the attributes that are buffers."""

    def __init__(self) -> None:
        vars(self).update(training=True, _buffers={})

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__}: define forward(self, ...), which says what it computes")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        hooks = self._hooks
        return self._forward(*args, **kwargs) if hooks is None else run_with_hooks(self, hooks, args, kwargs)

    def _forward(self, *args: Any, **kwargs: Any) -> Any:
        """``forward``, in a scope of the module's where somebody is told of scopes."""
        if not ag.internal.is_scoped():
            return self.forward(*args, **kwargs)
        with ag.scope(self._path.rpartition(".")[2] or type(self).__name__, type(self).__name__):
            output = self.forward(*args, **kwargs)
        watch = watching.get()
        if watch is not None:
            watch(self, output)
        return output

    # -- registration --------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        kind = self._kind(name)
        if kind is not None and not (value is None or isinstance(value, kind)):
            raise TypeError(
                f"{type(self).__name__}: {name!r} is a {kind.__name__}, and cannot become a {type(value).__name__}\n"
                f"  assign a {kind.__name__} or None; new values for the one there: .{name}.data = ..."
            )
        if isinstance(value, Parameter | Module):
            self._refuse(name, value)
            self._buffers.pop(name, None)
        super().__setattr__(name, value)
        if self._kind(name) is not None and value is not None:
            _settle(value, _joined(self._path, name))

    def _kind(self, name: str) -> type | None:
        """Parameter, Module, or Tensor (a buffer) if the attribute is such a part, else None."""
        if name in self._buffers:
            return Tensor
        value = vars(self).get(name)
        return next((kind for kind in (Parameter, Module) if isinstance(value, kind)), None)

    def _refuse(self, name: str, value: Any) -> None:
        """Raise where the value cannot be a part of this module."""
        if "_buffers" not in vars(self):
            raise AttributeError(
                f"{type(self).__name__}: cannot assign {name!r} yet\n  call super().__init__() first in __init__"
            )
        if isinstance(value, Module) and any(part is self for part in value.modules()):
            raise ValueError(f"{type(self).__name__}: {name!r} would make the module a part of itself")

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        if name in self._buffers:
            del self._buffers[name]

    def _check_new(self, what: str, name: Any) -> None:
        if not isinstance(name, str) or not name or "." in name:
            raise ValueError(
                f"{type(self).__name__}: the name of a {what} must be a string without dots\n  name: {name!r}"
            )
        if hasattr(self, name):
            raise ValueError(f"{type(self).__name__}: there is an attribute {name!r} already; choose another name")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a Parameter (or None, for one that may come later) under a name that is still free."""
        self._check_new("parameter", name)
        if not (param is None or isinstance(param, Parameter)):
            raise TypeError(
                f"{type(self).__name__}: {name!r} must be a Parameter or None, not a {type(param).__name__}"
            )
        setattr(self, name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a Tensor that is no parameter but belongs to the state, such as a running mean.

        tensor : a Tensor, or None
        persistent : whether ``state_dict`` has it
        """
        self._check_new("buffer", name)
        if not (tensor is None or isinstance(tensor, Tensor)):
            raise TypeError(
                f"{type(self).__name__}: buffer {name!r} must be a Tensor or None, not a {type(tensor).__name__}"
            )
        if "_buffers" not in vars(self):
            self._refuse(name, tensor)
        self._buffers[name] = persistent
        setattr(self, name, tensor)

    def register_module(self, name: str, module: "Module | None") -> None:
        """``add_module``."""
        self.add_module(name, module)

    def add_module(self, name: str, module: "Module | None") -> None:
        """Add a child under a name that is still free: for names that are no identifiers."""
        self._check_new("module", name)
        if not (module is None or isinstance(module, Module)):
            raise TypeError(f"{type(self).__name__}: {name!r} must be a Module or None, not a {type(module).__name__}")
        setattr(self, name, module)

    # -- what it is made of --------------------------------------------------------------------

    def named_children(self) -> "Iterator[tuple[str, Module]]":
        """(name, module) of the modules directly inside, each once, in order of assignment."""
        seen = set()
        for name, child in _children(self):
            if child not in seen:
                seen.add(child)
                yield name, child

    def children(self) -> "Iterator[Module]":
        """The modules directly inside."""
        return (child for _, child in self.named_children())

    def named_modules(self, prefix: str = "", remove_duplicate: bool = True) -> "Iterator[tuple[str, Module]]":
        """(dotted name, module) of this module, under the name ``prefix``, and of all inside it, by default once."""
        return _walk(self, prefix, set() if remove_duplicate else None)

    def modules(self) -> "Iterator[Module]":
        """This module and all inside it, each once."""
        return (module for _, module in self.named_modules())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """(dotted name, Parameter) of each parameter, once by default, this module's own first.

        Raises TypeError where a Parameter or Module stands in a plain list or dict alone: it would not be found.

        >>> import nn
        >>> [name for name, _ in nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)).named_parameters()]
        ['0.weight', '0.bias', '2.weight', '2.bias']
        """
        return self._named_entries(
            prefix, recurse, remove_duplicate, lambda module, name, value: isinstance(value, Parameter)
        )

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The Parameters, each once: what an optimizer takes."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """(dotted name, Tensor) of each buffer, once by default."""
        return self._named_entries(
            prefix, recurse, remove_duplicate, lambda module, name, value: name in module._buffers and value is not None
        )

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers, each once."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def _named_entries(
        self, prefix: str, recurse: bool, once: bool, wanted: "Callable[[Module, str, Any], bool]"
    ) -> Iterator[tuple[str, Any]]:
        if recurse:
            _check_nothing_is_hidden(self)
        seen = set()
        for path, module in self.named_modules(prefix, once) if recurse else [(prefix, self)]:
            for name, value in vars(module).items():
                if wanted(module, name, value) and not (once and value in seen):
                    seen.add(value)
                    yield _joined(path, name), value

    def num_parameters(self, trainable_only: bool = False) -> int:
        """How many numbers the parameters hold.

        >>> import nn
        >>> nn.Linear(64, 10).num_parameters()
        650
        """
        return sum(p.size for p in self.parameters() if p.requires_grad or not trainable_only)

    # -- state ---------------------------------------------------------------------------------

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> dict[str, Any]:
        """{prefix + dotted name: array} of all parameters and persistent buffers, with PyTorch's keys.

        The arrays are copies: training on does not change them. With ``keep_vars`` they are the Tensors themselves.

        >>> import nn
        >>> {name: array.shape for name, array in nn.BatchNorm1d(3).state_dict().items()}
        {'weight': (3,), 'bias': (3,), 'running_mean': (3,), 'running_var': (3,), 'num_batches_tracked': ()}
        """
        return {prefix + name: tensor if keep_vars else np.array(tensor.data) for name, tensor in self._state()}

    def _state(self) -> Iterator[tuple[str, Tensor]]:
        """(name, Tensor) of what ``state_dict`` has; what is shared comes under each of its names."""
        _check_nothing_is_hidden(self)
        for path, module in _walk(self, "", None):
            entries = list(vars(module).items())
            for name, value in entries:
                if isinstance(value, Parameter):
                    yield _joined(path, name), value
            for name, value in entries:
                if module._buffers.get(name) and value is not None:
                    yield _joined(path, name), value

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> LoadResult:
        """Copy the arrays of ``state_dict`` into the parameters and buffers of the same names.

        Parameters
        ----------
        state_dict : {name: array, Tensor, or CPU tensor of PyTorch}; numbers are cast to the
            dtype that the module has.
        strict : an error if a name is missing or unexpected. If False those are passed over.

        Everything is checked before anything is copied: after an error nothing has changed, and after a Ctrl-C
        nothing or all. What is shared under several names must be equal under each.
        Returns (missing_keys, unexpected_keys).
        """
        if not hasattr(state_dict, "items"):
            raise TypeError(
                f"load_state_dict: a dict of arrays is needed, not a {type(state_dict).__name__}\n"
                "  for a file: module.load_state_dict(nn.load(path))"
            )
        own = dict(self._state())
        given = {name: values_of(v) for name, v in state_dict.items()}
        missing = [name for name in own if name not in given]
        unexpected = [name for name in given if name not in own]
        wrong = []
        if strict:
            wrong += [f"  missing: {name}, shape {own[name].shape}" for name in missing]
            wrong += [f"  unexpected: {name}, shape {given[name].shape}" for name in unexpected]
        loaded: dict[Tensor, tuple[str, np.ndarray]] = {}
        for name, tensor in own.items():
            if name not in given:
                continue
            array = given[name]
            if array.shape != tensor.shape:
                wrong.append(f"  misshapen: {name}, here {tensor.shape}, in the state dict {array.shape}")
            elif not np.can_cast(array.dtype, tensor.dtype, "same_kind"):
                wrong.append(f"  of another kind: {name}, here {tensor.dtype}, in the state dict {array.dtype}")
            elif tensor in loaded and not np.array_equal(array, given[loaded[tensor][0]], equal_nan=True):
                wrong.append(f"  shared, but not equal in the state dict: {loaded[tensor][0]}, {name}")
            else:
                loaded[tensor] = name, np.array(array, dtype=tensor.dtype, order="C")
        if wrong:
            raise ValueError(
                f"load_state_dict: the state dict does not fit this {type(self).__name__}\n" + "\n".join(wrong)
            )
        put_values({tensor: array for tensor, (_, array) in loaded.items()})
        return LoadResult(missing, unexpected)

    # -- modes ---------------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Training mode, here and in all modules inside: dropout drops, batch norm uses the batch."""
        set_modes([(attributes, name, bool(mode)) for attributes, name, _ in modes_of(self)])
        return self

    def eval(self) -> Self:
        """Evaluation mode, here and in all modules inside."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Let all parameters be trained, or freeze them."""
        for p in self.parameters():
            p.requires_grad = requires_grad
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients (``set_to_none=False`` sets them to zeros instead)."""
        for p in self.parameters():
            clear_gradient(p, set_to_none)

    def apply(self, fn: "Callable[[Module], object]") -> Self:
        """Call ``fn(module)`` for every module inside, children before their parents, and for this one."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def to(self, *args: Any, device: Any = None, dtype: DTypeLike | None = None, **_: Any) -> Self:
        """Cast all float parameters and buffers to a dtype, or to that of a Tensor; gradients are then forgotten.

        A device may be "cpu" or ``ag.device("cpu")``: there is nothing else.
        """
        for one in args:
            if isinstance(one, ag.device) or (isinstance(one, str) and ag.internal.is_device(one)):
                device = one
            elif one is not None and not isinstance(one, bool):
                dtype = one.dtype if isinstance(one, Tensor) else one
        if device is not None:
            ag.device(device)
        if dtype is None:
            return self
        dtype = np.dtype(dtype)
        if dtype not in (np.float16, np.float32, np.float64):
            raise TypeError(f"{type(self).__name__}.to: parameters are float16, float32 or float64\n  dtype: {dtype}")
        tensors = [tensor for tensor in (*self.parameters(), *self.buffers()) if tensor.dtype.kind == "f"]
        for tensor in tensors:
            if tensor.requires_grad:
                tensor.grad = None
        put_values({tensor: tensor.data.astype(dtype) for tensor in tensors})
        return self

    def double(self) -> Self:
        """Cast to float64: for gradient checks."""
        return self.to(np.float64)

    def float(self) -> Self:
        """Cast to float32, the dtype that layers have by default."""
        return self.to(np.float32)

    def half(self) -> Self:
        """Cast to float16."""
        return self.to(np.float16)

    def cpu(self) -> Self:
        """The module itself: it is on the CPU."""
        return self

    def cuda(self, device: Any = None) -> Self:
        """A RuntimeError: there is no GPU here."""
        return self.to("cuda")

    # -- showing it ----------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What the representation shows between the parentheses; layers override it."""
        return ""

    def __repr__(self) -> str:
        children = [f"({name}): {_indented(repr(child))}" for name, child in _children(self)]
        extra = self.extra_repr()
        if not children:
            return f"{type(self).__name__}({extra})"
        lines = [*extra.splitlines(), *children]
        return f"{type(self).__name__}(\n  " + "\n  ".join(lines) + "\n)"


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")


def _children(module: Module) -> list[tuple[str, Module]]:
    """(name, child) of each attribute that is a Module, also where one stands under several names."""
    return [(name, value) for name, value in vars(module).items() if isinstance(value, Module)]


def _walk(module: Module, path: str, seen: set[Module] | None) -> Iterator[tuple[str, Module]]:
    """(path, module) of a module and all inside; each once if ``seen`` is a set, or each time if None."""
    if seen is not None:
        if module in seen:
            return
        seen.add(module)
    yield path, module
    for name, child in _children(module):
        yield from _walk(child, _joined(path, name), seen)


def _check_nothing_is_hidden(module: Module) -> None:
    """Raise where a plain list, tuple, dict or set holds a part that stands nowhere else: it would not be found."""
    hidden = [
        (path, name, type(container), part)
        for path, owner in _walk(module, "", set())
        for name, container in vars(owner).items()
        if type(container) in _CONTAINERS and container and name != "_buffers"
        for part in _parts_in(container, 3)
    ]
    if not hidden:
        return
    known = set()
    for _, owner in _walk(module, "", set()):
        known.update([owner, *(value for value in vars(owner).values() if isinstance(value, Parameter))])
    for path, name, container, part in hidden:
        if part in known or (isinstance(part, Module) and part._path):  # it stands in a module outside
            continue
        kind = "Module" if isinstance(part, Module) else "Parameter"
        instead = (
            "assign it to an attribute, or register_parameter(name, parameter)"
            if kind == "Parameter"
            else "use nn.ModuleList or nn.Sequential, or add_module(name, module)"
        )
        raise TypeError(
            f"{type(module).__name__}: a {kind} in a plain {container.__name__} is neither trained nor saved\n"
            f"  attribute: {_joined(path, name)}\n  in it: {type(part).__name__}\n  {instead}"
        )


_CONTAINERS = (list, tuple, dict, set, frozenset)


def _parts_in(container: Any, depth: int) -> Iterator[Module | Parameter]:
    """The Modules and Parameters in a container and those inside; of a long one its beginning is telling."""
    for value in islice(container.values() if isinstance(container, dict) else container, 100):
        if isinstance(value, Module | Parameter):
            yield value
        elif depth and type(value) in _CONTAINERS:
            yield from _parts_in(value, depth - 1)


def modes_of(module: Module) -> Modes:
    """The modes of a module and of all inside it, each its own, for ``set_modes``."""
    return [(vars(part), "training", part.training) for part in module.modules()]


def set_modes(modes: Modes) -> None:
    """Put modules into the modes given, all at once: no Ctrl-C comes between two of them."""
    deque(starmap(setitem, modes), maxlen=0)


def _settle(part: Any, path: str, former: str = "") -> None:
    """Name a parameter, buffer or module after its path, and what is inside a module with it.

    former : the path that it had from the same place before that place itself was named. A name
    from anywhere else (given by the user, or by another place) stays.
    """
    if isinstance(part, Tensor):
        if part.name in (None, former):
            part.name = path
        return
    if part._path not in ("", former):
        return
    former = part._path
    vars(part)["_path"] = path
    for name, value in vars(part).items():
        if part._kind(name) is not None and value is not None:
            _settle(value, _joined(path, name), _joined(former, name))
