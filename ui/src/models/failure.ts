/*
 * What the user can do about a failure, by its code. The words come from the Hub; the ways out are decided here, and
 * nowhere by text.
 */
import type { PortOffer, WireError } from "../api";

export type Remedy =
  | { kind: "use_port"; offer: PortOffer }
  | { kind: "retry" }
  | { kind: "settings"; label: string }
  | { kind: "doctor" }
  | { kind: "open_log" }
  | { kind: "remove" };

/** The ways out, the most helpful first. */
export function remedies(error: WireError): Remedy[] {
  const retry: Remedy = { kind: "retry" };
  const log: Remedy[] = error.service ? [{ kind: "open_log" }] : [];
  switch (error.code) {
    case "PORT_HELD":
    case "PORT_LEASED":
    case "PORT_NONE_LEFT": {
      const offer: Remedy[] = error.offer ? [{ kind: "use_port", offer: error.offer }] : [];
      return [...offer, retry, { kind: "settings", label: "Change ports" }];
    }
    case "CONFIG_INVALID":
    case "RUNTIME_UNAVAILABLE":
    case "ENGINE_VERSION":
    case "IMAGE_UNAVAILABLE":
      return [{ kind: "settings", label: "Project settings" }, retry];
    case "PATH_MISSING":
    case "PATH_NOT_FOLDER":
    case "PATH_LOOP":
    case "PATH_INSIDE_HUB_HOME":
      return [retry, { kind: "remove" }];
    case "ENGINE_UNAVAILABLE":
    case "ENGINE_FAILED":
    case "COMPONENT_MISSING":
    case "COMPONENT_TAMPERED":
    case "COMPONENT_DOWNLOAD_FAILED":
    case "ENVIRONMENT_BUILD_FAILED":
    case "ACCOUNT_UNUSABLE":
    case "SECRETS_UNAVAILABLE":
    case "DISK_FULL":
    case "HUB_HOME_UNUSABLE":
      return [retry, { kind: "doctor" }, ...log];
    case "DATABASE_INIT_FAILED":
    case "SERVICE_LAUNCH_FAILED":
    case "SERVICE_EXITED":
    case "SERVICE_NOT_READY":
    case "SERVICE_CRASHED":
    case "SERVICE_NOT_ENDING":
    case "START_CANCELLED":
    case "PATH_UNREADABLE":
    case "LOG_FAILED":
    case "INTERNAL":
      return [retry, ...log];
    case "PATH_RELATIVE":
    case "PATH_ALREADY_REGISTERED":
    case "PROJECT_NOT_FOUND":
    case "PROJECT_AMBIGUOUS":
    case "PROJECT_RUNNING":
    case "PROJECT_NOT_RUNNING":
    case "PROJECT_REMOVED":
    case "SERVICE_UNKNOWN":
    case "REQUEST_INVALID":
    case "HUB_ALREADY_RUNNING":
    case "HUB_NOT_RUNNING":
    case "HUB_SHUTTING_DOWN":
    case "HUB_SERVER_FAILED":
    case "STORE_CORRUPT":
    case "STORE_TOO_NEW":
    case "STORE_FAILED":
    case "UNAUTHORIZED":
    case "FORBIDDEN":
    case "NOT_FOUND":
    case "PICKER_UNAVAILABLE":
      return error.retryable ? [retry, ...log] : log;
  }
}
