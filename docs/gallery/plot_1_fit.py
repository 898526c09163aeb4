"""
# Fit a picture

`inrbench.fit` trains one network on one signal. The signal may be a name, the path of a file, or an array.
"""

import matplotlib.pyplot as plt

import inrbench

fit = inrbench.fit("camera", "siren", steps=200, set={"tasks.image.size": 64}, progress=False)
print(fit)

figure, axes = plt.subplots(1, 3, figsize=(9, 3), layout="constrained")
for axis, title, values in zip(
    axes, ("truth", "fit", "fit, enlarged six times"), (fit.truth, fit.reconstruction, fit.render(384)), strict=True
):
    axis.imshow(values, cmap="gray", vmin=0, vmax=1)
    axis.set(title=title, xticks=[], yticks=[])
