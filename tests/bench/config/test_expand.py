"""Expansion of a suite: how settings are merged, swept and named, and how a mistake in them is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inrbench.bench.config import expand
from inrbench.bench.config import suite as suites
from inrbench.bench.config.job import Job
from inrbench.bench.config.settings import Model
from inrbench.bench.errors import BadInput
from inrbench.tasks.signals.load import load_named
from inrbench.tasks.signals.user_file import UserFile
from tests.bench.config.layout import PLUGINS, lay_out


def test_the_particular_setting_wins() -> None:
    jobs = lay_out(
        """
        train: {steps: 5, lr: 1e-3}
        tasks:
          image: {signals: [camera], size: 16, train: {lr: 2e-3, steps: 6}}
          ct: {size: 16, angles: 4}
        activations:
          relu: {}
          siren: {omega0: 10, train: {lr: 3e-3}, per_task: {ct: {omega0: 20, train: {lr: 4e-3}, model: {params: 500}}}}
        """
    )
    found = {
        (job.task_key, job.method): (
            job.train.lr,
            job.train.steps,
            job.activation.params.get("omega0"),
            job.model,
        )
        for job in jobs
        if job.activation and job.train
    }
    small = Model(depth=2, width=8)
    assert found == {
        ("image", "relu"): (2e-3, 6, None, small),
        ("image", "siren"): (3e-3, 6, 10.0, small),
        ("ct", "relu"): (1e-3, 5, None, small),
        ("ct", "siren"): (4e-3, 5, 20.0, Model(depth=2, params=500)),
    }


def test_baselines_come_once_where_nothing_is_random() -> None:
    jobs = lay_out("repeats: 3\ntasks: {ct: {size: 16, angles: 4}}")
    assert [job.repeat for job in jobs if job.baseline == "fbp"] == [0]
    noisy = lay_out("repeats: 3\ntasks: {ct: {size: 16, angles: 4, noise: 0.1}}")
    assert [job.repeat for job in noisy if job.baseline == "fbp"] == [0, 1, 2]


def test_activations_are_interleaved() -> None:
    jobs = lay_out("repeats: 2\nactivations: {relu: {}, siren: {}}")
    assert [(job.method, job.repeat) for job in jobs] == [("relu", 0), ("siren", 0), ("relu", 1), ("siren", 1)]


def test_lists_sweep_and_name_the_methods() -> None:
    jobs = lay_out("activations: {siren: {omega0: [10, 20], train: {lr: [1e-3, 2e-3]}}}")
    assert [job.method for job in jobs] == [
        "siren[omega0=10,lr=0.001]",
        "siren[omega0=10,lr=0.002]",
        "siren[omega0=20,lr=0.001]",
        "siren[omega0=20,lr=0.002]",
    ]
    assert jobs[0].label == "SIREN[omega0=10,lr=0.001]"
    assert len({job.job_id for job in jobs}) == 4


def test_a_task_can_be_swept_and_used_twice() -> None:
    jobs = lay_out("tasks: {ct: {size: 16, angles: [4, 8]}, fine: {task: ct, size: 24, angles: 4}}")
    assert [job.task_key for job in jobs if job.activation] == ["ct[angles=4]", "ct[angles=8]", "fine"]


def test_a_size_of_two_numbers_is_no_sweep() -> None:
    assert len(lay_out("tasks: {image: {size: [16, 24]}}")) == 1


def test_an_activation_can_be_used_twice_under_names_of_ones_own() -> None:
    jobs = lay_out("activations: {relu: {}, 'wide sine': {activation: siren, omega0: 60}}")
    assert [(job.method, job.label) for job in jobs] == [("relu", "ReLU"), ("wide sine", "wide sine")]
    assert jobs[1].activation is not None
    assert jobs[1].activation.name == "siren"


def test_a_file_is_known_by_its_content(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (20, 20), dtype=np.uint8)
    paths = [tmp_path / "a" / "mine.png", tmp_path / "b" / "mine.png"]
    for path in paths:
        path.parent.mkdir()
        Image.fromarray(picture).save(path)
    first, second = (lay_out(f"tasks: {{image: {{signals: ['{path}'], size: 16}}}}")[0] for path in paths)
    assert first.signal.startswith("mine@")
    assert first.job_id == second.job_id
    assert str(tmp_path) not in first.columns().values()
    Image.fromarray(255 - picture).save(paths[1])
    assert lay_out(f"tasks: {{image: {{signals: ['{paths[1]}'], size: 16}}}}")[0].job_id != first.job_id


def test_a_file_with_options_is_a_signal_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "slice.npy"
    np.save(path, np.arange(400.0).reshape(20, 20) - 100)
    ids, sources = set(), []
    for options in ("range: [-100, 300]", "range: [0, 300], unit: HU"):
        job = lay_out(f"tasks: {{image: {{signals: [{{path: '{path}', {options}}}], size: 16}}}}")[0]
        assert Job.from_json(job.to_json()) == job
        assert load_named(job.source, job.signal).name == job.signal
        ids.add(job.job_id)
        sources.append(job.source)
    assert len(ids) == 2
    assert sources[1] == UserFile(str(path), (0, 300), "HU")


def test_two_pictures_with_the_same_bytes_are_two_jobs(tmp_path: Path) -> None:
    row = np.random.default_rng(0).integers(0, 256, 16, dtype=np.uint8)
    tall = np.tile(row, (64, 1))
    ids = set()
    for number, picture in enumerate((tall, tall.reshape(32, 32))):
        path = tmp_path / str(number) / "stripes.png"
        path.parent.mkdir()
        Image.fromarray(picture).save(path)
        ids.add(lay_out(f"tasks: {{image: {{signals: ['{path}']}}}}")[0].job_id)
    assert len(ids) == 2


def test_a_file_that_a_task_cannot_use_is_refused_before_any_job(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    np.save(tmp_path / "rgb.npy", random.random((20, 20, 3)))
    np.save(tmp_path / "tone.npy", random.random(500))
    cases = [
        ("ct", "rgb", "", "is of kind image-rgb and this task needs image-gray or ct; choose another file or save it"),
        ("mri", "rgb", "", "is of kind image-rgb"),
        ("image", "tone", "", "is of kind audio and this task needs image-gray or image-rgb or ct"),
        ("audio", "rgb", "", "this task needs audio"),
        ("image", "rgb", ", size: 40", "is 20 x 20 pixels and would have to be enlarged to 40 x 40"),
    ]
    for task, name, options, message in cases:
        with pytest.raises(BadInput, match=message) as caught:
            lay_out(f"tasks: {{{task}: {{signals: ['{tmp_path / name}.npy']{options}}}}}")
        assert "\n" not in str(caught.value)


def test_a_size_in_the_activation_replaces_the_suites() -> None:
    (job,) = lay_out("activations: {relu: {model: {params: 400}}}")
    assert job.model == Model(depth=2, params=400)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("activations: {}", ["activations is empty", "0 jobs can run"]),
        ("tasks: {}", ["tasks is empty"]),
        ("tasks: {image: {signals: []}}", ["tasks.image.signals", "0 jobs can run"]),
        ("tasks: {image: {signals: camera}}", ["tasks.image.signals", "not a list"]),
        ("tasks: {image: {signals: [camra]}}", ["tasks.image.signals", "camra", "camera"]),
        ("tasks: {imge: {}}", ["tasks.imge", "did you mean 'image'"]),
        ("tasks: {image: {sise: 16}}", ["tasks.image.sise", "did you mean 'size'"]),
        ("tasks: {image: 3}", ["tasks.image", "3"]),
        ("activations: {sirn: {}}", ["activations.sirn", "did you mean 'siren'"]),
        ("activations: {siren: {omega: 3}}", ["activations.siren.omega", "did you mean 'omega0'"]),
        ("activations: {siren: {per_tsk: {}}}", ["activations.siren.per_tsk", "did you mean 'per_task'"]),
        ("tasks: {image: {signal: [coins]}}", ["tasks.image.signal", "did you mean 'signals'"]),
        (
            "tasks: {image: {repeats: 2}}",
            ["tasks.image.repeats", "known: classical, model, signals, size, task, train"],
        ),
        ("activations: {siren: {omega0: -1}}", ["activations.siren.omega0", "-1", "greater than 0"]),
        ("activations: {siren: {omega0: fast}}", ["activations.siren.omega0", "'fast'", "not a number"]),
        ("activations: {siren: {omega0: []}}", ["activations.siren.omega0", "empty list"]),
        ("activations: {siren: {per_task: {imag: {}}}}", ["per_task.imag", "did you mean 'image'"]),
        ("activations: {siren: {train: 3}}", ["activations.siren.train", "not a mapping"]),
        ("activations: {siren: {model: {dept: 3}}}", ["activations.siren.model.dept", "did you mean 'depth'"]),
        ("model: {width: 8, params: 100}", ["model", "exactly one of width and params"]),
        ("train: {steps: 0}", ["train.steps", "0"]),
        ("suite: ../../escape", ["suite", "../../escape"]),
        ("repeats: 0", ["repeats", "0"]),
    ],
)
def test_a_mistake_is_named(text: str, words: list[str]) -> None:
    with pytest.raises(BadInput) as caught:
        lay_out(text)
    message = str(caught.value)
    assert message.startswith("s.yaml")
    for word in words:
        assert word in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("activations", "place"),
    [
        ("{sirn: {}}", "activations.sirn: "),
        ("{siren: {omega: 3}}", "activations.siren.omega: "),
        ("{siren: {train: {stepz: 3}}}", "activations.siren.train.stepz: "),
        ("3", "activations: "),
    ],
)
def test_a_path_with_a_colon_is_named_whole(activations: str, place: str, tmp_path: Path) -> None:
    path = tmp_path / "a: b" / "s.yaml"
    path.parent.mkdir()
    path.write_text(
        f"suite: s\nmodel: {{width: 8}}\ntrain: {{steps: 5}}\ntasks: {{image: {{}}}}\nactivations: {activations}"
    )
    with pytest.raises(BadInput) as caught:
        expand.jobs(suites.load(str(path))[0], PLUGINS, str(path))
    assert str(caught.value).startswith(f"{path}: {place}")


def test_a_classical_method_has_parameters_of_its_own_that_no_other_job_knows() -> None:
    text = """
        repeats: 1
        tasks: {superres: {signals: [camera], size: 16, factor: 2%s}, ct: {size: 16, angles: 4%s}}
        activations: {relu: {}}
        """
    plain = {(job.task_key, job.method): job for job in lay_out(text % ("", ""))}
    own = ", classical: {tv: {tv_weight: %s}}"
    jobs = {(job.task_key, job.method): job for job in lay_out(text % (own % "1e-3", own % "[1e-4, 1e-3]"))}
    assert jobs.keys() - plain.keys() == {
        ("superres", "tv"),
        ("ct", "tv[tv_weight=0.0001]"),
        ("ct", "tv[tv_weight=0.001]"),
    }
    assert plain.keys() - jobs.keys() == {("ct", "tv")}
    assert all(jobs[key].job_id == plain[key].job_id for key in jobs.keys() & plain.keys())
    searched = jobs["ct", "tv[tv_weight=0.001]"]
    assert (searched.baseline, searched.task.params["tv_weight"]) == ("tv", 1e-3)
    assert searched.data_seed == plain["ct", "tv"].data_seed
    pair = """
        tasks:
          ct:
            signals: [ct-small, ct-head]
            size: 16
            classical: {tv: {tv_weight: 1e-3}, tv/ct-head: {tv_weight: 1e-2}}
        """
    weights = {job.signal: job.task.params["tv_weight"] for job in lay_out(pair) if job.baseline == "tv"}
    assert weights == {"ct-small": 1e-3, "ct-head": 1e-2}
    same = {(job.task_key, job.method): job for job in lay_out(text % ("", own % "3e-5"))}
    assert same["ct", "tv"].job_id == plain["ct", "tv"].job_id  # the default


@pytest.mark.parametrize(
    ("classical", "message"),
    [
        ("{tvv: {tv_weight: 1e-3}}", r"tasks\.ct\.classical\.tvv: no such method — did you mean 'tv'"),
        ("{tv: {angles: 100}}", r"tasks\.ct\.classical\.tv\.angles: not of that method"),
        ("{tv/camera: {tv_weight: 1e-3}}", r"tasks\.ct\.classical\.tv/camera: no such signal"),
        ("{tv: {tv_weight: -1}}", r"tasks\.ct\.classical\.tv.*out of range"),
        ("{tv: 3}", "not a mapping"),
        ("{tv: {tv_weight: []}}", "sweeps over nothing"),
    ],
)
def test_a_mistake_in_a_classical_method_is_one_line(classical: str, message: str) -> None:
    with pytest.raises(BadInput, match=message) as error:
        lay_out(f"tasks: {{ct: {{size: 16, classical: {classical}}}}}")
    assert "\n" not in str(error.value)
