/*
 * Made from crates/hub-api/src/contract by the example export_types of that crate. Not to be changed by hand.
 */

export type Service = "postgres" | "redis" | "backend" | "frontend";

export type PerService<T> = { 
/**
 * For PostgreSQL.
 */
postgres: T, 
/**
 * For Redis.
 */
redis: T, 
/**
 * For the backend.
 */
backend: T, 
/**
 * For the frontend.
 */
frontend: T, };

export type RuntimeKind = "native" | "dagger";

export type RuntimeChoice = "auto" | "native" | "dagger";

export type ErrorCode = "PATH_RELATIVE" | "PATH_MISSING" | "PATH_NOT_FOLDER" | "PATH_UNREADABLE" | "PATH_INSIDE_HUB_HOME" | "PATH_ALREADY_REGISTERED" | "PATH_LOOP" | "PROJECT_NOT_FOUND" | "PROJECT_AMBIGUOUS" | "PROJECT_RUNNING" | "PROJECT_NOT_RUNNING" | "PROJECT_REMOVED" | "SERVICE_UNKNOWN" | "CONFIG_INVALID" | "REQUEST_INVALID" | "PORT_HELD" | "PORT_LEASED" | "PORT_NONE_LEFT" | "RUNTIME_UNAVAILABLE" | "ENGINE_UNAVAILABLE" | "ENGINE_VERSION" | "ENGINE_FAILED" | "IMAGE_UNAVAILABLE" | "COMPONENT_MISSING" | "COMPONENT_TAMPERED" | "COMPONENT_DOWNLOAD_FAILED" | "ENVIRONMENT_BUILD_FAILED" | "DATABASE_INIT_FAILED" | "DISK_FULL" | "ACCOUNT_UNUSABLE" | "SERVICE_LAUNCH_FAILED" | "SERVICE_EXITED" | "SERVICE_NOT_READY" | "SERVICE_CRASHED" | "SERVICE_NOT_ENDING" | "START_CANCELLED" | "HUB_ALREADY_RUNNING" | "HUB_NOT_RUNNING" | "HUB_SHUTTING_DOWN" | "HUB_HOME_UNUSABLE" | "HUB_SERVER_FAILED" | "STORE_CORRUPT" | "STORE_TOO_NEW" | "STORE_FAILED" | "SECRETS_UNAVAILABLE" | "LOG_FAILED" | "UNAUTHORIZED" | "FORBIDDEN" | "NOT_FOUND" | "PICKER_UNAVAILABLE" | "INTERNAL";

export type PortOffer = { 
/**
 * Whose port it is.
 */
service: Service, 
/**
 * The port that is held.
 */
held: number, 
/**
 * A port that was free a moment ago.
 */
free: number, };

export type WireError = { 
/**
 * What kind of failure it is. Callers switch on this and on nothing else.
 */
code: ErrorCode, 
/**
 * What happened: one sentence.
 */
message: string, 
/**
 * What the user can do: one sentence.
 */
action: string, 
/**
 * The cause as the failing part put it.
 */
cause: string | null, 
/**
 * Id of the project it happened to.
 */
project: string | null, 
/**
 * The service it happened to.
 */
service: Service | null, 
/**
 * The last lines that service wrote, oldest first.
 */
log_tail: Array<string>, 
/**
 * A free port to use instead.
 */
offer: PortOffer | null, 
/**
 * Trying the same again may help.
 */
retryable: boolean, };

export type LogStream = "stdout" | "stderr" | "hub";

export type LogLine = { 
/**
 * Its number within the project, without gaps.
 */
seq: number, 
/**
 * When it arrived.
 */
at: number, 
/**
 * Which service wrote it.
 */
service: Service, 
/**
 * By which way.
 */
stream: LogStream, 
/**
 * The text without its line break.
 */
text: string, };

export type LogBatch = { 
/**
 * In order.
 */
lines: Array<LogLine>, 
/**
 * So many were passed over before them because the follower was too slow.
 */
missed: number, };

export type Proof = { 
/**
 * What was proven: "SQL answered".
 */
what: string, 
/**
 * When.
 */
at: number, 
/**
 * How long it took, in milliseconds.
 */
took_ms: number, };

export type HealthWord = "healthy" | "degraded" | "unknown" | "unhealthy";

export type Health = { "health": "healthy", 
/**
 * The answer.
 */
proof: Proof, } | { "health": "degraded", 
/**
 * The last good answer.
 */
last: Proof, 
/**
 * What is wrong.
 */
why: string, } | { "health": "unhealthy", 
/**
 * The last good answer.
 */
last: Proof, 
/**
 * What is wrong.
 */
why: string, } | { "health": "unknown", 
/**
 * That answer.
 */
last: Proof, };

export type Progress = { 
/**
 * What is being done.
 */
step: string, 
/**
 * So much is done, in the unit of the step.
 */
done: number | null, 
/**
 * Of so much.
 */
whole: number | null, };

