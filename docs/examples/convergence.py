"""A figure for a paper from stored results: PSNR against training time, mean and 95 % interval over repeats.

inrbench run quick
python docs/examples/convergence.py results/quick superres convergence.png
"""

import sys

import matplotlib.pyplot as plt
from scipy.stats import t

from inrbench.bench import results

folder, task, target = sys.argv[1:]
scores = results.tidy(folder).query("task == @task and metric == 'psnr'")
trained, classical = (scores[scores["kind"] == kind] for kind in ("activation", "baseline"))

figure, axes = plt.subplots(figsize=(3.5, 2.6), layout="constrained")
order = trained[trained["step"] == trained["step"].max()].groupby("label")["value"].mean().sort_values()
for label in order.index[::-1]:
    steps = trained[trained["label"] == label].groupby("step")
    seconds, mean = steps["train_s"].mean(), steps["value"].mean()
    count = steps["value"].count()
    half = t.ppf(0.975, count - 1) * steps["value"].std() / count**0.5
    (line,) = axes.plot(seconds, mean, label=label)
    axes.fill_between(seconds, mean - half, mean + half, color=line.get_color(), alpha=0.15, linewidth=0)
for label, value in classical.groupby("label")["value"].mean().items():
    axes.axhline(value, color="0.5", linewidth=0.8, linestyle=":")
    axes.annotate(str(label), (1, value), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=6)
axes.set(xlabel="training time (s)", ylabel="PSNR (dB)", ylim=(order.min() - 8, None))
axes.legend(fontsize=6, frameon=False, ncols=2)
figure.savefig(target, dpi=200)

final = trained[trained["step"] == trained["step"].max()].groupby("label")["value"].agg(["mean", "std", "count"])
print(final.sort_values("mean", ascending=False).to_string(float_format="{:.2f}".format))
