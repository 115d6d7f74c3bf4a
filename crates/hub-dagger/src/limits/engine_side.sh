#!/bin/sh
# Runs where the engine runs, in a shell that reads this from its standard input and then one command
# after the other: find, apply, usage, killed, able. Answers in lines of words; the Hub judges them.
# Uses nothing but what every POSIX shell has, grep, and dmesg where it is there.
LC_ALL=C
export LC_ALL

# Where the control groups are mounted, and which part of their tree that is.
memory= cpu= account= unified=
while read -r _ _ _ root point _ rest; do
  [ -d "$point" ] || continue
  case " $rest" in
    *" - cgroup2 "*)
      [ -z "$unified" ] && unified=$point unified_root=$root
      ;;
    *" - cgroup "*)
      case ",${rest##* }," in *,memory,*) [ -z "$memory" ] && memory=$point memory_root=$root ;; esac
      case ",${rest##* }," in *,cpu,*) [ -z "$cpu" ] && cpu=$point cpu_root=$root ;; esac
      case ",${rest##* }," in *,cpuacct,*) [ -z "$account" ] && account=$point account_root=$root ;; esac
      ;;
  esac
done </proc/self/mountinfo
version=none
if [ -n "$memory" ] && [ -n "$cpu" ] && [ -n "$account" ]; then
  version=1
elif [ -n "$unified" ] && read -r controllers <"$unified/cgroup.controllers"; then
  case " $controllers " in *" memory "*) version=2 ;; esac
fi

# group PROCESS CONTROLLER: sets $path to the control group the process is in; "" is version 2.
group() {
  path=
  [ -r "/proc/$1/cgroup" ] || return 1
  while IFS=: read -r _ names where; do
    case ",$names," in *",$2,"*) path=$where ;; esac
  done 2>/dev/null <"/proc/$1/cgroup"
  [ -n "$path" ]
}