export type ProjectState = { "state": "stopped" } | { "state": "queued", since: number, } | { "state": "starting", since: number, doing: Progress, } | { "state": "running", since: number, health: HealthWord, } | { "state": "stopping", since: number, } | { "state": "failed", error: WireError, } | { "state": "gave_up", error: WireError, };

export type ServiceState = { "state": "stopped" } | { "state": "waiting", needs: Array<Service>, } | { "state": "starting", since: number, attempt: number, needs: Array<Service>, last_miss: string | null, } | { "state": "running", since: number, health: Health, } | { "state": "pausing", until: number, error: WireError, } | { "state": "stopping" } | { "state": "gave_up", error: WireError, };

export type Enforcement = { "enforced": { by: string, } } | { "not_enforced": { because: string, } };

export type Limits = { 
/**
 * In cores.
 */
cpu: number, 
/**
 * In MB of 2^20 bytes.
 */
memory_mb: number, };

export type Usage = { 
/**
 * In percent of one core.
 */
cpu_percent: number, 
/**
 * In MB of 2^20 bytes.
 */
memory_mb: number, };

export type ServiceView = { 
/**
 * Which one.
 */
service: Service, 
/**
 * Its state.
 */
state: ServiceState, 
/**
 * Its port on 127.0.0.1.
 */
port: number, 
/**
 * Its process id, while it has one on this machine.
 */
pid: number | null, 
/**
 * The account it runs under.
 */
user: string | null, 
/**
 * Whether it was seen to run without the rights of root, while it runs.
 */
non_root: Enforcement | null, 
/**
 * Program and version.
 */
program: string | null, 
/**
 * Its limits.
 */
limits: Limits, 
/**
 * Whether they bind it, while it runs.
 */
enforcement: Enforcement | null, 
/**
 * Whether read-only is real, while it runs in a read-only project.
 */
read_only: Enforcement | null, 
/**
 * What it uses.
 */
usage: Usage | null, 
/**
 * When it was last launched.
 */
launched_at: number | null, 
/**
 * When that launch counted as up.
 */
ready_at: number | null, 
/**
 * How often the Hub launched it again by itself.
 */
restarts: number, 
/**
 * The last thing that went wrong with it.
 */
last_error: WireError | null, };

export type RuntimeView = { 
/**
 * What the user wants.
 */
choice: RuntimeChoice, 
/**
 * What is used, while it runs.
 */
in_use: RuntimeKind | null, 
/**
 * Why that one; empty while it does not run.
 */
why: string, };

export type FolderView = { 
/**
 * Which way, in words that can follow "the folder is".
 */
access: string, 
/**
 * Paths in the folder of versions that are kept beside others, because both sides changed the same.
 */
conflicts: Array<string>, 
/**
 * What is not kept alike now, and why.
 */
trouble: string | null, };

export type Urls = { 
/**
 * Of the backend.
 */
backend: string, 
/**
 * Of the page.
 */
frontend: string, };

export type Variable = { 
/**
 * Whose.
 */
service: Service, 
/**
 * Its name.
 */
name: string, 
/**
 * Its value.
 */
value: string, };

export type ProjectView = { 
/**
 * Identity.
 */
id: string, 
/**
 * Name.
 */
name: string, 
/**
 * Folder; bytes that are not UTF-8 are replaced.
 */
path: string, 
/**
 * Runtime.
 */
runtime: RuntimeView, 
/**
 * How it has its folder, while it runs and where that is not the folder itself.
 */
folder: FolderView | null, 
/**
 * Address of the Dagger engine, where the project names one.
 */
engine: string | null, 
/**
 * Container images, the project's own or the stack's.
 */
images: PerService<string>, 
/**
 * The workbench may not write into the folder.
 */
read_only: boolean, 
/**
 * It has a tray icon of its own.
 */
pinned: boolean, 
/**
 * It starts with the Hub.
 */
autostart: boolean, 
/**
 * The ports it is registered with; a running one may still have others.
 */
ports: PerService<number>, 
/**
 * Additional environment.
 */
environment: Array<Variable>, 
/**
 * Addresses.
 */
urls: Urls, 
/**
 * State.
 */
state: ProjectState, 
/**
 * All four services are proven healthy.
 */
overall_healthy: boolean, 
/**
 * The oldest of the four last proofs, while all four have one.
 */
proven_at: number | null, 
/**
 * It was running when an earlier Hub ended without stopping it.
 */
was_interrupted: boolean, 
/**
 * Services, in start order.
 */
services: Array<ServiceView>, 
/**
 * When this was put together.
 */
at: number, };

export type HubInfo = { 
/**
 * Version.
 */
version: string, 
/**
 * Its data folder.
 */
home: string, 
/**
 * Port of its loopback server.
 */
port: number, 
/**
 * The runtimes it has, in words.
 */
runtime: string, 
/**
 * Its process id.
 */
pid: number, };

