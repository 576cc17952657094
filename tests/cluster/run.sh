#!/bin/bash
# Two nodes over ssh on 127.0.0.2 and 127.0.0.3, started by `ray up` from cluster/local.yaml; a suite run on them, once
# from the head and once as a submitted job; both equal to a local run; `ray down`.
#
#     tests/cluster/run.sh [SUITE]       default: tests/cluster/small.yaml; `quick` takes long
#
# Needs root that may make namespaces (unshare), ssh, and either sshd and rsync or apt-get to fetch them; exit code
# 77 says that this machine cannot do it. Nothing is installed. All runs in namespaces: a loopback interface of its own, so
# that nothing can be reached from outside, and processes of its own, so that `ray stop` finds no other Ray and nothing
# outlives this script, however it ends.
set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$(dirname "$here")")
nodes="127.0.0.2 127.0.0.3"

skip() { echo "cluster test not possible here: $1" >&2; exit 77; }
say() { printf '%4d s  %s\n' $(($(date +%s) - A4G_STARTED)) "$1"; }

# --- outside: prepare, enter the namespaces, clean up ---------------------------------------------------------------

get_programs() { # sshd and rsync: the machine's, or unpacked from Debian's packages into $work
    mkdir -p "$work/bin" "$work/debian"
    local wanted=""
    [ -x /usr/sbin/sshd ] && ln -s /usr/sbin/sshd "$work/bin/sshd" || wanted="openssh-server libwrap0"
    command -v rsync >/dev/null || wanted="$wanted rsync libpopt0 libxxhash0"
    [ -z "$wanted" ] && return
    command -v apt-get >/dev/null || skip "no sshd or no rsync, and no apt-get to fetch them"
    # shellcheck disable=SC2086
    (cd "$work/debian" && apt-get -qq download $wanted >apt.log 2>&1) || skip "apt-get could not fetch: $wanted"
    for package in "$work"/debian/*.deb; do dpkg -x "$package" "$work/debian"; done
    [ -x "$work/bin/sshd" ] || ln -s "$work/debian/usr/sbin/sshd" "$work/bin/sshd"
    command -v rsync >/dev/null || ln -s "$work/debian/usr/bin/rsync" "$work/bin/rsync"
}

remains() { # processes in one of this test's process namespaces
    local link pid
    [ -s "$work/namespaces" ] || return 0
    for link in /proc/[0-9]*/ns/pid; do
        pid=${link//[^0-9]/}
        if grep -qxF "$(readlink "$link")" "$work/namespaces" 2>/dev/null; then
            echo "$pid $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline")"
        fi
    done
}

clean_up() {
    local code=$? left
    trap - EXIT INT TERM
    [ -n "${inside:-}" ] && kill -KILL "$inside" 2>/dev/null || true # the end of the first process ends all of them
    wait 2>/dev/null || true
    for _ in 1 2 3 4 5 6 7 8 9 10; do left=$(remains); [ -z "$left" ] && break; sleep 0.5; done
    if [ -n "$left" ]; then echo "still running:" >&2; echo "$left" >&2; code=1; else say "nothing left running"; fi
    if [ -n "${A4G_KEEP:-}" ]; then echo "kept: $work" >&2; else rm -rf "$work"; fi
    exit "$code"
}

outside() {
    [ "$(id -u)" = 0 ] || skip "it needs root"
    command -v ssh-keygen >/dev/null || skip "no ssh"
    unshare --mount --net --pid --uts --fork --mount-proc true 2>/dev/null || skip "no namespaces (unshare) allowed"
    bin=${VIRTUAL_ENV:-$top/.venv}/bin
    [ -x "$bin/a4g-bench" ] || skip "no environment at $(dirname "$bin"): make install"
    "$bin/python" -c "import aiohttp_cors, grpc" 2>/dev/null || skip "the extra 'cluster' is not installed"
    A4G_STARTED=$(date +%s)
    work=$(mktemp -d /var/tmp/a4g-cluster.XXXXXX)
    trap clean_up EXIT
    trap 'exit 130' INT TERM
    get_programs
    cp "$suite" "$work/suite.yaml" 2>/dev/null || cp "$top/suites/$suite.yaml" "$work/suite.yaml"
    say "prepared"
    export A4G_STARTED bin work
    # should this script be killed outright, the kernel ends the namespace with it
    setpriv --pdeathsig KILL unshare --mount --net --pid --uts --fork --kill-child --mount-proc "$0" --inside &
    inside=$!
    wait "$inside" && code=0 || code=$?
    inside=
    return $code
}

# --- inside: one machine's view, in a mount namespace of its own -----------------------------------------------------

