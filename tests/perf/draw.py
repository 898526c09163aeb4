"""Print the table of the last measurements as Markdown, and draw how times grow: ``python -m tests.perf.draw``."""

from __future__ import annotations

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pandas as pd

from tests.perf.measure import RESULTS


def table(steps: pd.DataFrame) -> str:
    """The steps as a Markdown table, in the order in which they were measured."""
    lines = [
        "| task | activation | block rows | step (s) | floor (s) | ratio | target | plain (s) | plain / ours |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in steps.to_dict("records"):
        target = "" if pd.isna(row["target"]) else f"≤ {row['target']:.2f}"
        plain, gain = (
            ("", "") if pd.isna(row["plain_s"]) else (f"{row['plain_s']:.3f}", f"{row['plain_s'] / row['step_s']:.1f}")
        )
        cells = [row["task"], row["activation"], row["block_rows"], f"{row['step_s']:.3f}", f"{row['floor_s']:.3f}"]
        cells += [f"{row['ratio']:.2f}", target, plain, gain]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def peers_table(peers: pd.DataFrame) -> str:
    """Milliseconds a step beside those of peers; the gain is over the fastest of them."""
    lines = [
        "| picture × width | threads | activation | ours (ms) | plain | `torch.compile` | JAX | gain |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in peers.to_dict("records"):
        times = [row[name] for name in ("step_s", "plain_s", "compiled_s", "jax_s")]
        cells = [f"{row['side']}² × {row['width']}", str(row["threads"]), row["activation"]]
        cells += ["" if pd.isna(each) else f"{1e3 * each:.3g}" for each in times]
        lines.append("| " + " | ".join([*cells, f"{row['gain']:.2f}"]) + " |")
    return "\n".join(lines)


def curves(scaling: pd.DataFrame, jobs: pd.DataFrame) -> None:
    """Seconds a step against pixels, width and depth, with the floor of each as a dotted line; and those of laying out
    jobs."""
    axes_names = list(dict.fromkeys(scaling["axis"]))
    figure, (*axes, last) = plt.subplots(
        1, len(axes_names) + 1, figsize=(3.6 * (len(axes_names) + 1), 3.6), layout="constrained"
    )
    for panel in axes[1:]:
        panel.sharey(axes[0])
        panel.tick_params(labelleft=False)
    for panel, axis in zip(axes, axes_names, strict=True):
        rows = scaling[scaling["axis"] == axis]
        for index, (name, group) in enumerate(rows.groupby("activation", sort=False)):
            panel.loglog(group["value"], group["step_s"], "o-", color=f"C{index}", label=name, base=2)
            panel.loglog(
                group["value"], group["floor_s"].where(group["floor_s"] > 1e-5), ":", color=f"C{index}", base=2
            )
        panel.set_xlabel({"pixels": "side of the image (pixels)"}.get(axis, axis))
    axes[0].set_ylabel("s per step (dotted: its products)")
    axes[0].legend(frameon=False)
    last.loglog(jobs["jobs"], jobs["layout_s"], "o-", color="C7")
    last.set_xlabel("jobs of a suite")
    last.set_ylabel("s to lay them out")
    figure.savefig(RESULTS / "scaling.png", dpi=150)


def main() -> None:
    text = table(pd.read_csv(RESULTS / "steps.csv")) + "\n\n" + peers_table(pd.read_csv(RESULTS / "peers.csv"))
    (RESULTS / "steps.md").write_text(text + "\n")
    print(text)
    curves(pd.read_csv(RESULTS / "scaling.csv"), pd.read_csv(RESULTS / "jobs.csv"))
    print(f"\ntables and curves: {RESULTS}")


if __name__ == "__main__":
    main()
