"""What the lines of backward gave: the changes of each variable, joined into the values that it took on.

A ``Chain`` is what one variable was from one fresh assignment to the next; its ``Value`` s are what each statement
made of it. A statement that writes into an array many times, in a loop, made one value: the last.
"""

import re


class Value:
    """What a statement made of a variable.

    statement, name, function, call : where
    array : the value afterwards; before : what was there before the statement first wrote, or None
    first, moment : when it wrote first and last
    chain : its Chain
    caller : the call that made this one, or 0; scope : the call whose variables the statement read
    copied : the same gradient was there before, under another name
    node : the step whose gradient it is, once that is found; how : "right", "wrong", "follows", "part" or ""
    """

    __slots__ = (
        "array", "before", "call", "caller", "chain", "copied", "first", "function", "how", "moment", "name",
        "node", "scope", "statement",
    )  # fmt: skip

    def __init__(self, change, chain):
        self.statement, self.name, self.function, self.call = (
            change.statement, change.name, change.function, change.call,
        )  # fmt: skip
        self.array, self.before, self.chain = change.value, change.before, chain
        self.first = self.moment = change.moment
        self.caller, self.scope, self.copied = change.caller, change.scope, False
        self.node, self.how = None, ""

    def more(self, change):
        """The same statement wrote once more."""
        self.array, self.moment = change.value, change.moment

    @property
    def is_last(self):
        return self.chain.values[-1] is self

    def __repr__(self):
        return f"<Value {self.statement.line}: {self.name} {self.how}>"


class Chain:
    """The values of one variable from one fresh assignment to the next."""

    def __init__(self, name, function):
        self.name, self.function, self.values = name, function, []

    @property
    def last(self):
        return self.values[-1]


def chains_of(changes):
    """The chains of a trace, in the order in which they began."""
    running, chains = {}, []
    for change in changes:
        key = (change.call, change.name)
        chain = running.get(key)
        statement = change.statement
        root = re.match(r"\w*", change.name).group()
        goes_on = change.inside or statement.augments or (root == change.name and root in statement.reads)
        if chain is None or not goes_on:
            chain = running[key] = Chain(change.name, change.function)
            chains.append(chain)
        elif chain.last.statement is statement and (change.inside or statement.augments):
            chain.last.more(change)
            continue
        else:
            known = [v for v in chain.values if v.statement is statement]
            if known and change.inside:
                known[-1].more(change)
                chain.values.remove(known[-1])
                chain.values.append(known[-1])
                continue
        chain.values.append(Value(change, chain))
    return chains


def overwritten(values):
    """Those values that the same statement replaced before any other read them, as in a loop with = in place of +=."""
    lost, last = set(), {}
    for value in values:
        key = (value.call, value.name)
        before = last.get(key)
        if before is not None and before.statement is value.statement:
            lost.add(before)
        last[key] = value
        for name in value.statement.reads:
            if name != value.name:
                last.pop((value.scope, name), None)
    return lost
