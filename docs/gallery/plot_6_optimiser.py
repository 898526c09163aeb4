"""
# Another optimiser, another schedule

All settings of [`train`](../../reference/training.md) work with every activation. The rates here were not searched.
"""

import matplotlib.pyplot as plt

import inrbench

TRAIN = {
    "Adam": {"train.lr": 1e-3},
    "Adam, cosine": {"train.lr": 1e-3, "train.schedule": "cosine", "train.lr_decay": 0.01},
    "Muon": {"train.lr": 2e-2, "train.optimizer": "muon"},
}
figure, axes = plt.subplots(figsize=(5, 3), layout="constrained")
for name, settings in TRAIN.items():
    options = {"tasks.image.size": 32, "train.steps": 150, **settings}
    fit = inrbench.fit("camera", "relu-pe", set=options, progress=False)
    print(f"{name}: {fit.score:.2f} dB in {fit.history['train_s'].iloc[-1]:.1f} s")
    axes.plot(fit.history["train_s"], fit.history["psnr"], label=name)
axes.set(xlabel="seconds of training", ylabel="PSNR (dB)")
axes.legend()
