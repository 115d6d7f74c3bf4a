//! The two services that keep data: each in an owned cache volume of the project, one server at a time.
//! A volume is made, or restored from a dump, by a step of its own before the service is launched; a
//! server that finds its volume empty all the same says so and ends, rather than begin from nothing.

use super::{DATA, Parts, image, shell};
use dagger_sdk::{
    Container, ContainerWithMountedCacheOpts, ContainerWithMountedDirectoryOpts, Id, Query,
};
use hub_domain::{DATABASE, ProjectId, Service, spec};

/// Services that keep data in a volume of the project.
pub(crate) const WITH_DATA: [Service; 2] = [Service::Postgres, Service::Redis];
/// Where dumps are seen while a volume is made.
const DUMPS: &str = "/hub/dumps";
/// What a server says that finds its volume empty.
pub(crate) const MARK_EMPTY: &str = "CCHUB: the volume holds no data";

/// One server at a time: an earlier session may not have ended yet. The lock belongs to the kernel and
/// is gone with the last process of that server. Where the image has no `flock`, it goes without.
const LOCK: &str = "exec 9>>lock
if command -v flock >/dev/null 2>&1; then
  tries=0
  until flock -n 9; do
    tries=$((tries + 1))
    [ $tries -lt 250 ] || { echo 'another server still uses this volume' >&2; exit 75; }
    sleep 0.2
  done
fi";

/// SIGTERM would make PostgreSQL wait for its clients; on SIGINT it ends their sessions and writes all
/// down. The first wait may be cut short by the signal, the last one brings the server's own code.
const POSTGRES: &str = "server=$!
trap 'kill -INT $server 2>/dev/null || true' TERM INT
code=0
while kill -0 $server 2>/dev/null; do
  code=0
  wait $server || code=$?
done
exit $code";

/// Mounts the volume of a project's service, owned by the service's user.
pub(super) fn with_volume(container: Container, volume: &Id, service: Service) -> Container {
    let user = spec(service).container_user;
    let owner = format!("{user}:{user}");
    container.with_mounted_cache_opts(
        DATA,
        volume.clone(),
        ContainerWithMountedCacheOpts {
            expand: None,
            owner: Some(&owner),
            sharing: None,
            source: None,
        },
    )
}

/// The volume's key: the project's id, which is never used again.
pub(crate) fn volume_key(project: &ProjectId, service: Service) -> String {
    format!("cchub-{project}-{service}")
}

pub(super) fn postgres_command() -> Vec<String> {
    let script = format!(
        "set -eu
cd {DATA}
{LOCK}
[ -s cluster/PG_VERSION ] || {{ echo '{MARK_EMPTY}' >&2; exit 78; }}
# Process ids of another container mean nothing here, and the lock says that nobody is left.
rm -f cluster/postmaster.pid
{KEEP_PASSWORD}
unset HUB_PASSWORD
mkdir -p -m 700 socket
postgres -D {DATA}/cluster -c listen_addresses='*' -c port=5432 \
  -c unix_socket_directories={DATA}/socket -c shared_buffers=64MB -c max_connections=100 \
  -c password_encryption=scram-sha-256 -c logging_collector=off &
{POSTGRES}"
    );
    shell(&script.replace("@DATABASE@", DATABASE))
}

/// Gives the database the password of today, where the Hub's master key has changed since it was made.
/// The shell writes it into a pipe; no argument list holds it.
const KEEP_PASSWORD: &str = r#"print=$(printf 'cchub:%s' "$HUB_PASSWORD" | sha256sum | cut -c1-64)
if [ "$print" != "$(cat cluster/cchub-password.sha256 2>/dev/null || true)" ]; then
  printf "ALTER ROLE @DATABASE@ PASSWORD '%s';\n" "$HUB_PASSWORD" |
    postgres --single -j -D cluster postgres >/dev/null
  printf '%s' "$print" > cluster/cchub-password.sha256
fi"#;

pub(super) fn redis_command() -> Vec<String> {
    let script = format!(
        "set -eu
cd {DATA}
{LOCK}
[ -e ready ] || {{ echo '{MARK_EMPTY}' >&2; exit 78; }}
password=$HUB_PASSWORD
unset HUB_PASSWORD
exec redis-server - <<SETTINGS
bind 0.0.0.0
port 6379
protected-mode yes
daemonize no
logfile \"\"
dir {DATA}
requirepass $password
appendonly yes
appendfsync everysec
SETTINGS"
    );
    shell(&script)
}

/// The container whose output tells how a volume is: `present`, `created`, or `restored FILE`, and in the
/// next line what the restored data lack. `nonce` makes the engine look rather than remember.
pub(crate) fn restoring(
    query: &Query,
    parts: &Parts,
    service: Service,
    dumps: Option<Id>,
    nonce: &str,
) -> Container {
    let (script, password, volume) = match service {
        Service::Postgres => (MAKE_POSTGRES, &parts.secrets.db_password, &parts.volumes.postgres),
        _ => (MAKE_REDIS, &parts.secrets.redis_password, &parts.volumes.redis),
    };
    let script = format!("set -eu\ncd {DATA}\n{LOCK}\ndumps={DUMPS}\n{script}")
        .replace("@DATABASE@", DATABASE)
        .replace("@ROLES@", crate::data::ROLES)
        .replace("@FURTHER@", crate::data::FURTHER);
    let mut container = with_volume(image(query, parts, service), volume, service);
    if let Some(dumps) = dumps {
        // In the Hub home they are readable by their owner alone.
        let user = spec(service).container_user.to_string();
        let options = ContainerWithMountedDirectoryOpts {
            expand: None,
            owner: Some(&user),
            read_only: Some(true),
        };
        container = container.with_mounted_directory_opts(DUMPS, dumps, options);
    }
    container
        .with_env_variable("HOME", "/tmp")
        .with_env_variable("LANG", "C.UTF-8")
        .with_secret_variable("HUB_PASSWORD", password.clone())
        .with_user(spec(service).container_user.to_string())
        .with_env_variable("CCHUB_LOOK", nonce)
        .with_exec(shell(&script))
}

