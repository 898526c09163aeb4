"""Path norm (also called variation norm) of networks of ReLUs, and of wavelets that are sums of ReLUs.

It measures the regularity of the function that a network represents, so it can serve as a penalty or be reported.

**One hidden layer.** f(x) = Σ_k v_k σ(w_kᵀx + b_k) + an affine function, with σ = ReLU, has the path norm
Σ_k ‖w_k‖₂ ‖v_k‖₂; where coordinate and value are scalars and no two kinks coincide, it is exactly the total variation
of f' on the line, hence an upper bound for it on an interval. ψ(c·z) is a sum of seven ReLUs of slope jumps a_j with
Σ_j |a_j| = 16, so a layer of wavelets has 16 |c| Σ_k ‖w_k‖₂ ‖v_k‖₂ [after Shenouda, Zhou & Nowak, ICML 2024].

**Several hidden layers.** N_l = Σ_k ‖W_l[k,:]‖₂ ‖V_l[:,k]‖₂, times 16 |c_l| for wavelets, where W_l is the matrix
before the units of layer l = 1 … L and V_l the next matrix after them; the norm is Σ_l N_l. Each unit contributes the
product of the norms of its incoming row and its outgoing column, and each layer counts once.

- With a linear layer V_l of its own after each nonlinearity (``linear_layers``), f is the composition of L
  vector-valued networks of one hidden layer, and N_l is the norm above of the l-th. With s = 1 for ReLU and 1/6 for the
  wavelet (whose Lipschitz constant is 8/3 = 16/6), s N_l bounds the Lipschitz constant of the l-th network, so
  Π_l s N_l ≤ (Σ_l s N_l / L)^L bounds that of f.
- Without linear layers, V_l is W_{l+1} or the head, and each matrix between two hidden layers belongs to two pairs, so
  that f is no composition of the pairs. s N_l still bounds the Lipschitz constant of the map from the outputs of layer
  l - 1 to the pre-activations of layer l + 1. Nothing more is claimed for the sum: it is a regulariser that extends the
  formula of one layer. The definition of the paper for this case is unknown here; its code leaves layers out.

**Quasi-norm.** The least sum of squared weights with which a ReLU network of L + 1 matrices represents a function is no
norm of it for L > 1; its function space has a quasi-norm with the exponent p = 2 / (L + 1) [Ongie & Parhi, arXiv
2606.14954]. Its counterpart here is (Σ |product of the weights on a path|^p)^(1/p) over all paths through the network,
with ‖W_1[k,:]‖₂ at their start and the norms of the head's columns at their end, times the factor of every layer they
pass (1, or 16 |c_l| for wavelets). With one hidden layer p is 1, and it is the path norm.

Biases and skip connections do not count: an affine function has no second derivative, and the bounds hold for all
biases. ψ is not homogeneous, so weight decay is no substitute for this norm.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inrbench.activations.core.mlp import MLP


def layer_norms(network: nn.Module) -> list[Tensor] | None:
    """Σ_k ‖W_l[k,:]‖₂ ‖V_l[:,k]‖₂ of each nonlinear layer l, as differentiable scalars; None if f has no path norm.

    This is the case for a network that is no MLP, and for encoded coordinates: the network then has such a norm as a
    function of the encoding, but not as a function of x.
    """
    mlp = _mlp(network)
    if mlp is None:
        return None
    # A layer is (W, σ) or (V, W, σ): its last matrix is before its own units, its first after those of the layer below.
    incoming = [_weights(layer)[-1] for layer in mlp.layers]
    outgoing = [_weights(module)[0] for module in [*mlp.layers[1:], mlp.head]]
    return [
        torch.sum(torch.linalg.vector_norm(w, dim=1) * torch.linalg.vector_norm(v, dim=0))
        for w, v in zip(incoming, outgoing, strict=True)
    ]


def path_quasi_norm(network: nn.Module, norm: Tensor) -> Tensor | None:
    """The ℓ_p quasi-norm of the products of weights along all paths, p = 2 / (nonlinear layers + 1).

    Args:
        norm: the path norm of the network, which tells the factor of its layers. Where layers learn a c of their own it
            is their mean, weighted by the norms.

    Returns:
        A scalar of float64, None if the network has no path norm.
    """
    mlp, norms = _mlp(network), layer_norms(network)
    if mlp is None or norms is None:
        return None
    first, *hidden, last = (part.double().abs() for module in (*mlp.layers, mlp.head) for part in _weights(module))
    p = 2 / (len(norms) + 1)
    paths = torch.linalg.vector_norm(first, dim=1) ** p
    for weight in hidden:
        paths = weight**p @ paths
    ends = torch.linalg.vector_norm(last, dim=0) ** p
    total = torch.stack(norms).sum()
    factor = norm.double() / torch.where(total > 0, total, 1)
    return torch.pow(factor, len(norms)) * torch.pow(ends @ paths, 1 / p)


def _mlp(network: nn.Module) -> MLP | None:
    """The MLP of a network that has a path norm, else None."""
    mlp = getattr(network, "mlp", None)
    return mlp if isinstance(mlp, MLP) and not mlp.encoded else None


def _weights(module: nn.Module) -> list[Tensor]:
    """Effective matrices in a module, in the order of their application."""
    weights = [getattr(part, "weight", None) for part in module.modules()]
    return [weight for weight in weights if isinstance(weight, Tensor)]