become_machine() { # $1: name. Home, /tmp, /run, /dev/shm and accounts of its own
    local root=$work/$1
    readlink /proc/self/ns/pid >>"$work/namespaces"
    mkdir -p "$root/home" "$root/tmp"
    sed "s|^root:.*|root:x:0:0::$root/home:/bin/bash|; /^sshd:/d" /etc/passwd >"$root/passwd"
    echo "sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin" >>"$root/passwd"
    { echo "root:*:19000:0:99999:7:::"; echo "sshd:*:19000:0:99999:7:::"; } >"$root/shadow"
    mount --bind "$root/passwd" /etc/passwd
    mount --bind "$root/shadow" /etc/shadow
    local kept
    for kept in "$top" "$(dirname "$bin")"; do # a checkout or an environment below /tmp stays where it is
        case $kept in /tmp/*) mkdir -p "$root$kept" && mount --bind "$kept" "$root$kept" ;; esac
    done
    mount --rbind "$root/tmp" /tmp
    mount -t tmpfs tmpfs /run
    mount -t tmpfs tmpfs /dev/shm
    hostname "$1"
    export HOME=$root/home
    unset TMPDIR XDG_CONFIG_HOME XDG_CACHE_HOME RAY_ADDRESS RAY_TMPDIR
}

node() { # $1: name, $2: address. A machine with an sshd; its end is the end of all that ran on it
    become_machine "$1"
    local root=$work/$1
    mkdir -p /run/sshd
    echo "export NODE_IP=$2 AGENT_PORT=$((52300 + ${2##*.})) LD_LIBRARY_PATH=$libraries PATH=$work/bin:\$PATH" >"$HOME/.bashrc"
    ssh-keygen -q -t ed25519 -N '' -f "$root/host_key"
    cat >"$root/sshd_config" <<END
ListenAddress $2:22
HostKey $root/host_key
AuthorizedKeysFile $work/key.pub
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
PidFile none
SetEnv PATH=$work/bin:/usr/local/bin:/usr/bin:/bin LD_LIBRARY_PATH=$libraries
END
    LD_LIBRARY_PATH=$libraries "$(readlink -f "$work/bin/sshd")" -D -E "$root/sshd.log" -f "$root/sshd_config" &
    wait
}

on_head() { "$bin/ray" exec "$work/cluster.yaml" "$1" >>"$work/driver.log" 2>&1; }

fail() {
    echo "FAILED: $1" >&2
    tail -n 40 "$work/driver.log" >&2
    exit 1
}

inside() {
    become_machine driver
    ip link set lo up
    libraries=$(find "$work/debian" -name '*.so.*' -printf '%h\n' | sort -u | paste -sd:)
    ssh-keygen -q -t ed25519 -N '' -f "$work/key"
    export libraries PATH="$work/bin:$bin:$PATH" LD_LIBRARY_PATH=$libraries RAY_AUTH_MODE=token
    local number=0 address
    for address in $nodes; do
        number=$((number + 1))
        unshare --mount --pid --uts --fork --kill-child --mount-proc "$0" --node "node$number" "$address" &
    done
    : >"$work/driver.log"
    cd "$work"
    ray get-auth-token --generate >/dev/null 2>&1 && chmod 600 ~/.ray/auth_token
    python "$here/configure.py" "$top" "$work"
    say "two sshd, a key, a token"

    (cd "$top" && timeout 900 a4g-bench run "$work/suite.yaml" --results "$work/local") >>"$work/driver.log" 2>&1 ||
        fail "the local run"
    say "local run"

    (cd "$top" && ray up -y --no-config-cache "$work/cluster.yaml") >>"$work/driver.log" 2>&1 || fail "ray up"
    say "ray up"
    on_head "python $here/wait_for_nodes.py 2 90" || fail "the second node did not come"
    say "both nodes are there"

    ray rsync-up "$work/cluster.yaml" "$work/suite.yaml" '~/suite.yaml' >>"$work/driver.log" 2>&1
    on_head 'a4g-bench run suite.yaml --address auto --results ~/results 2>&1 | cat; exit ${PIPESTATUS[0]}' || fail "the run on two nodes"
    say "run on two nodes"
    ray rsync-down "$work/cluster.yaml" '~/results/' "$work/remote" >>"$work/driver.log" 2>&1
    python "$here/compare.py" "$work/local" "$work/remote" 2 || fail "the results differ"
    say "compared"

    job=$(a4g-bench run "$work/suite.yaml" --submit --results "$work/node1/home/job" 2>>"$work/driver.log") ||
        fail "submitting a job"
    timeout 900 ray job logs --follow --address http://127.0.0.1:8265 "$job" >>"$work/driver.log" 2>&1 || fail "the job"
    say "the same as a submitted job"
    python "$here/compare.py" "$work/local" "$work/node1/home/job" 2 || fail "the job's results differ"
    say "compared"

    (cd "$top" && ray down -y "$work/cluster.yaml") >>"$work/driver.log" 2>&1 || fail "ray down"
    say "ray down"
    # it stops the head only; a worker ends by itself once it has missed the head for a minute
    for _ in $(seq 100); do pgrep raylet >/dev/null || break; sleep 1; done
    if pgrep -fa 'raylet|gcs_server|ray/dashboard'; then fail "processes of Ray outlive ray down"; fi
    say "the worker ended too"
}

case "${1:-}" in
    --inside) inside ;;
    --node) node "$2" "$3" ;;
    *) suite=${1:-$here/small.yaml}; outside ;;
esac
