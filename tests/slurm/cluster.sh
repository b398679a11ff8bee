#!/usr/bin/env bash
# A real Slurm of several nodes on this machine, for tests. Needs root and Debian's slurm-wlm and munge.
#
#   cluster.sh start DIR NODES     nodes n1 to nNODES, all idle; DIR is an absolute path
#   cluster.sh stop DIR            ends every process of the cluster
#   cluster.sh env DIR             what clients need:  eval "$(cluster.sh env DIR)"; sbatch ...
#   cluster.sh exec DIR HOST CMD   runs a command on a node, or on ctl, where Slurm's controller is
#   cluster.sh crash DIR NODE      a power cut: every process of the node is gone at once
#   cluster.sh boot DIR NODE       a crashed node comes back
#   cluster.sh cut DIR NODE        the node's network cable is out (NET=1); join: in again
#
# A node is a slurmd in PID, UTS, mount and IPC namespaces of its own. All share this machine's network, so that
# clients run anywhere; with NET=1 a node has a network of its own and clients run by `exec DIR ctl`.
# start ends with 77 where no cluster can be had, and says why. Its variables: CPUS (4) and GPUS (2) of a node, NET (0),
# PORT, the first of NODES + 1 ports (17900), and OWNER, a process whose end stops the cluster.
set -euo pipefail

usage() {
  sed -n '2,/^set /s/^# \{0,1\}//p' "$0" | sed '$d'
  exit 2
}
lacking() {  # what this machine would need; tests are skipped with it
  echo "$*" >&2
  exit 77
}
# A bare chroot refuses what munge's package does when it is installed: the programs are there, and may not run.
half_installed() {
  local package
  for package in munge slurmctld slurmd slurm-client; do
    [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || return 0
  done
  return 1
}
fail() {
  [ -z "$starting" ] || ! half_installed || lacking "Slurm is only half installed here: $*"
  echo "cluster: $*" >&2
  exit 1
}
starting=
logged() { "$@" </dev/null >>"$dir/log/start.log" 2>&1 || fail "$* failed: $(tail -n 3 "$dir/log/start.log")"; }

# --- processes of the cluster, by name ---

# The time at which a process began: a number that was given out anew does not fool us.
began() { [ -r "/proc/$1/stat" ] && awk '{ print $22 }' "/proc/$1/stat" 2>/dev/null; }
note_process() { echo "$2 $(began "$2")" >"$run/$1.pid"; }
pid_of() {  # status 1: it does not run
  local pid time
  read -r pid time 2>/dev/null <"$run/$1.pid" || return 1
  [ -n "$time" ] && [ "$(began "$pid")" = "$time" ] && echo "$pid"
}
note_daemon() {  # by its pidfile, which it writes a little after its start
  local pid='' tries
  for ((tries = 0; tries < 200; ++tries)); do
    pid=$(cat "$run/$1.pidfile" 2>/dev/null) || true
    [ -z "$pid" ] || break
    sleep 0.05
  done
  [ -n "$pid" ] || fail "$1 wrote no pidfile: $dir/log"
  note_process "$1" "$pid"
}
end_process() {  # end_process NAME SIGNAL; KILL if that does not do
  local pid tries
  pid=$(pid_of "$1") || return 0
  kill "-$2" "$pid" 2>/dev/null || true
  for ((tries = 0; tries < 100; ++tries)); do
    pid_of "$1" >/dev/null || break
    [ "$tries" -ne 60 ] || kill -KILL "$pid" 2>/dev/null || true
    sleep 0.1
  done
  rm -f "$run/$1.pid"
}

# --- hosts: namespaces that an init process holds open ---

node_address() { if [ "$NET" = 1 ]; then echo "10.77.0.$((10 + $1))"; else echo "127.0.0.$((10 + $1))"; fi; }
controller_host() { if [ "$NET" = 1 ]; then echo ctl; else hostname -s; fi; }
controller_address() { if [ "$NET" = 1 ]; then echo 10.77.0.1; else echo 127.0.0.1; fi; }

# Runs in the new namespaces: sh -c INIT sh NAME DIR. A node, with a PID namespace, needs someone who reaps orphans.
# shellcheck disable=SC2016
init_program='
  hostname "$1" && mount --bind "$2/etc/hosts" /etc/hosts || exit 1
  if [ "$1" = ctl ]; then
    : >"$2/run/$1.up"
    exec sleep infinity
  fi
  mount -t tmpfs -o size=256m tmpfs /dev/shm || exit 1
  sleep infinity &
  : >"$2/run/$1.up"
  while :; do wait; done'

child_of() { awk '{ print $1 }' "/proc/$1/task/$1/children"; }

make_host() {  # make_host NAME NAMESPACES...
  local name=$1 holder tries
  shift
  rm -f "$run/$name.up"
  setsid unshare --uts --mount --propagation private "$@" sh -c "$init_program" sh "$name" "$dir" \
    </dev/null >>"$dir/log/$name.log" 2>&1 &
  holder=$!
  disown
  note_process "$name" "$holder"
  for ((tries = 0; tries < 200; ++tries)); do
    [ ! -e "$run/$name.up" ] || break
    kill -0 "$holder" 2>/dev/null || fail "no namespaces for $name: $(cat "$dir/log/$name.log")"
    sleep 0.05
  done
  case " $* " in *" --fork "*) note_process "$name" "$(child_of "$holder")" ;; esac
}

