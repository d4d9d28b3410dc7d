"""PyTorch's words on our Tensors, held against PyTorch: values, kinds of numbers, and gradients.

Each line below is run twice, once with ``t`` being ``torch`` and once being ``autograd``. Long because they are many.
"""

import numpy as np
import pytest

import autograd as ag

torch = pytest.importorskip("torch")

LINES = {
    "views": """
        x.view(6,4)
        x.view(2,-1)
        x.view((3,8))
        x.reshape(-1)
        x.permute(2,0,1)
        x.permute((1,0,2))
        t.permute(x,(2,1,0))
        x.transpose(1,2)
        x.transpose(0,-1)
        x.transpose(dim0=0,dim1=1)
    """,
    "transposes": """
        t.transpose(x,0,1)
        t.transpose(m,0,1)
        m.transpose(1,0)
        m.t()
        t.t(m)
        m.T
        x.mT
        v.t()
        x.unsqueeze(0)
        x.unsqueeze(-1)
        t.unsqueeze(v,1)
        x.unsqueeze(dim=1)
        x.unsqueeze(0).squeeze(0)
        x.squeeze(dim=1)
    """,
    "squeezing and flattening": """
        x.squeeze()
        x.unsqueeze(1).squeeze()
        t.squeeze(x.unsqueeze(1),dim=1)
        x.flatten()
        x.flatten(1)
        x.flatten(0,1)
        t.flatten(x,start_dim=1)
        x.flatten(start_dim=1,end_dim=2)
    """,
    "sums and means": """
        x.sum()
        x.sum(1)
        x.sum(dim=1)
        x.sum(dim=(0,2))
        x.sum((0,1))
        x.sum(-1,keepdim=True)
        t.sum(x,dim=0)
        t.mean(x,1)
        x.mean(dim=[1,2])
        x.mean(dim=(1,2),keepdim=True)
        x.prod(dim=1)
        x.prod()
    """,
    "extrema": """
        x.max()
        x.min()
        x.max(dim=1)
        x.min(dim=1,keepdim=True)
        x.max(1,keepdim=True)
        t.max(x,dim=2)
        x.max(dim=1).values
        x.max(dim=1)[1]
        x.amax(dim=1)
        x.amax(dim=(1,2))
        x.amin(1)
        x.argmax()
        x.argmax(1)
        x.argmax(dim=1,keepdim=True)
        t.argmax(x,dim=1)
        x.argmin(dim=0)
    """,
    "spread and norms": """
        x.std(dim=1)
        x.var(dim=1)
        x.var(dim=1,unbiased=False)
        x.std(dim=(0,1),correction=0)
        t.std(x,dim=0,keepdim=True)
        t.var(x,dim=1,correction=1)
        x.std(unbiased=True)
        x.norm()
        x.norm(dim=1)
        x.norm(2,dim=1)
        x.norm(p=1,dim=1)
        t.norm(x)
        m.norm(p=2)
        m.norm(p='fro')
    """,
    "each entry": """
        x.abs()
        p.log()
        p.sqrt()
        p.rsqrt()
        x.exp()
        x.sin()
        x.cos()
        x.tan()
        x.tanh()
        x.sigmoid()
        x.relu()
        x.pow(2)
        t.pow(p,0.5)
        2**x
        x**2
        x.square()
        p.reciprocal()
        x.sign()
        x.floor()
        x.ceil()
        x.round()
        x.trunc()
        x.frac()
        p.log2()
        p.log10()
        p.log1p()
        x.expm1()
        x.erf()
        x.neg()
        x.atan()
        x.sinh()
        x.cosh()
    """,
    "limits, softmax and running sums": """
        x.clamp(min=0)
        x.clamp(max=0)
        x.clamp(-1,1)
        x.clamp(min=0,max=.5)
        t.clamp(x,0,1)
        x.clip(0,1)
        x.clamp_min(0)
        x.softmax(dim=1)
        t.softmax(x,dim=-1)
        x.log_softmax(dim=1)
        t.logsumexp(x,dim=1)
        x.logsumexp(dim=(1,2),keepdim=True)
        x.cumsum(dim=1)
        x.cumsum(0)
        x.cumprod(dim=1)
        t.cumsum(x,dim=2)
    """,
    "sizes": """
        x.size()
        x.size(0)
        x.size(-1)
        x.dim()
        x.ndim
        x.numel()
        x.nelement()
        x.shape
        len(x)
        t.numel(x)
        x.shape[1]
        x.is_floating_point()
    """,
    "repeating": """
        x.expand(2,3,4)
        v.expand(3,4)
        v.expand(3,-1)
        v.unsqueeze(1).expand(-1,5)
        v.expand_as(m)
        x.repeat(1,1,2)
        x.repeat(2,1,1,1)
        t.tile(v,(2,2))
        v.tile(2)
        x.repeat_interleave(2,dim=1)
        t.repeat_interleave(v,2)
        v.repeat_interleave(3)
    """,
    "cutting and moving": """
        x.chunk(2,dim=2)
        x.chunk(3,dim=2)
        t.chunk(v,2)
        x.split(1,dim=1)
        x.split(2,dim=2)
        x.split([1,2],dim=1)
        t.split(v,3,dim=0)
        x.unbind(0)
        x.unbind(dim=1)
        t.unbind(m)
        x.narrow(2,1,2)
        x.select(1,0)
        x.movedim(0,1)
        t.movedim(x,0,-1)
        x.roll(1,0)
        x.roll(shifts=1,dims=1)
        t.roll(v,2)
        x.flip(0)
        x.flip(0,1)
        x.flip(dims=(1,))
        t.flip(x,[0,2])
        x.swapaxes(0,1)
        m.tril()
        m.triu(1)
        t.tril(m,-1)
        m.diag()
        v.diag()
        t.diag(v,1)
        m.diagonal()
        m.diagonal(1)
        m.trace()
        x.diagonal(dim1=0,dim2=1)
    """,
    "picking and sorting": """
        x.gather(2,w)
        t.gather(x,2,w)
        x.gather(dim=2,index=w)
        x.masked_fill(b,0.0)
        x.masked_fill(x>0,-1e9)
        x.masked_select(b)
        x.index_select(1,i)
        t.index_select(x,1,i)
        x.topk(2,dim=2)
        x.topk(2)
        v.topk(2,largest=False)
        t.topk(v,3)
        x.sort(dim=2)
        t.sort(v,descending=True)
        x.sort(dim=1,descending=True)
        x.argsort(dim=1)
        v.argsort(descending=True)
        t.argsort(v)
        x.kthvalue(2,dim=2)
        x.median(dim=1)
        v.sort(stable=True)
    """,
    "putting": """
        t.zeros(2,3).scatter(1,t.tensor([[0],[2]]),1.0)
        t.zeros(2,3).scatter_(1,t.tensor([[0],[2]]),1.0)
        t.zeros(2,3).scatter_(dim=1,index=t.tensor([[0],[2]]),value=5)
        t.zeros(4,dtype=t.float64).scatter_add(0,t.tensor([0,0,1,2]),v)
        t.zeros(4,4,dtype=t.float64).index_add(0,t.tensor([1,1]),m[:2])
        m.index_fill(0,t.tensor([0,2]),-1)
        m.index_copy(0,t.tensor([0,2]),m[:2])
        t.zeros(3,4,dtype=t.float64).index_add_(0,i,t.ones(3,4,dtype=t.float64))
    """,
    "comparing": """
        x.eq(y)
        x.ne(y)
        x.gt(0)
        x.ge(y)
        x.lt(0)
        x.le(0)
        t.eq(x,y)
        t.gt(x,0)
        (x>0).any()
        (x>0).all()
        (x>0).any(dim=1)
        (x>0).sum()
        (x>0).sum(dim=1)
        (x>0).float().mean()
        (x>0)&(y>0)
        ~(x>0)
        t.logical_and(x>0,y>0)
        t.logical_not(b)
        x.isnan().any()
        t.isnan(x)
        t.isinf(x)
        t.isfinite(x)
        t.allclose(x,x)
        x.equal(x)
        t.isclose(x,y)
        x.allclose(y)
        t.where(x>0,x,y)
        x.where(x>0,y)
        t.where(x>0,x,0.0)
        t.maximum(x,y)
        t.minimum(x,y)
        x.maximum(y)
        t.count_nonzero(b)
        x.nonzero(as_tuple=False)
        t.unique(k)
        k.unique()
        t.bincount(i)
    """,
    "products": """
        x.matmul(y.transpose(1,2))
        x.bmm(y.transpose(1,2))
        t.bmm(x,y.mT)
        m.mm(m)
        m.mv(v)
        v.dot(v)
        m@v
        t.matmul(m,m)
        t.mm(m,m)
        t.dot(v,v)
        t.outer(v,v)
        v.outer(v)
        t.einsum('bij,bkj->bik',x,y)
        t.einsum('ij,j->i',m,v)
        t.tensordot(x,m,dims=1)
        t.addmm(m,m,m)
        t.mv(m,v)
    """,
    "arithmetic": """
        x.add(1)
        x.sub(1)
        x.mul(2)
        x.div(2)
        x.add(y)
        t.add(x,y)
        t.sub(x,y)
        t.mul(x,y)
        t.div(x,y)
        x.add(y,alpha=2)
        t.div(x,y,rounding_mode='floor')
        x.true_divide(2)
        x.detach().floor_divide(2)
        x%2
        x.remainder(2)
        x.fmod(2)
        x.lerp(y,.5)
        t.lerp(x,y,.3)
        x.addcmul(x,y,value=.5)
        x.addcdiv(x,y,value=.5)
        t.atan2(x,y)
        t.hypot(x,y)
    """,
    "dtypes": """
        x.float()
        x.double()
        x.half().float()
        x.long()
        x.int()
        x.bool()
        k.float()
        k.double()
        x.to(t.float32)
        x.to(t.int64)
        x.to('cpu')
        x.to(dtype=t.float32)
        x.to('cpu',t.float32)
        x.type(t.float32)
        x.type_as(k)
        x.cpu()
        x.contiguous()
        x.clone()
        x.detach().clone()
        x.detach().cpu().numpy()
        x.tolist()
        x[0,0,0].item()
        int(k[0,1])
        float(x.detach()[0,0,0])
    """,
    "new ones": """
        x.new_zeros(2,3)
        x.new_ones((2,))
        x.new_full((2,2),7.0)
        x.new_tensor([1,2])
        t.zeros_like(x)
        t.ones_like(k)
        t.full_like(x,3)
        t.empty_like(x).shape
        t.rand_like(x).shape
        t.randn_like(x).dtype==x.dtype
    """,
    "indexing": """
        x[0]
        x[0,1]
        x[:,0]
        x[...,-1]
        x[:,None]
        x[x>0]
        x[0,:,1:3]
        x[:, [0,2]]
        x[i[:2]-1]
        x[0][1]
        x[-1]
        x[::1]
        x[:, i]
        x[b]
        k[1:, ::2]
        x[None].shape
    """,
    "joining": """
        t.stack([x,y])
        t.stack([x,y],dim=1)
        t.stack((v,v),-1)
        t.cat([x,y])
        t.cat([x,y],dim=1)
        t.cat((x,y),1)
        t.concat([x,y],dim=2)
        t.vstack([m,m])
        t.hstack([m,m])
        t.hstack([v,v])
        t.concatenate([x,y],dim=0)
        t.meshgrid(v,v,indexing='ij')
    """,
    "values for the Tensor itself": """
        x.copy_(y)
        x.fill_(2.0)
        x.zero_()
        x.add_(1)
        x.mul_(2)
        x.sub_(y)
        x.div_(2)
        x.clamp_(0,1)
        x.neg_()
        x.abs_()
        x.exp_()
        p.sqrt_()
        x.masked_fill_(b,0)
        x.unsqueeze_(0)
        x.relu_()
        x.sigmoid_()
        x.pow_(2)
        x.round_()
        m.t_()
    """,
    "composed": """
        t.std_mean(x,dim=1)
        t.var_mean(x)
        t.diff(v)
        t.cross(x[:,:,:3],y[:,:,:3],dim=2)
        t.kron(m,m)
        t.inner(v,v)
        t.dist(x,y)
        t.nan_to_num(x)
        t.nansum(x)
        x.nanmean()
        t.cdist(m,m)
        t.triu_indices(3,3)
        t.cartesian_prod(v,v)
        t.broadcast_tensors(v,m)
        x.unfold(2,2,1)
        v.unfold(0,2,1)
        t.histc(v,4,-2,2)
        t.searchsorted(t.tensor([1.,2.,3.]),t.tensor([1.5]))
        t.bucketize(v,t.tensor([-1.,0.,1.],dtype=t.float64))
        x.logical_not()
        t.exp2(x)
        x.greater(0)
        x.less_equal(0)
        t.tensor_split(v,2)
        t.fliplr(m)
        x.unflatten(2,(2,2))
        m.fill_diagonal_(0)
        t.atleast_2d(v)
        x.logaddexp(y)
    """,
    "creation": """
        t.arange(5)
        t.arange(0,1,.25)
        t.arange(2,8,2)
        t.linspace(0,1,5)
        t.linspace(0,1,steps=3)
        t.eye(3)
        t.eye(2,3)
        t.full((2,3),7.)
        t.full((2,),1)
        t.zeros(3)
        t.ones((2,2))
        t.logspace(0,2,3)
        t.tensor(3.)
        t.tensor([1,2])
        t.as_tensor([1.,2.])
        t.from_numpy(np.ones(3))
        t.empty(2,3).shape
        t.rand(2,3).shape
        t.randn(4).shape
        t.randint(0,5,(3,)).shape
        t.randint(5,(2,2)).shape
        t.randperm(5).shape
        t.normal(0.,1.,(2,)).shape
        t.bernoulli(p.clamp(0,1)).shape
        t.multinomial(p,2).shape
        t.zeros(2,dtype=t.long)
        t.tensor([True,False])
        t.is_tensor(x)
        t.zeros([2,3])
        t.zeros(*x.shape)
        t.ones(x.shape)
        t.rand(x.size()).shape
        t.tensor([[1,2],[3,4]]).float()
    """,
    "dtypes, extremes of two, and numbers in an order": """
        x.sum(1,dtype=t.float64)
        m.float().sum(dtype=t.float64)
        k.sum(0,dtype=t.float64)
        k.mean(dtype=t.float64)
        k.prod(1,dtype=t.float32)
        x.cumsum(1,dtype=t.float64)
        k.cumprod(0,dtype=t.float64)
        x.softmax(1,dtype=t.float64)
        t.log_softmax(m.float(),0,dtype=t.float64)
        t.max(x.sum(),y.sum())
        t.min(x[0,0,0],y[0,0,0])
        t.max(x,y.sum())
        t.diff(v,prepend=v[:1])
        t.diff(x,1,1,y[:,:2],y[:,:1])
        t.diff(x,0)
        t.diff(x,2,dim=1,append=y)
        t.searchsorted(v.sort(descending=False).values,m)
        t.searchsorted(m.sort(dim=1).values,m,right=True)
        t.searchsorted(m.sort(dim=1).values,m,side='right',out_int32=True)
        t.searchsorted(k,k,right=True)
        t.bucketize(x,t.arange(3.0),right=True,out_int32=True)
        t.histc(v[:0],bins=3)
        t.var_mean(x,True)
        t.std_mean(x,False)
        t.take_along_dim(m,m.argsort(1))
        t.take_along_dim(x,w,2)
        t.take_along_dim(x,w,dim=-1)
        v.repeat_interleave(t.tensor([1,2,0,1]),output_size=4)
        t.repeat_interleave(x,2,1,output_size=6)
        t.cartesian_prod(v)
        t.triu_indices(3,3,dtype=t.int32)
        t.tril_indices(3,4,1,device='cpu')
        t.linspace(t.tensor(0.1),t.tensor(0.7),7,dtype=t.float64)
        t.logspace(t.tensor(0.1),t.tensor(0.7),7,dtype=t.float64)
    """,
    "norms of any order": """
        x.norm(p=3)
        x.norm(p=3,dim=1)
        x.norm(p=0.5,dim=(0,2),keepdim=True)
        x.norm(p=-float('inf'))
        m.norm(p=float('inf'))
        t.dist(x,y,3)
        t.cdist(m,m+1,1)
        t.cdist(m,m+1,3.0)
        t.cdist(m,m+1,float('inf'),compute_mode='donot_use_mm_for_euclid_dist')
    """,
    "one number for a row of one": """
        x.sum().cumsum(dim=0)
        x.sum().cumprod(0)
        x.sum().topk(1)
        x.sum().kthvalue(1)
        x.sum().median(dim=0)
        x.sum().median(dim=-1,keepdim=True)
        t.gather(x.sum(),0,i[:1])
        t.gather(x.sum(),0,i[0])
        x.sum().index_select(0,i[:1])
        x.sum().index_add(0,i[:1],y.sum(),alpha=2)
        x.sum().index_fill(0,i[:1],3.0)
        x.sum().index_copy(0,i[0],y.sum())
        x.sum().scatter(0,i[0],y.sum())
        x.sum().scatter_add(0,i[0],y.sum())
        t.nonzero(x.sum(),as_tuple=True)
        t.nonzero(x.sum()*0,as_tuple=False)
        t.masked_scatter(v,b[0],y)
    """,
}
FLOATS = "xymvp"


