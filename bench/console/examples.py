"""Examples at the end of the help of each command; a test runs all of them through the parser."""

from __future__ import annotations

EXAMPLES: dict[str, tuple[str, ...]] = {
    "list": ("inrbench list activations", "inrbench list suites --json"),
    "plan": ("inrbench plan quick", "inrbench plan standard --shard 2/8"),
    "run": (
        "inrbench run quick",
        'inrbench run quick -t image -a siren -a "wire[omega0=10,20]" --set train.steps=300',
    ),
    "status": ("inrbench status quick", "inrbench status paper-ct --scale small"),
    "report": ("inrbench report quick", "inrbench report quick -a siren -a relu --name two"),
    "tune": (
        "inrbench tune quick -t image -a siren --out mine.lock.yaml",
        "inrbench tune quick --classical",
    ),
    "try": ("inrbench try camera", "inrbench try photo.png -t superres -a siren -a wire --trials 32"),
    "rank": ("inrbench rank mine.py", "inrbench rank mine.py --suite quick --against results/quick"),
    "choose-c": ("inrbench choose-c choose-c", "inrbench choose-c choose-c --set repeats=1"),
    "archive": ("inrbench archive reference docs/results", "inrbench archive quick shared/results"),
    "data": ("inrbench data paper-ct", "inrbench data paper-image --scale small"),
    "merge": ("inrbench merge other/results", "inrbench merge other/results/quick --results results"),
    "compact": ("inrbench compact", "inrbench compact --results other/results"),
    "compare": (
        "inrbench compare other/results/quick results/quick",
        "inrbench compare other/results/standard results/standard",
    ),
    "export": ("inrbench export results/quick", "inrbench export results/quick > quick.csv"),
    "render": (
        "inrbench render results/quick 0c9a51f2 --size 1024",
        "inrbench render results/quick 0c9a51f2 --out camera.npy",
    ),
    "verify": ("inrbench verify results/quick", "inrbench verify docs/results/reference-small 0c9a51f2"),
    "check": ("inrbench check siren ct", "inrbench check soft-sine --plugin soft_sine.py"),
    "completion": ("source <(inrbench completion bash)", "source <(inrbench completion zsh)"),
    "doctor": ("inrbench doctor", "inrbench doctor --results other/results"),
    "new": ("inrbench new activation soft-sine", "inrbench new suite mine --from quick"),
}
"""Command -> command lines for a shell."""
