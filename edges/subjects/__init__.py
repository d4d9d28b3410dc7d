"""What is compared, a subject a file."""

from . import empty, infinities, kinks, pooling, same, ties, zeros

SUBJECTS = [one.SUBJECT for one in (kinks, ties, zeros, infinities, empty, pooling, same)]
