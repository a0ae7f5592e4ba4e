#!/usr/bin/env bash
# A Slurm cluster on one machine, for tests: one controller and three nodes on
# loopback. As root, on Debian 12 with `apt-get install slurm-wlm munge`.
#
#   cluster.sh start DIR [--max-array N]   prints the line that exports SLURM_CONF
#   cluster.sh stop DIR                    ends all that was started under DIR
#   cluster.sh kill-node DIR n2            as if the machine lost power
#   cluster.sh kill-slurmd DIR n2          the daemon dies, its tasks go on
#   cluster.sh revive-node DIR n2
#
# Configuration, keys, logs and spools lie under DIR and nowhere else. DIR may
# be started and stopped any number of times; several DIRs may run at once.
set -euo pipefail

nodes="n1 n2 n3"
cpus=8 # a node; more than the machine has

die() {
	echo "cluster.sh: $*" >&2
	if [ "${starting:-}" ]; then # leave nothing half started
		starting=
		stop
	fi
	exit 1
}

usage() {
	sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
	exit 64
}

# alive PIDFILE PROGRAM: is the process there, not a zombie, and the program?
alive() {
	local pid state
	[ -s "$1" ] && pid=$(cat "$1" 2>/dev/null) && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ] || return 1
	state=$(sed 's/.*) //; s/ .*//' "/proc/$pid/stat" 2>/dev/null) && [ "$state" != Z ]
}

# waitfor SECONDS COMMAND…: true as soon as the command is.
waitfor() {
	local until=$(($(date +%s) + $1))
	shift
	while ! "$@"; do
		[ "$(date +%s)" -lt "$until" ] || return 1
		sleep 0.2
	done
}

# A port is free where nobody answers.
free_ports() {
	local base port
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		base=$((20000 + (RANDOM % 1000) * 10))
		for port in $(seq "$base" $((base + 4))); do
			! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || continue 2
		done
		echo "$base"
		return
	done
	die "no five free ports found between 20000 and 30000"
}

write_config() {
	local max_array=$1 base host
	base=$(free_ports)
	host=$(hostname -s)
	cat >"$conf.new" <<-CONF
		ClusterName=assay
		SlurmctldHost=$host(127.0.0.1)
		SlurmctldPort=$base
		SlurmUser=root
		SlurmdUser=root
		AuthType=auth/munge
		# cred_expire is also how long a requeued job waits before it may start again.
		AuthInfo=socket=$dir/munge.sock,cred_expire=5
		CredType=cred/munge
		StateSaveLocation=$dir/state
		SlurmdSpoolDir=$dir/spool/%n
		SlurmctldPidFile=$dir/slurmctld.pid
		SlurmdPidFile=$dir/slurmd-%n.pid
		SlurmctldLogFile=$dir/slurmctld.log
		SlurmdLogFile=$dir/slurmd-%n.log
		SlurmctldDebug=verbose
		SlurmdDebug=verbose
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		JobAcctGatherType=jobacct_gather/none
		AccountingStorageType=accounting_storage/none
		MpiDefault=none
		SwitchType=switch/none
		MailProg=/bin/true
		GresTypes=gpu
		JobRequeue=1
		MaxArraySize=$max_array
		MaxJobCount=20000
		# A node counts as dead after SlurmdTimeout; it comes back by registering.
		SlurmdTimeout=6
		ReturnToService=2
		KillWait=5
		MinJobAge=300
		InactiveLimit=0
		SelectType=select/cons_tres
		SelectTypeParameters=CR_CPU
		SchedulerType=sched/backfill
		SchedulerParameters=sched_interval=1,batch_sched_delay=0,bf_interval=1
		SlurmdParameters=config_overrides
	CONF
	# Made-up GPUs, so that scripts which ask for some can be tested.
	printf 'NodeName=n[1-3] Name=gpu File=%s\n' /dev/null /dev/zero >"$dir/gres.conf"
	local i=0 node
	for node in $nodes; do
		i=$((i + 1))
		echo "NodeName=$node NodeHostname=$host NodeAddr=127.0.0.1 Port=$((base + i)) CPUs=$cpus RealMemory=16000 Gres=gpu:2 State=UNKNOWN" >>"$conf.new"
	done
	echo "PartitionName=main Nodes=$(echo "$nodes" | tr ' ' ,) Default=YES MaxTime=INFINITE DefaultTime=10 State=UP" >>"$conf.new"
	mv "$conf.new" "$conf"
}

start_node() {
	alive "$dir/slurmd-$1.pid" slurmd && return
	mkdir -p "$dir/spool/$1"
	slurmd -N "$1" -f "$conf" </dev/null >>"$dir/start.log" 2>&1 || die "slurmd $1 did not start; see $dir/slurmd-$1.log"
}

idle() {
	local up
	up=$(sinfo -h -N -o '%T' 2>/dev/null | grep -c -E '^(idle|mixed|allocated|completing)$') || true
	[ "$up" -eq "$(echo "$nodes" | wc -w)" ]
}

