/*
 * The backend's API, made from its OpenAPI document by `npm run types`. Not to be changed by hand.
 */

export interface paths {
  "/health": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Health
     * @description Ask Postgres and Redis now.
     */
    get: operations["health"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/ready": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Ready
     * @description Whether migrations are applied and the API can be used.
     */
    get: operations["ready"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/project": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Project
     * @description The project's name and settings.
     */
    get: operations["project"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/overview": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Overview
     * @description The last finished look at the folder, and the progress of a running one.
     */
    get: operations["overview"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/overview/refresh": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Refresh
     * @description Look again. Follow `overview.refreshed` on the event stream.
     */
    post: operations["refresh"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/notes": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List Notes
     * @description Notes, newest edit first; with `q`, those that match, best first.
     */
    get: operations["list_notes"];
    put?: never;
    /**
     * Create Note
     * @description Keep a new note.
     */
    post: operations["create_note"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/notes/{note_id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Read Note
     * @description One note.
     */
    get: operations["read_note"];
    /**
     * Edit Note
     * @description Replace the content of a note.
     */
    put: operations["edit_note"];
    post?: never;
    /**
     * Delete Note
     * @description Delete a note.
     */
    delete: operations["delete_note"];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/events": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Events
     * @description Everything that happens from now on, or after Last-Event-ID.
     */
    get: operations["events"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    /**
     * Answer
     * @description Whether one service answered just now.
     */
    Answer: {
      /** Ok */
      ok: boolean;
      /** Ms */
      ms: number;
      /** Error */
      error?: string | null;
    };
    /**
     * Commit
     * @description One commit of the current branch.
     */
    Commit: {
      /** Id */
      id: string;
      /** Author */
      author: string;
      /**
       * At
       * Format: date-time
       */
      at: string;
      /** Subject */
      subject: string;
    };
    /**
     * Event
     * @description One event. `stream.gap` says that events were lost (bounded stream, Redis emptied): fetch everything again.
     */
    Event: {
      /**
       * Type
       * @enum {string}
       */
      type:
        | "backend.started"
        | "note.created"
        | "note.updated"
        | "note.deleted"
        | "files.changed"
        | "overview.refreshed"
        | "stream.gap";
      /**
       * At
       * Format: date-time
       */
      at: string;
      /** Data */
      data: {
        [key: string]: unknown;
      };
    };
    /**
     * Failure
     * @description A failure. Switch on `code`; show `message`, which says what to do; `detail` is the cause.
     */
    Failure: {
      /** Code */
      code: string;
      /** Message */
      message: string;
      /** Detail */
      detail?: unknown;
    };
    /**
     * Files
     * @description The folder in figures; ignored files and folders are left out.
     */
    Files: {
      /** Count */
      count: number;
      /** Bytes */
      bytes: number;
      /** Languages */
      languages: components["schemas"]["LanguageShare"][];
      /** Largest */
      largest: components["schemas"]["LargeFile"][];
      skipped: components["schemas"]["Skipped"];
      /** Truncated */
      truncated: boolean;
    };
    /**
     * Git
     * @description `repository`: `state` is set. `none`: not a repository. `failed`: `error` says why git could not answer.
     */
    Git: {
      /**
       * Kind
       * @enum {string}
       */
      kind: "repository" | "none" | "failed";
      state?: components["schemas"]["GitState"] | null;
      /** Error */
      error?: string | null;
    };
    /**
     * GitState
     * @description The state of the git repository the folder is in.
     */
    GitState: {
      /** Branch */
      branch: string | null;
      /** Head */
      head: string | null;
      /** Upstream */
      upstream: string | null;
      /** Ahead */
      ahead: number;
      /** Behind */
      behind: number;
      /** Dirty */
      dirty: number;
      /** Commits */
      commits: components["schemas"]["Commit"][];
    };
    /**
     * Health
     * @description `ok` only when both services answered within the last second.
     */
    Health: {
      /**
       * Status
       * @enum {string}
       */
      status: "ok" | "unhealthy";
      postgres: components["schemas"]["Answer"];
      redis: components["schemas"]["Answer"];
      /** Project */
      project: string;
      /** Error */
      error?: string | null;
    };
    /**
     * LanguageShare
     * @description Files of one language, told by their names.
     */
    LanguageShare: {
      /** Language */
      language: string;
      /** Files */
      files: number;
      /** Bytes */
      bytes: number;
    };
    /**
     * LargeFile
     * @description One of the largest files.
     */
    LargeFile: {
      /** Path */
      path: string;
      /** Bytes */
      bytes: number;
    };
    /**
     * NewNote
     * @description What creates a note.
     */
    NewNote: {
      /** Title */
      title: string;
      /**
       * Body
       * @default
       */
      body: string;
    };
    /**
     * Note
     * @description One note. `version` grows by one with every edit.
     */
    Note: {
      /**
       * Id
       * Format: uuid
       */
      id: string;
      /** Title */
      title: string;
      /** Body */
      body: string;
      /** Version */
      version: number;
      /**
       * Created At
       * Format: date-time
       */
      created_at: string;
      /**
       * Updated At
       * Format: date-time
       */
      updated_at: string;
    };
    /**
     * NoteEdit
     * @description A whole new content for a note, and the version it was made from.
     */
    NoteEdit: {
      /** Title */
      title: string;
      /** Body */
      body: string;
      /** Version */
      version: number;
    };
    /**
     * NoteList
     * @description One page of notes: newest edit first, or best match first when searched.
     */
    NoteList: {
      /** Notes */
      notes: components["schemas"]["Note"][];
      /** Total */
      total: number;
    };
    /**
     * Overview
     * @description The last finished look at the folder, and whether a newer one is under way.
     */
    Overview: {
      /**
       * State
       * @enum {string}
       */
      state: "scanning" | "fresh" | "failed";
      progress: components["schemas"]["Progress"] | null;
      snapshot: components["schemas"]["Snapshot"] | null;
      /** Error */
      error: string | null;
    };
    /**
     * Progress
     * @description How far a running scan is.
     */
    Progress: {
      /** Files */
      files: number;
      /** Seconds */
      seconds: number;
    };
    /**
     * Project
     * @description The project this workbench serves.
     */
    Project: {
      /** Id */
      id: string;
      /** Name */
      name: string;
      /** Folder */
      folder: string;
      /** Read Only */
      read_only: boolean;
      /**
       * Watch
       * @enum {string}
       */
      watch: "events" | "poll";
    };
    /**
     * Readiness
     * @description Whether the API can be used: migrations are applied.
     */
    Readiness: {
      /**
       * Status
       * @enum {string}
       */
      status: "ready" | "starting" | "failed";
      /** Migrations */
      migrations: number;
      /** Expected */
      expected: number;
      /** Error */
      error?: string | null;
    };
    /**
     * Readme
     * @description The folder's README as it is; whoever shows it must sanitise it.
     */
    Readme: {
      /** Path */
      path: string;
      /** Text */
      text: string;
      /** Truncated */
      truncated: boolean;
    };
    /**
     * Skipped
     * @description What the scan met and could not count as a file.
     */
    Skipped: {
      /** Unreadable Folders */
      unreadable_folders: number;
      /** Vanished */
      vanished: number;
      /** Symlinks */
      symlinks: number;
      /** Special */
      special: number;
      /** Invalid Names */
      invalid_names: number;
    };
    /**
     * Snapshot
     * @description One finished look at the folder.
     */
    Snapshot: {
      /**
       * At
       * Format: date-time
       */
      at: string;
      /** Seconds */
      seconds: number;
      files: components["schemas"]["Files"];
      git: components["schemas"]["Git"];
      readme: components["schemas"]["Readme"] | null;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  health: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Health"];
        };
      };
      /** @description Service Unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Health"];
        };
      };
    };
  };
  ready: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Readiness"];
        };
      };
      /** @description Service Unavailable */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Readiness"];
        };
      };
    };
  };
  project: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Project"];
        };
      };
      /** @description token_missing or token_wrong */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description origin_refused */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description invalid_request */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description a service is away: try again after Retry-After seconds */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
    };
  };
  overview: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Overview"];
        };
      };
      /** @description token_missing or token_wrong */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description origin_refused */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description invalid_request */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description a service is away: try again after Retry-After seconds */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
    };
  };
  refresh: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Overview"];
        };
      };
      /** @description token_missing or token_wrong */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description origin_refused */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description invalid_request */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description a service is away: try again after Retry-After seconds */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
    };
  };
  list_notes: {
    parameters: {
      query?: {
        /** @description words to search for; the last may be unfinished */
        q?: string;
        limit?: number;
        offset?: number;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["NoteList"];
        };
      };
      /** @description token_missing or token_wrong */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description origin_refused */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description invalid_request */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description a service is away: try again after Retry-After seconds */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
    };
  };
  create_note: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["NewNote"];
      };
    };
    responses: {
      /** @description Successful Response */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Note"];
        };
      };
      /** @description token_missing or token_wrong */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description origin_refused */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description invalid_request */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description a service is away: try again after Retry-After seconds */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
    };
  };
  read_note: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        note_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Note"];
        };
      };
      /** @description token_missing or token_wrong */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description origin_refused */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description note_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description invalid_request */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description a service is away: try again after Retry-After seconds */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
    };
  };
  edit_note: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        note_id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["NoteEdit"];
      };
    };
    responses: {
      /** @description Successful Response */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Note"];
        };
      };
      /** @description token_missing or token_wrong */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description origin_refused */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description note_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description version_conflict; detail is the note as it is now */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description invalid_request */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description a service is away: try again after Retry-After seconds */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
    };
  };
  delete_note: {
    parameters: {
      query: {
        version: number;
      };
      header?: never;
      path: {
        note_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Successful Response */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description token_missing or token_wrong */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description origin_refused */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description note_not_found */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description version_conflict; detail is the note as it is now */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description invalid_request */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description a service is away: try again after Retry-After seconds */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
    };
  };
  events: {
    parameters: {
      query?: never;
      header?: {
        "last-event-id"?: string | null;
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description text/event-stream; each event's data is an Event */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Event"];
        };
      };
      /** @description token_missing or token_wrong */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description origin_refused */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description invalid_request */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
      /** @description a service is away: try again after Retry-After seconds */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Failure"];
        };
      };
    };
  };
}
