"""Arrays in, arrays out: what operations compute. No Tensor is known here."""
