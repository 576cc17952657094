"""``a4g-bench cluster check``: the shipped files, filled in, are fine; each thing wrong is a line with its remedy."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import Said, complaint, said

TOP = Path(__file__).resolve().parents[2]
SHIPPED = {
    "aws": "cluster.yaml",
    "local": "cluster/local.yaml",
    "gcp": "cluster/gcp.yaml",
    "kuberay": "cluster/kuberay.yaml",
}
FILLED_IN = {"change-me": "mine", "192.0.2.": "10.0.0."}
CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "GOOGLE_APPLICATION_CREDENTIALS")

Check = Callable[[str], Said]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a token, an ssh key and cloud credentials, none of them real; the top of the checkout is current."""
    files = {
        ".ray/auth_token": "token",
        ".ssh/id_ed25519": "key",
        ".aws/credentials": "[default]",
        ".config/gcloud/application_default_credentials.json": "{}",
    }
    folder = tmp_path / "home"
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
        (folder / name).chmod(0o600)
    monkeypatch.setenv("HOME", str(folder))
    for name in (*CREDENTIALS, "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "CLOUDSDK_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("a4g_bench.cluster.launcher.find_spec", lambda module: module)
    monkeypatch.chdir(TOP)
    return folder


@pytest.fixture
def check(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    """Check a text as a cluster file."""

    def checked(text: str, *more: str) -> Said:
        (tmp_path / "c.yaml").write_text(text)
        return said(capsys, "cluster", "check", tmp_path / "c.yaml", *more)

    return checked


def shipped(kind: str) -> str:
    """A shipped file with its placeholders filled in."""
    text = (TOP / SHIPPED[kind]).read_text()
    for placeholder, own in FILLED_IN.items():
        text = text.replace(placeholder, own)
    return text


@pytest.mark.parametrize("kind", SHIPPED)
def test_a_shipped_file_filled_in_is_fine(check: Check, kind: str) -> None:
    answer = check(shipped(kind))
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.endswith(f"c.yaml: nothing wrong ({kind})\n")


@pytest.mark.parametrize("kind", SHIPPED)
def test_a_shipped_file_marks_three_lines_to_change_and_is_refused_until_they_are(
    home: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    text = (TOP / SHIPPED[kind]).read_text()
    assert re.findall(r"# CHANGE (\d):", text) == ["1", "2", "3"]
    answer = said(capsys, "cluster", "check", SHIPPED[kind])
    assert answer.code == 1
    assert all("still '" in line and line.endswith(": put in your own") for line in answer.out.splitlines())
    for line in answer.out.splitlines():
        assert text.splitlines()[int(line.split(":")[1]) - 1].lstrip()[0] != "#"


def test_json_holds_what_the_lines_say(check: Check) -> None:
    answer = check((TOP / "cluster.yaml").read_text(), "--json").json
    assert (answer["kind"], answer["ok"], len(answer["problems"])) == ("aws", False, 3)
    assert answer["problems"][0]["what"] == "still 'change-me'"
    assert check(shipped("aws"), "--json").json["ok"] is True


def _security_group(port: int) -> str:
    rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    return f"GroupName: a4g-bench\n    IpPermissions: [{rule}]"


# which shipped file, what is replaced by what -> what the one line must hold
BROKEN: dict[str, tuple[str, str, str, str]] = {
    "unknown key": ("aws", "max_workers: 8\nups", "max_wrkers: 8\nups", "schema: Additional properties"),
    "wrong type": ("aws", "idle_timeout_minutes: 5", "idle_timeout_minutes: soon", "schema: idle_timeout_minutes: '"),
    "no such head": ("aws", "head_node_type: head", "head_node_type: hed", "schema: ValueError: `head_node_type`"),
    "no head address": ("local", "  head_ip: 10.0.0.10", "  hed_ip: 10.0.0.10", "schema: Please supply a `head_ip`"),
    "open head": ("aws", "RAY_AUTH_MODE=token RAY_USAGE_STATS_ENABLED=0 RAY_worker_niceness=0\n    ray start --head",
                  "ray start --head", "head_start_ray_commands: Ray answers without a token: put RAY_AUTH_MODE=token"),
    "token not copied": ("gcp", "  ~/.ray/auth_token: ~/.ray/auth_token\n", "", "no token reaches the nodes"),
    "token elsewhere": ("aws", "~/.ray/auth_token: ~/.ray/auth_token", "~/.ray/auth_token: ~/nowhere",
                        "no token at ~/nowhere: ray get-auth-token --generate"),
    "no such key": ("local", "~/.ssh/id_ed25519", "~/.ssh/other", "auth.ssh_private_key: no key at ~/.ssh/other"),
    "no key": ("local", "  ssh_private_key: ~/.ssh/id_ed25519\n", "", "auth.ssh_private_key: not given"),
    "another version": ("aws", '"$HOME/a4g-bench[', '"ray[default]==2.40.0" "$HOME/a4g-bench[',
                        "setup_commands: ray==2.40.0, but constraints.txt has 2."),
    "not locked": ("gcp", "-c ~/a4g-bench/constraints.txt ", "", "installs without the locked versions"),
    "no constraints": ("aws", "  ~/a4g-bench/constraints.txt: constraints.txt\n", "", "constraints.txt does not reach"),
    "missing file": ("aws", ": pyproject.toml", ": nowhere.toml", "'nowhere.toml' does not exist here: run it"),
    "open port": ("aws", "GroupName: a4g-bench", _security_group(8265),
                  "provider.security_group.IpPermissions.0: ports 8265-8265 are open to outside"),
    "open dashboard": ("gcp", "--dashboard-host=127.0.0.1", "--dashboard-host=0.0.0.0", "dashboard listens on 0.0.0.0"),
    "newer autoscaler": ("local", " RAY_enable_autoscaler_v2=0", "", "put RAY_enable_autoscaler_v2=0 in front"),
    "not a Ray resource": ("kuberay", "kind: RayJob", "kind: RayJub", "kind: neither a RayJob nor a RayCluster"),
    "no token on Kubernetes": ("kuberay", "mode: token", "mode: disabled", "Ray answers without a token"),
    "no entrypoint": ("kuberay", "entrypoint:", "entrypont:", "spec.entrypoint: missing"),
    "another Ray": ("kuberay", '"2.60.0"', '"2.9.0"', "the nodes get ray 2.9.0, this machine has"),
    "load balancer": ("kuberay", "ClusterIP", "LoadBalancer", "'LoadBalancer' opens Ray's ports to outside: ClusterIP"),
    "no image": ("kuberay", "image:", "imag:", "containers.0.image: missing"),
    "no workers": ("kuberay", "workerGroupSpecs:", "workers:", "workerGroupSpecs: missing or empty"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_told_with_its_remedy(check: Check, name: str) -> None:
    kind, part, instead, expected = BROKEN[name]
    text = shipped(kind)
    assert part in text
    answer = check(text.replace(part, instead))
    assert (answer.code, answer.err) == (1, "")
    assert expected in answer.out
    assert all(line.count(": ") >= 2 for line in answer.out.splitlines())


def test_ssh_may_be_open(check: Check) -> None:
    assert check(shipped("aws").replace("GroupName: a4g-bench", _security_group(22))).code == 0


@pytest.mark.parametrize(
    ("gone", "kind", "expected"),
    [
        (".ray/auth_token", "aws", "no token at ~/.ray/auth_token"),
        (".aws/credentials", "aws", "no AWS credentials here: aws configure"),
        (".config/gcloud/application_default_credentials.json", "gcp", "gcloud auth application-default login"),
        (".ssh/id_ed25519", "local", "no key at ~/.ssh/id_ed25519"),
    ],
)
def test_what_this_machine_lacks_is_told(home: Path, check: Check, gone: str, kind: str, expected: str) -> None:
    (home / gone).unlink()
    answer = check(shipped(kind))
    assert (answer.code, answer.out.count("\n")) == (1, 1)
    assert expected in answer.out


@pytest.mark.parametrize("name", [".ray/auth_token", ".ssh/id_ed25519"])
def test_a_secret_that_others_can_read_is_told(home: Path, check: Check, name: str) -> None:
    (home / name).chmod(0o644)
    assert f"chmod 600 ~/{name}" in check(shipped("local")).out


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [", "c.yaml:1: "),
        ("just text", "a cluster file is a mapping"),
        ("", "a cluster file is a mapping"),
        ("name: quick\n", "not a cluster file"),
        ("provider: aws\n", "not a cluster file"),
        ("a: &a [x]\nb: [" + "*a, " * 200 + "]", "aliases"),
        ("provider: {type: aws}\n---\na: 1\n", "more than one document"),
        ("a: 2020-99-99\n", "not valid YAML"),
    ],
)
def test_what_cannot_be_read_is_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, expected: str
) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(text)
    assert expected in complaint(capsys, "cluster", "check", file)


def test_no_file_no_text_and_a_folder_are_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00\x80")
    for name, expected in (("none", "No such file"), ("binary", "UTF-8"), (".", "cannot be read")):
        assert expected in complaint(capsys, "cluster", "check", tmp_path / name)


@pytest.mark.parametrize("value", [5, "text", None, [1], [None], {"a": 1}])
@pytest.mark.parametrize("kind", SHIPPED)
def test_no_value_of_a_wrong_type_makes_it_stumble(check: Check, kind: str, value: Any) -> None:
    data = yaml.safe_load(shipped(kind))
    places = {
        "kuberay": ("spec", "metadata"),
        "other": ("auth", "file_mounts", "available_node_types", "setup_commands"),
    }
    for key in places.get(kind, places["other"]):
        answer = check(yaml.safe_dump({**data, key: value}))
        assert answer.code in (0, 1), answer
        assert answer.err == ""
