"""
# Compare activations

Three activations, the same picture, the same seeds. Scales and learning rates are defaults here;
`inrbench.explore` searches for better ones before it compares.
"""

import matplotlib.pyplot as plt

import inrbench

figure, axes = plt.subplots(figsize=(5, 3), layout="constrained")
for name in ("siren", "gauss", "relu-pe"):
    fit = inrbench.fit("coffee", name, steps=100, set={"tasks.image.size": 48}, progress=False)
    print(f"{name}: {fit.score:.2f} dB")
    axes.plot(fit.history["step"], fit.history["psnr"], label=name)
axes.set(xlabel="step", ylabel="PSNR (dB)", xscale="log")
axes.legend()
