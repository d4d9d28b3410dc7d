"""The report of a check by hand: a row for each value, the first wrong step, what the check could not do."""


class DerivationError(AssertionError):
    """A derivation by hand is wrong somewhere; the message is the report."""


class Report:
    """What a check by hand found; print it, or show it in a notebook.

    rows : nearest to the output first
    ok : every value is right
    first_wrong : the row of the first wrong step, or None
    interrupted : Ctrl-C stopped the search; what was found until then is there
    remarks : what the check could not do, in sentences
    seconds : how long it took; tried : with how many alterations the graph was walked
    """

    def __init__(self, rows, output_name, remarks, tried, interrupted, seconds):
        self.rows = rows
        self.output_name = output_name
        self.remarks = remarks
        self.tried = tried
        self.interrupted = interrupted
        self.seconds = seconds

    @property
    def ok(self):
        return all(row.ok for row in self.rows)

    @property
    def wrong_steps(self):
        return [row for row in self.rows if row.wrong]

    @property
    def first_wrong(self):
        return next(iter(self.wrong_steps), None)

    def __iter__(self):
        return iter(self.rows)

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, name):
        """The row of a name (or of a position)."""
        if isinstance(name, int):
            return self.rows[name]
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(f"no row {name!r}; rows: {', '.join(row.name for row in self.rows)}")

    def raise_for_mistakes(self):
        """Raise a DerivationError, an AssertionError whose message is this report, unless all is right."""
        if not self.ok:
            raise DerivationError(str(self))

    def __str__(self):
        from .report_text import text

        return text(self)

    __repr__ = __str__

    def _repr_html_(self):
        from .report_html import html

        return html(self)