# below PATH ROOT: sets $path to PATH as it lies below a mount of ROOT.
below() {
  path=$1
  [ "$2" = / ] && return
  case $1 in "$2"/*) path=${1#"$2"} ;; esac
}

# place PROCESS: sets $m $c $a to the folders of its control groups, $name to the path of the first.
# Never the group the engine or this shell is in, nor one above it.
place() {
  controller=memory
  [ $version = 2 ] && controller=
  group self "$controller" || return 1
  own=$path/
  group "$1" "$controller" || return 1
  case $own in "${path%/}"/*) return 1 ;; esac
  name=$path
  if [ $version = 2 ]; then
    below "$path" "$unified_root"
    m=$unified$path c=$m a=$m
  else
    below "$path" "$memory_root"
    m=$memory$path
    group "$1" cpu || return 1
    below "$path" "$cpu_root"
    c=$cpu$path
    group "$1" cpuacct || return 1
    below "$path" "$account_root"
    a=$account$path
  fi
  [ -d "$m" ] && [ -d "$c" ] && [ -d "$a" ]
}

# ids PROCESS: adds its user ids to $users: the real, the effective, the saved one, and the one for files.
ids() {
  [ -r "/proc/$1/status" ] || return 1
  while read -r key four; do
    [ "$key" = Uid: ] && users="$users $four"
  done 2>/dev/null <"/proc/$1/status"
}

# search TAG: places the service whose processes carry the tag. The group of all of it is the one with
# the shortest path. Sets $users to the user ids of the group's processes; not all of them show the tag.
search() {
  found= users=
  for file in $(grep -lzxF -e "CCHUB_SERVICE=$1" /proc/[0-9]*/environ 2>/dev/null </dev/null); do
    pid=${file#/proc/}
    place "${pid%/environ}" || continue
    ids "${pid%/environ}"
    if [ -z "$found" ] || [ ${#name} -lt ${#found} ]; then
      found=$name found_m=$m found_c=$c found_a=$a
    fi
  done
  name=$found m=$found_m c=$found_c a=$found_a
  [ -n "$found" ] || return 1
  [ ! -r "$m/cgroup.procs" ] || while read -r pid; do
    ids "$pid"
  done 2>/dev/null <"$m/cgroup.procs"
  return 0
}

# put FOLDER FILE VALUE: writes a setting; sets $fault when that is refused. The program tells why, which
# not every shell's own printf does.
put() {
  fault=$({ env printf '%s\n' "$3" >"$1/$2"; } 2>&1 </dev/null) && return
  fault="$2: ${fault##*: }"
  return 1
}

# show WORD FOLDER FILE: reads a setting back.
show() {
  value=
  { read -r value <"$2/$3"; } 2>/dev/null
  printf '%s %s %s\n' "$1" "$3" "$value"
}

limit_memory_1() {
  if [ -e "$m/memory.memsw.limit_in_bytes" ]; then
    # Memory with swap is never less than memory: which one goes first depends on where they stand.
    put "$m" memory.limit_in_bytes "$1" || put "$m" memory.memsw.limit_in_bytes "$1" || return 1
    put "$m" memory.memsw.limit_in_bytes "$1" || return 1
  fi
  put "$m" memory.limit_in_bytes "$1"
}

limit_memory_2() {
  [ -e "$m/memory.max" ] || delegate
  put "$m" memory.max "$1" || return 1
  [ ! -e "$m/memory.swap.max" ] || put "$m" memory.swap.max 0
}

# Hands the controllers down to the group, from the mount on.
delegate() {
  level=$unified
  rest=${m#"$unified"/}
  while [ -n "$rest" ]; do
    put "$level" cgroup.subtree_control "+memory +cpu"
    level=$level/${rest%%/*}
    case $rest in */*) rest=${rest#*/} ;; *) rest= ;; esac
  done
}

# apply TAG BYTES QUOTA PERIOD: limits the service and shows what holds now.
apply() {
  if [ $version = none ]; then
    printf 'unable\n'
  elif ! search "$1"; then
    printf 'absent %s\n' "$(id -u)"
  else
    printf 'place %s %s %s %s %s\n' $version "$m" "$c" "$a" "$name"
    printf 'users %s\n' "$users"
    if [ $version = 1 ]; then
      limit_memory_1 "$2" && put "$c" cpu.cfs_period_us "$4" && put "$c" cpu.cfs_quota_us "$3" ||
        printf 'fault %s\n' "$fault"
      show memory "$m" memory.limit_in_bytes
      [ ! -e "$m/memory.memsw.limit_in_bytes" ] || show swap "$m" memory.memsw.limit_in_bytes
      show cpu "$c" cpu.cfs_quota_us
      show period "$c" cpu.cfs_period_us
    else
      limit_memory_2 "$2" && put "$c" cpu.max "$3 $4" || printf 'fault %s\n' "$fault"
      show memory "$m" memory.max
      [ ! -e "$m/memory.swap.max" ] || show swap "$m" memory.swap.max
      show cpu "$c" cpu.max
    fi
    usage $version "$m" "$c" "$a"
  fi
}

# field FILE KEY: sets $value to the number behind the key; 0 where it is missing.
field() {
  value=0
  [ -r "$1" ] || return 1
  while read -r key number _; do
    if [ "$key" = "$2" ]; then value=$number && return; fi
  done 2>/dev/null <"$1"
}

# first FILE: sets $value to the first word of a file; "-" where there is none.
first() {
  value=-
  [ -r "$1" ] && { read -r value <"$1"; } 2>/dev/null
}

# usage VERSION MEMORY CPU ACCOUNT: "used" bytes, of them cache that can go, most bytes, CPU, kills.
# CPU is in nanoseconds in version 1 and in microseconds in version 2.
usage() {
  if [ "$1" = 1 ]; then
    first "$2/memory.usage_in_bytes" && used=$value &&
      field "$2/memory.stat" total_inactive_file && cache=$value &&
      first "$4/cpuacct.usage" && spent=$value &&
      field "$2/memory.oom_control" oom_kill && kills=$value || { printf 'gone\n' && return; }
    first "$2/memory.max_usage_in_bytes"
  else
    first "$2/memory.current" && used=$value &&
      field "$2/memory.stat" inactive_file && cache=$value &&
      field "$4/cpu.stat" usage_usec && spent=$value &&
      field "$2/memory.events" oom_kill && kills=$value || { printf 'gone\n' && return; }
    first "$2/memory.peak"
  fi
  printf 'used %s %s %s %s %s\n' "$used" "$cache" "$value" "$spent" "$kills"
}

# killed VERSION MEMORY NAME: whether the kernel ended a process of the group because of its limit. The
# group may be gone; then the kernel's log tells, which names the group.
killed() {
  file=$2/memory.events
  [ "$1" = 1 ] && file=$2/memory.oom_control
  if field "$file" oom_kill && [ "$value" -gt 0 ]; then
    printf 'killed yes\n'
  elif lines=$(dmesg 2>/dev/null </dev/null); then
    case $lines in
      *"$3,task_memcg="*) printf 'killed yes\n' ;;
      *) printf 'killed no\n' ;;
    esac
  else
    printf 'killed unknown\n'
  fi
}

# able: which version there is, and as whom this runs.
able() {
  printf 'able %s %s\n' $version "$(id -u)"
}