start() {
	local max_array=1001 missing="" tool node
	if [ $# -gt 0 ]; then
		if [ $# -ne 2 ] || [ "$1" != --max-array ]; then usage; fi
		max_array=$2
	fi
	for tool in munged slurmctld slurmd sbatch; do
		command -v "$tool" >/dev/null || missing="$missing $tool"
	done
	[ -z "$missing" ] || die "not installed:$missing; try: apt-get install -y slurm-wlm munge"
	case $dir in *[!A-Za-z0-9_./+-]*) die "$dir: Slurm's configuration takes only plain letters in a path" ;; esac
	[ ${#dir} -le 80 ] || die "$dir: too long for the socket of munge"
	[ "$(id -u)" -eq 0 ] || die "the daemons start tasks for other users: run this as root"
	if ! alive "$dir/slurmctld.pid" slurmctld; then
		stop # nodes of a controller that died would not know the new one's port
		mkdir -p "$dir/state"
		write_config "$max_array"
	fi
	starting=yes
	if ! alive "$dir/munged.pid" munged; then
		rm -f "$dir"/munge.sock*
		[ -s "$dir/munge.key" ] || (umask 077 && head -c 1024 /dev/urandom >"$dir/munge.key")
		# --force: the folders above DIR may be wider open than munged likes.
		munged --force --key-file="$dir/munge.key" --socket="$dir/munge.sock" --pid-file="$dir/munged.pid" \
			--log-file="$dir/munged.log" --seed-file="$dir/munge.seed" --num-threads=4 </dev/null >>"$dir/start.log" 2>&1 ||
			die "munged did not start; see $dir/start.log"
	fi
	alive "$dir/slurmctld.pid" slurmctld || slurmctld -f "$conf" </dev/null >>"$dir/start.log" 2>&1 ||
		die "slurmctld did not start; see $dir/start.log and $dir/slurmctld.log"
	for node in $nodes; do start_node "$node"; done
	waitfor 60 idle || die "the nodes did not come up in 60 s: $(sinfo -h -N -o '%N %T %E' 2>&1 | tr '\n' ';'); see the logs in $dir"
	echo "export SLURM_CONF=$conf"
}

# members NODE: the slurmstepds that the node's slurmd has started, and their
# tasks. Each step's daemon has a session of its own and writes to the node's
# log; its tasks are known by descent.
members() {
	local pid f
	for pid in $(processes slurmstepd); do
		for f in "/proc/$pid/fd"/*; do
			if [ "$(readlink "$f" 2>/dev/null)" = "$dir/slurmd-$1.log" ]; then
				descent "$pid"
				break
			fi
		done
	done
}

# descent PID: the process and all that it has started.
descent() {
	local child
	echo "$1"
	for child in $(cat "/proc/$1/task/$1/children" 2>/dev/null || true); do
		descent "$child"
	done
}

# processes NAME: their ids.
processes() {
	local f
	for f in /proc/[0-9]*/comm; do
		[ "$(cat "$f" 2>/dev/null)" != "$1" ] || echo "$f" | cut -d/ -f3
	done
}

# end SIGNAL PIDFILE PROGRAM
end() {
	alive "$2" "$3" || return 0
	kill "-$1" "$(cat "$2")" 2>/dev/null || true
	if ! waitfor 5 gone "$2" "$3"; then
		kill -KILL "$(cat "$2")" 2>/dev/null || true
		waitfor 5 gone "$2" "$3" || die "$3 does not end"
	fi
}

gone() { ! alive "$@"; }

kill_node() {
	end KILL "$dir/slurmd-$1.pid" slurmd
	members "$1" | xargs -r kill -KILL 2>/dev/null || true
}

stop() {
	local node
	[ -f "$conf" ] || return 0
	end TERM "$dir/slurmctld.pid" slurmctld
	for node in $nodes; do
		kill_node "$node"
	done
	end TERM "$dir/munged.pid" munged
	rm -f "$dir"/*.pid "$dir"/munge.sock*
}

[ $# -ge 2 ] || usage
verb=$1
[ "$verb" != start ] || mkdir -p "$2"
[ -d "$2" ] || die "no folder $2"
dir=$(cd "$2" && pwd -P)
shift 2
conf=$dir/slurm.conf
export SLURM_CONF=$conf
PATH=$PATH:/usr/sbin:/sbin

known_node() {
	[ $# -eq 1 ] || usage
	case " $nodes " in *" $1 "*) ;; *) die "no node $1; there are $nodes" ;; esac
	[ -f "$conf" ] || die "no cluster in $dir"
}

case $verb in
start) start "$@" ;;
stop) stop ;;
kill-node) known_node "$@" && kill_node "$1" ;;
kill-slurmd) known_node "$@" && end KILL "$dir/slurmd-$1.pid" slurmd ;;
revive-node) known_node "$@" && start_node "$1" ;;
*) usage ;;
esac