def data():
    rng = np.random.default_rng(0)
    return {
        "x": rng.normal(size=(2, 3, 4)),
        "y": rng.normal(size=(2, 3, 4)),
        "m": rng.normal(size=(4, 4)),
        "v": rng.normal(size=4),
        "b": rng.normal(size=(2, 3, 4)) > 0,
        "i": np.array([0, 2, 1]),
        "w": rng.integers(0, 3, size=(2, 3, 2)),
        "p": np.abs(rng.normal(size=(3, 4))) + 0.1,
        "k": np.arange(12).reshape(3, 4),
    }


def run(library, line):
    """What a line gives, and the gradients of the sum of its squares by the float Tensors; None where it has none."""
    leaves = {name: library.tensor(value, requires_grad=name in FLOATS) for name, value in data().items()}
    # a leaf cannot change while operations are recorded
    values = {name: leaf * 1 if name in FLOATS else leaf for name, leaf in leaves.items()}
    if ".numpy()" in line:
        values = {name: value.detach() for name, value in values.items()}
    result = eval(line, {"t": library, "np": np, **values})
    parts = [y for y in tensors_in(result) if y.requires_grad]
    if parts:
        sum([(y * y).sum() for y in parts]).backward()
    grads = [np.zeros(1) if leaves[name].grad is None else np.asarray(leaves[name].grad) for name in FLOATS]
    return flat(result), grads if parts else None


