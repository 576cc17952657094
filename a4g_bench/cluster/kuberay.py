"""What can be wrong with a KubeRay manifest: its structure, the token, versions, and what it opens."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from a4g_bench.cluster.common import Problem, same_ray

_KINDS = {"RayCluster": ("spec",), "RayJob": ("spec", "rayClusterSpec")}
_OPEN_SERVICES = ("LoadBalancer", "NodePort")


def kuberay_problems(documents: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """Everything wrong with a manifest's documents."""
    rays = [document for document in documents if document.get("kind") in _KINDS]
    if not rays:
        return [Problem("kind", "neither a RayJob nor a RayCluster", "take the shipped file's")]
    problems = [problem for document in rays for problem in _resource(document)]
    return problems + [problem for document in documents for problem in _services(document)]


def _resource(document: Mapping[str, Any]) -> Iterator[Problem]:
    path = _KINDS[document["kind"]]
    where = ".".join(path)
    if document.get("apiVersion") != "ray.io/v1":
        yield Problem("apiVersion", f"'{document.get('apiVersion')}'", "ray.io/v1")
    spec = _at(document, *path)
    if not spec:
        yield Problem(where, "missing", "a cluster needs headGroupSpec and workerGroupSpecs")
        return
    if document["kind"] == "RayJob" and not _at_text(document, "spec", "entrypoint"):
        yield Problem("spec.entrypoint", "missing", "a4g-bench run SUITE --address auto --results URI")
    if not isinstance(spec.get("rayVersion"), str):
        yield Problem(f"{where}.rayVersion", "missing or no text", "that of constraints.txt, in quotes")
    else:
        yield from same_ray(spec["rayVersion"], f"{where}.rayVersion")
    groups = {f"{where}.headGroupSpec": spec.get("headGroupSpec")}
    workers = spec.get("workerGroupSpecs")
    if not isinstance(workers, list) or not workers:
        yield Problem(f"{where}.workerGroupSpecs", "missing or empty", "a list with at least one group")
    else:
        groups.update({f"{where}.workerGroupSpecs.{position}": group for position, group in enumerate(workers)})
    has_token = _at(spec, "authOptions").get("mode") == "token"
    for place, group in groups.items():
        yield from _group(place, group, has_token)


def _group(where: str, group: Any, has_token: bool) -> Iterator[Problem]:
    pod = _at({"group": group}, "group", "template", "spec")
    containers = pod.get("containers")
    if not isinstance(containers, list) or not containers or not isinstance(containers[0], Mapping):
        yield Problem(f"{where}.template.spec.containers", "missing or empty", "the first container runs Ray")
        return
    container = containers[0]  # KubeRay starts Ray in the first
    place = f"{where}.template.spec.containers.0"
    if not container.get("image"):
        yield Problem(f"{place}.image", "missing", "an image built by cluster/Dockerfile")
    if not has_token and not _token_by_hand(container):
        yield Problem(
            place,
            "Ray answers without a token",
            "authOptions: {mode: token, secretName: ...} beside headGroupSpec (KubeRay 1.6 or newer)",
        )
    if not _at(container, "resources", "limits"):
        yield Problem(f"{place}.resources.limits", "missing", "cpu and memory: Ray takes a pod's size from them")
    if pod.get("hostNetwork"):
        yield Problem(f"{where}.template.spec.hostNetwork", "puts Ray's ports on the machine's network", "remove it")
    for port in container.get("ports") or []:
        if isinstance(port, Mapping) and port.get("hostPort"):
            yield Problem(f"{place}.ports", f"port {port['hostPort']} is open on the machine", "remove hostPort")
    if _at({"group": group}, "group").get("enableIngress"):
        yield Problem(f"{where}.enableIngress", "opens the dashboard to outside", "remove it: kubectl port-forward")
    kind = _at({"group": group}, "group").get("serviceType")
    if kind in _OPEN_SERVICES:
        yield Problem(f"{where}.serviceType", f"'{kind}' opens Ray's ports to outside", "ClusterIP")


def _token_by_hand(container: Mapping[str, Any]) -> bool:
    listed = container.get("env")
    named = [entry for entry in listed if isinstance(entry, Mapping)] if isinstance(listed, list) else []
    stated = {entry.get("name"): entry for entry in named}
    mode = _at({"env": stated}, "env", "RAY_AUTH_MODE").get("value")
    return mode == "token" and ("RAY_AUTH_TOKEN" in stated or "RAY_AUTH_TOKEN_PATH" in stated)


def _services(document: Mapping[str, Any]) -> Iterator[Problem]:
    kind = document.get("kind")
    if kind == "Ingress":
        yield Problem("kind", "an Ingress opens the cluster to outside", "remove it: kubectl port-forward")
    if kind == "Service" and _at(document, "spec").get("type") in _OPEN_SERVICES:
        yield Problem("spec.type", f"'{document['spec']['type']}' opens Ray's ports to outside", "ClusterIP")
    if kind == "Secret" and (document.get("data") or document.get("stringData")):
        yield Problem("kind", "a token in a file is soon shared", "kubectl create secret generic, as the comment says")


def _at(data: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """The mapping at a path; an empty one where there is none."""
    node: Any = data
    for key in path:
        node = node.get(key) if isinstance(node, Mapping) else None
    return node if isinstance(node, Mapping) else {}


def _at_text(data: Mapping[str, Any], *path: str) -> str:
    text = _at(data, *path[:-1]).get(path[-1])
    return text if isinstance(text, str) else ""
