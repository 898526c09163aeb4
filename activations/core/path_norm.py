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
    mlp = getattr(network, "mlp", None)
    if not isinstance(mlp, MLP) or mlp.encoded:
        return None
    # A layer is (W, σ) or (V, W, σ): its last matrix is before its own units, its first after those of the layer below.
    incoming = [_weights(layer)[-1] for layer in mlp.layers]
    outgoing = [_weights(module)[0] for module in [*mlp.layers[1:], mlp.head]]
    return [
        torch.sum(torch.linalg.vector_norm(w, dim=1) * torch.linalg.vector_norm(v, dim=0))
        for w, v in zip(incoming, outgoing, strict=True)
    ]


def _weights(module: nn.Module) -> list[Tensor]:
    """Effective matrices in a module, in the order of their application."""
    weights = [getattr(part, "weight", None) for part in module.modules()]
    return [weight for weight in weights if isinstance(weight, Tensor)]
