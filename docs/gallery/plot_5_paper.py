"""
# A paper's table and figure

`inrbench.Results` opens stored results as DataFrames: here those of `reference-small`, which come with inrbench.
"""

import seaborn as sns

import inrbench

results = inrbench.Results("../results/reference-small")
final = results.final.query("label in ['SIREN', 'WIRE', 'Gauss', 'BW-ReLU', 'ReLU', 'tv']")
psnr = final.query("task in ['denoise', 'deblur', 'ct', 'mri']")
table = psnr.pivot_table("value", "label", "task", sort=False)
print(table.style.format("{:.2f}").highlight_max(props="textbf:--rwrap").to_latex(hrules=True))

axes = sns.stripplot(psnr, x="value", y="task", hue="label", dodge=True, size=4)
axes.set(xlabel="PSNR (dB), one point per signal and repeat", ylabel="")
sns.move_legend(axes, "upper left", bbox_to_anchor=(1, 1), title="")
