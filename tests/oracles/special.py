"""What the operations of ``autograd.ops.special`` are held against: SciPy's functions and PyTorch's."""

import math

from scipy import special

from . import Oracle


def _torch(name):
    return lambda torch, x: getattr(torch.special, name)(x)


def _rel_entr(torch, a, b):
    return a * (torch.log(a) - torch.log(b))


_SAME = "erfc erfcx erfinv ndtr ndtri log_ndtr gammaln digamma logit entr i0 i0e i1 i1e sinc".split()

ORACLES = {
    **{name: Oracle(numpy=getattr(special, name, None), torch=_torch(name)) for name in _SAME},
    "log_expit": Oracle(numpy=special.log_expit, torch=lambda torch, x: torch.nn.functional.logsigmoid(x)),
    "polygamma": Oracle(
        numpy=lambda n, x: (-1.0) ** (n + 1) * math.factorial(n) * special.zeta(n + 1, x) if n else special.digamma(x),
        torch=lambda torch, n, x: torch.special.polygamma(n, x),
    ),
    "gammainc": Oracle(
        numpy=special.gammainc,
        torch=lambda torch, a, x: torch.special.gammainc(torch.as_tensor(a, dtype=torch.float64), x),
    ),
    "gammaincc": Oracle(
        numpy=special.gammaincc,
        torch=lambda torch, a, x: torch.special.gammaincc(torch.as_tensor(a, dtype=torch.float64), x),
    ),
    "zeta": Oracle(numpy=special.zeta, torch="PyTorch's zeta has no gradient"),
    "betaln": Oracle(numpy=special.betaln, torch="PyTorch's second derivative of lgamma is right to 5e-10 alone"),
    "xlogy": Oracle(numpy=special.xlogy, torch=lambda torch, a, b: torch.special.xlogy(a, b)),
    "xlog1py": Oracle(numpy=special.xlog1py, torch=lambda torch, a, b: torch.special.xlog1py(a, b)),
    "rel_entr": Oracle(numpy=special.rel_entr, torch=_rel_entr),
    "kl_div": Oracle(numpy=special.kl_div, torch=lambda torch, a, b: _rel_entr(torch, a, b) - a + b),
}