/// The container that empties a project's volume.
pub(crate) fn clearing(query: &Query, image: &str, volume: &Id, service: Service) -> Container {
    let nonce = hex::encode(rand::random::<[u8; 8]>());
    let base = query.container().from(image).with_user("0");
    with_volume(base, volume, service)
        .with_env_variable("CCHUB_LOOK", nonce)
        .with_exec(shell(&format!("find {DATA} -mindepth 1 -delete")))
}

/// Appears in one step; of several dumps the newest that can be read is taken. One whose rights cannot be
/// given back is restored without them.
const MAKE_POSTGRES: &str = r#"if [ -s cluster/PG_VERSION ]; then echo present; exit 0; fi
rm -rf partial
made=created
say() { cat /tmp/said >&2; exit 1; }
found=$(ls -r $dumps/postgres-*.dump 2>/dev/null || true)
make() {
  rm -rf partial
  printf '%s\n' "$HUB_PASSWORD" | initdb -D partial --encoding=UTF8 --locale=C.UTF-8 \
    --auth-local=trust --auth-host=scram-sha-256 --username=@DATABASE@ \
    --pwfile=/dev/stdin >/tmp/said 2>&1 || say
  echo 'host all all all scram-sha-256' >> partial/pg_hba.conf
  echo 'CREATE DATABASE @DATABASE@;' | postgres --single -j -D partial postgres >/tmp/said 2>&1 || say
  printf 'cchub:%s' "$HUB_PASSWORD" | sha256sum | cut -c1-64 | tr -d '\n' > partial/cchub-password.sha256
}
restore() { pg_restore -h /tmp -U @DATABASE@ --exit-on-error "$@" >/tmp/restored 2>&1; }
bare='--no-owner --no-acl'
restore_all() {
  stem=${dump%.dump}
  lacks=
  # That a role is there already is no fault; what then lacks a role tells so itself.
  rights=--no-owner
  if [ -f "$stem.@ROLES@" ]; then
    psql -h /tmp -U @DATABASE@ -d postgres -q -f "$stem.@ROLES@" >/tmp/roles 2>&1 || true
    rights=
  fi
  into="-d @DATABASE@ --single-transaction"
  restore $into $rights "$dump" || { restore $into $bare "$dump" && lacks="$lacks, its roles' rights"; } ||
    return 1
  # Archives of this kind name the database they make.
  into="-d template1 --create --clean --if-exists"
  for further in "$stem".*.@FURTHER@; do
    [ -f "$further" ] || continue
    restore $into $rights "$further" || restore $into $bare "$further" || lacks="$lacks, ${further##*/}"
  done
}
make
for dump in $found; do
  pg_ctl -D partial -w -t 120 -l /tmp/log -o "-c listen_addresses= -c unix_socket_directories=/tmp" \
    start >/tmp/said 2>&1 || { cat /tmp/log >&2; say; }
  if restore_all; then made="restored ${dump##*/}"; fi
  pg_ctl -D partial -w -t 120 -m fast stop >/tmp/said 2>&1 || say
  [ "$made" = created ] || break
  echo "${dump##*/} cannot be restored:" >&2; cat /tmp/restored >&2
  make
done
if [ -n "$found" ] && [ "$made" = created ]; then exit 1; fi
mv partial cluster
echo "$made"
[ "$made" = created ] || [ -z "$lacks" ] || echo "${lacks#, }""#;

/// With an append-only file Redis passes over a dump, so the dump is first made into one: the server reads
/// it, and writes the file anew. Of several dumps the newest that can be read is taken.
const MAKE_REDIS: &str = r#"if [ -e ready ]; then echo present; exit 0; fi
made=created
found=$(ls -r $dumps/redis-*.rdb 2>/dev/null || true)
ask() { redis-cli -s /tmp/redis.sock "$@" 2>/dev/null; }
# Runs what follows until it is true, as long as the server lives: 120 s at most.
await() {
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    [ $tries -lt 1200 ] && kill -0 $server 2>/dev/null || return 1
    sleep 0.1
  done
}
answers() { ask ping | grep -q PONG; }
written() {
  state=$(ask info persistence) || return 1
  case $state in
    *aof_rewrite_in_progress:1*|*aof_rewrite_scheduled:1*) return 1;;
    *aof_last_bgrewrite_status:ok*) return 0;;
  esac
  return 1
}
restore() {
  await answers || return 1
  ask config set appendonly yes | grep -q OK || return 1
  await written || return 1
  ask shutdown nosave >/dev/null || true
  wait $server || return 1
  [ -s appendonlydir/appendonly.aof.manifest ] || [ -s appendonly.aof ]
}
rm -rf appendonlydir dump.rdb appendonly.aof
for dump in $found; do
  cp "$dump" dump.rdb
  redis-server --dir "$PWD" --port 0 --unixsocket /tmp/redis.sock --appendonly no \
    --save '' --logfile /tmp/log >/dev/null 2>&1 &
  server=$!
  if restore; then
    made="restored ${dump##*/}"
    break
  fi
  kill -9 $server 2>/dev/null || true
  wait $server 2>/dev/null || true
  echo "${dump##*/} cannot be restored:" >&2; tail -n 20 /tmp/log >&2
  rm -rf appendonlydir dump.rdb appendonly.aof /tmp/redis.sock /tmp/log
done
if [ -n "$found" ] && [ "$made" = created ]; then exit 1; fi
touch ready
echo "$made""#;