on_host() {  # on_host NAME CMD...: in this folder
  local pid spaces=(--all)
  pid=$(pid_of "$1") || fail "$1 is down"
  [ "$1" != ctl ] || spaces=(--net --uts --mount)
  shift
  # shellcheck disable=SC2016
  nsenter --target "$pid" "${spaces[@]}" -- sh -c 'cd "$0" && exec "$@"' "$PWD" "$@"
}
on_controller() { if [ "$NET" = 1 ]; then on_host ctl "$@"; else "$@"; fi; }

make_controller_network() {
  make_host ctl --net
  logged on_host ctl ip link set lo up
  logged on_host ctl ip link add br0 type bridge
  logged on_host ctl ip addr add "$(controller_address)/24" dev br0
  logged on_host ctl ip link set br0 up
}

plug_in() {  # a node's cable: one end on the bridge, the other one its eth0
  local node=$1 number=${1#n} pid
  pid=$(pid_of "$node")
  on_host ctl ip link del "v$number" 2>/dev/null || true
  logged on_host ctl ip link add "v$number" type veth peer name eth0 netns "$pid"
  logged on_host ctl ip link set "v$number" master br0 up
  logged on_host "$node" ip link set lo up
  logged on_host "$node" ip addr add "$(node_address "$number")/24" dev eth0
  logged on_host "$node" ip link set eth0 up
}

boot() {
  local node=$1 network=()
  ! pid_of "$node" >/dev/null || fail "$node is up"
  [ "$NET" != 1 ] || network=(--net)
  mkdir -p "$dir/spool/$node/tmp"
  chmod 1777 "$dir/spool/$node/tmp"
  make_host "$node" --pid --ipc --fork --kill-child=KILL --mount-proc "${network[@]}"
  [ "$NET" != 1 ] || plug_in "$node"
  logged on_host "$node" timeout 20 env -i PATH="$PATH" SLURM_CONF="$conf" slurmd -N "$node"
}

crash() {
  [ "$NET" != 1 ] || on_host ctl ip link set "v${1#n}" down  # nothing says goodbye
  end_process "$1" KILL
}

cable() {  # cable NODE up|down
  [ "$NET" = 1 ] || fail "a cable needs NET=1 at start"
  on_host ctl ip link set "v${1#n}" "$2"
}

# --- configuration ---

write_hosts() {
  echo "127.0.0.1 localhost"
  echo "$(controller_address) $(controller_host)"
  for ((i = 1; i <= nodes; ++i)); do echo "$(node_address "$i") n$i"; done
}

# Character devices: only for those does Slurm set CUDA_VISIBLE_DEVICES.
make_gpus() {
  local last=$((GPUS - 1))
  [ "$GPUS" -gt 0 ] || return 0
  for ((i = 0; i <= last; ++i)); do mknod "$dir/dev/gpu$i" c 1 3; done
  printf 'AutoDetect=off\nNodeName=n[1-%d] Name=gpu File=%s/dev/gpu[0-%d]\n' "$nodes" "$dir" "$last" \
    >"$dir/etc/gres.conf"
}

# cred_expire: a requeued job waits that long. TmpFS: of each node, else PMIx of two nodes meet in /tmp.
# config_overrides: a node has the CPUs that are written here, not the machine's.
write_conf() {
  local gres=
  [ "$GPUS" -eq 0 ] || gres=Gres=gpu:$GPUS
  cat <<CONF
ClusterName=sandbox
SlurmctldHost=$(controller_host)($(controller_address))
SlurmctldPort=$PORT
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$run/munge.sock,cred_expire=5
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
TmpFS=$dir/spool/%n/tmp
SlurmctldPidFile=$run/slurmctld.pidfile
SlurmdPidFile=$run/slurmd-%n.pidfile
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd-%n.log
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$dir/log/jobcomp.log
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
GresTypes=gpu
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1,batch_sched_delay=0
SlurmdParameters=config_overrides
SlurmctldParameters=preempt_send_user_signal
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
ReturnToService=2
SlurmdTimeout=10
SlurmctldTimeout=30
KillWait=5
JobRequeue=1
MaxArraySize=10001
NodeName=DEFAULT CPUs=$CPUS Sockets=1 CoresPerSocket=$CPUS ThreadsPerCore=1 RealMemory=4000 $gres State=UNKNOWN
CONF
  for ((i = 1; i <= nodes; ++i)); do
    echo "NodeName=n$i NodeHostname=n$i NodeAddr=$(node_address "$i") Port=$((PORT + i))"
  done
  echo "PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP PriorityTier=10"
  echo "PartitionName=graced Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=10 GraceTime=60"
  echo "PartitionName=urgent Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=100 PreemptMode=OFF"
}

# --- start and stop ---

check_machine() {
  local program
  [ "$(id -u)" -eq 0 ] || lacking "needs root, for namespaces and device nodes"
  for program in slurmctld slurmd munged sbatch unshare nsenter; do
    command -v "$program" >/dev/null || lacking "$program is missing: tools/setup.sh --tests"
  done
  [ "$NET" != 1 ] || command -v ip >/dev/null || lacking "ip is missing: tools/setup.sh --tests"
  timeout 10 unshare --uts --mount --propagation private --pid --ipc --fork --mount-proc true 2>/dev/null ||
    lacking "no namespaces can be made here: not permitted, or in a chroot"
  [ "$NET" != 1 ] || unshare --net true 2>/dev/null || lacking "no network namespaces can be made here"
  (device=$(mktemp -u) && mknod "$device" c 1 3 && : >"$device" && rm "$device") 2>/dev/null ||
    lacking "no device nodes can be made here"
}

make_folders() {
  [ ! -e "$run" ] || fail "$run exists: stop it first"
  mkdir -p "$dir"/{etc,state,spool,dev,log,run}
  chmod 755 "$dir" "$dir"/{etc,run}
  declare -p nodes CPUS GPUS NET PORT >"$run/settings"
  write_hosts >"$dir/etc/hosts"
  make_gpus
  write_conf >"$conf"
}

start_munge() {
  (umask 077 && head -c 128 /dev/urandom >"$dir/etc/munge.key")
  logged timeout 20 munged --key-file="$dir/etc/munge.key" --socket="$run/munge.sock" --pid-file="$run/munged.pidfile" \
    --log-file="$dir/log/munged.log" --seed-file="$run/munge.seed" --num-threads=2
  note_daemon munged
}

start_controller() {
  [ "$NET" != 1 ] || make_controller_network
  logged on_controller timeout 20 env -i PATH="$PATH" SLURM_CONF="$conf" slurmctld
  note_daemon slurmctld
}

idle_nodes() { on_controller timeout 5 sinfo --noheader --Node --partition=main --states=idle --format=%N 2>/dev/null | wc -l; }
wait_for_nodes() {
  local tries
  for ((tries = 0; tries < 150; ++tries)); do
    [ "$(idle_nodes)" -ne "$nodes" ] || return 0
    sleep 0.2
  done
  fail "not all nodes are idle after 30 s: $dir/log"
}

guard() {  # stops the cluster at the end of its owner
  # shellcheck disable=SC2016
  setsid sh -c 'tail --pid="$1" -f /dev/null; exec "$2" stop "$3"' sh "$OWNER" "$0" "$dir" \
    </dev/null >/dev/null 2>&1 &
  disown
}

start() {
  nodes=$1 CPUS=${CPUS:-4} GPUS=${GPUS:-2} NET=${NET:-0} PORT=${PORT:-17900}
  check_machine
  starting=1
  trap stop EXIT
  make_folders
  [ -z "${OWNER:-}" ] || guard
  start_munge
  start_controller
  for ((i = 1; i <= nodes; ++i)); do boot "n$i"; done
  wait_for_nodes
  starting=
  trap - EXIT
}

stop() {
  [ -e "$run/settings" ] || return 0
  end_process slurmctld TERM
  for ((i = 1; i <= nodes; ++i)); do end_process "n$i" KILL; done
  end_process ctl KILL
  end_process munged TERM
  rm -rf "${dir:?}/dev" "$run"
}

[ $# -ge 2 ] || usage
command=$1 dir=$2 nodes=0
shift 2
[ "${dir:0:1}" = / ] || fail "DIR must be an absolute path: $dir"
run=$dir/run conf=$dir/etc/slurm.conf
export SLURM_CONF=$conf
if [ "$command" != start ] && [ -e "$run/settings" ]; then
  # shellcheck disable=SC1091
  . "$run/settings"
elif [ "$command" != start ] && [ "$command" != stop ]; then
  fail "no cluster runs in $dir"
fi

case $command:$# in
  start:1) start "$1" ;;
  stop:0) stop ;;
  env:0) echo "export SLURM_CONF=$conf" ;;
  exec:0 | exec:1) usage ;;
  exec:*) if [ "$1" = ctl ]; then on_controller "${@:2}"; else on_host "$@"; fi ;;
  boot:1) boot "$1" ;;
  crash:1) crash "$1" ;;
  cut:1) cable "$1" down ;;
  join:1) cable "$1" up ;;
  *) usage ;;
esac