export type Snapshot = { 
/**
 * Number of the last change in it.
 */
seq: number, 
/**
 * The Hub.
 */
hub: HubInfo, 
/**
 * The projects.
 */
projects: Array<ProjectView>, };

export type Change = { "kind": "project", project: ProjectView, } | { "kind": "removed", id: string, };

export type HubEvent = { 
/**
 * Numbers grow by one.
 */
seq: number, 
/**
 * The change.
 */
change: Change, };

export type Verdict = "ok" | "warning" | "failed";

export type Check = { 
/**
 * Stable identity.
 */
id: string, 
/**
 * What was looked at.
 */
title: string, 
/**
 * How it stands.
 */
verdict: Verdict, 
/**
 * What was found.
 */
found: string, 
/**
 * What to do; empty when nothing need be done.
 */
action: string, };

export type Settings = { 
/**
 * Runtime of projects that are registered from now on.
 */
default_runtime: RuntimeChoice, };

export type Nothing = Record<symbol, never>;

export type ProjectParams = { 
/**
 * Id, name or path.
 */
project: string, };

export type AddParams = { 
/**
 * The folder, absolute.
 */
path: string, 
/**
 * Its name; the folder's own where absent.
 */
name?: string, 
/**
 * Which runtime; the Hub's setting where absent.
 */
runtime?: RuntimeChoice, 
/**
 * The workbench may not write into the folder.
 */
read_only?: boolean, };

export type RemoveParams = { 
/**
 * Id, name or path.
 */
project: string, 
/**
 * Keep its databases and logs.
 */
keep_data?: boolean, };

export type Removed = { 
/**
 * What could not be deleted and why. The project is gone all the same.
 */
left: Array<WireError>, };

export type RunParams = { 
/**
 * Id, name or path.
 */
project: string, 
/**
 * Answer only when it is done.
 */
wait?: boolean, };

export type RestartParams = { 
/**
 * Id, name or path.
 */
project: string, 
/**
 * Only this service. A name that is none is `SERVICE_UNKNOWN`.
 */
service?: Service, 
/**
 * Answer only when it is done.
 */
wait?: boolean, };

export type Some4<T> = { 
/**
 * For PostgreSQL.
 */
postgres?: T, 
/**
 * For Redis.
 */
redis?: T, 
/**
 * For the backend.
 */
backend?: T, 
/**
 * For the frontend.
 */
frontend?: T, };

export type SetParams = { 
/**
 * Id, name or path.
 */
project: string, 
/**
 * Name.
 */
name?: string, 
/**
 * Runtime.
 */
runtime?: RuntimeChoice, 
/**
 * Read-only.
 */
read_only?: boolean, 
/**
 * Tray icon of its own.
 */
pinned?: boolean, 
/**
 * Starts with the Hub.
 */
autostart?: boolean, 
/**
 * Ports.
 */
ports?: Some4<number>, 
/**
 * Limits.
 */
limits?: Some4<Limits>, 
/**
 * Address of the Dagger engine; empty returns to the Hub's own choice.
 */
engine?: string, 
/**
 * Container images; an empty one returns to the stack's own.
 */
images?: Some4<string>, 
/**
 * Variables to set.
 */
environment?: Array<Variable>, };

export type LogParams = { 
/**
 * Id, name or path.
 */
project: string, 
/**
 * Only these services; empty or absent means all.
 */
services?: Array<Service>, 
/**
 * The last so many lines, 1 to 10000; 100 where absent.
 */
tail?: number, 
/**
 * Only lines after this number.
 */
after?: number, 
/**
 * Only lines at or after this time.
 */
since?: number, 
/**
 * Only lines that match this regular expression.
 */
grep?: string, };

export type OfferParams = { 
/**
 * Id, name or path.
 */
project: string, 
/**
 * Whose port.
 */
service: Service, };

export type SetSettingsParams = { 
/**
 * Runtime of projects that are registered from now on.
 */
default_runtime?: RuntimeChoice, };

/** Every command, with what it takes and what it gives. */
export type Commands = {
  hub: { params: Nothing; reply: HubInfo };
  list: { params: Nothing; reply: Array<ProjectView> };
  get: { params: ProjectParams; reply: ProjectView };
  add: { params: AddParams; reply: ProjectView };
  remove: { params: RemoveParams; reply: Removed };
  start: { params: RunParams; reply: ProjectView };
  stop: { params: RunParams; reply: ProjectView };
  restart: { params: RestartParams; reply: ProjectView };
  set: { params: SetParams; reply: ProjectView };
  offer_port: { params: OfferParams; reply: number };
  logs: { params: LogParams; reply: Array<LogLine> };
  doctor: { params: Nothing; reply: Array<Check> };
  settings: { params: Nothing; reply: Settings };
  set_settings: { params: SetSettingsParams; reply: Settings };
  shutdown: { params: Nothing; reply: Nothing | null };
};

export type Command = keyof Commands;
export type Params<C extends Command> = Commands[C]["params"];
export type Reply<C extends Command> = Commands[C]["reply"];