def tensors_in(result):
    if isinstance(result, tuple | list):
        return [y for one in result for y in tensors_in(one)]
    return [result] if isinstance(result, torch.Tensor | ag.Tensor) else []


def flat(result):
    if isinstance(result, tuple | list) and tensors_in(result):
        return [one for part in result for one in flat(part)]
    return [np.asarray(result.detach().numpy() if isinstance(result, torch.Tensor | ag.Tensor) else result)]


@pytest.mark.parametrize("name", LINES)
def test_lines_mean_the_same(name):
    compare(LINES[name])


def compare(lines):
    """Each line gives the same in both libraries, and the same gradients."""
    for line in lines.split("\n"):
        if not line.strip():
            continue
        ours, gradients = run(ag, line.strip())
        theirs, their_gradients = run(torch, line.strip())
        assert len(ours) == len(theirs), line
        for mine, other in zip(ours, theirs, strict=True):
            assert mine.shape == other.shape and mine.dtype.kind == other.dtype.kind, line
            if ".shape" not in line:
                np.testing.assert_allclose(mine, other, rtol=1e-6, atol=1e-12, err_msg=line)
        assert (gradients is None) == (their_gradients is None), line
        for mine, other in zip(gradients or [], their_gradients or [], strict=True):
            np.testing.assert_allclose(*np.broadcast_arrays(mine, other), rtol=1e-5, atol=1e-9, err_msg=line)
