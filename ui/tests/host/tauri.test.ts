/*
 * The desktop's host against Tauri's own stand-in for the shell: command names, channels, and what is given back.
 */
import { clearMocks, mockIPC, mockWindows } from "@tauri-apps/api/mocks";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TauriHost } from "../../src/host/tauri";
import type { Update } from "../../src/host/types";
import { wireError } from "../sample";

type Sender = { onmessage: (message: unknown) => void; id: number };

beforeEach(() => mockWindows("main"));
afterEach(() => clearMocks());

describe("TauriHost", () => {
  test("requests go through one command, refusals keep their code", async () => {
    const calls: unknown[] = [];
    mockIPC((command, args) => {
      calls.push([command, args]);
      if (calls.length > 1) throw wireError({ code: "PROJECT_NOT_FOUND" }) as unknown as Error;
      return [];
    });
    const host = new TauriHost();
    expect(await host.rpc("list", {})).toEqual([]);
    expect(calls[0]).toEqual(["rpc", { cmd: "list", params: {} }]);
    await expect(host.rpc("start", { project: "x" })).rejects.toMatchObject({ wire: { code: "PROJECT_NOT_FOUND" } });
  });

  test("state comes over a channel, and the shell hears when nobody reads it any more", async () => {
    let channel: Sender | undefined;
    const ended: unknown[] = [];
    mockIPC((command, args) => {
      const given = args as { channel: unknown };
      if (command === "subscribe") channel = given.channel as Sender;
      if (command === "unsubscribe") ended.push(given.channel);
    });
    const updates: Update[] = [];
    const stop = new TauriHost().subscribe((update) => updates.push(update));
    await vi.waitFor(() => expect(channel).toBeDefined());
    channel?.onmessage({ snapshot: { seq: 1, hub: {}, projects: [] } });
    channel?.onmessage({ event: { seq: 2, change: { kind: "removed", id: "x" } } });
    expect(updates.map((update) => update.kind)).toEqual(["snapshot", "event"]);
    stop();
    await vi.waitFor(() => expect(ended).toEqual([channel?.id]));
  });

  test("a Hub that cannot be opened is told with its reason", async () => {
    mockIPC(() => {
      throw wireError({ code: "HUB_ALREADY_RUNNING" }) as unknown as Error;
    });
    const updates: Update[] = [];
    new TauriHost().subscribe((update) => updates.push(update));
    await vi.waitFor(() => expect(updates).toMatchObject([{ kind: "lost", reason: { code: "HUB_ALREADY_RUNNING" } }]));
  });

  test("picking, opening and quitting name their commands", async () => {
    const calls: unknown[] = [];
    mockIPC((command, args) => {
      calls.push([command, args]);
      return command === "pick_folders" ? ["/home/ada/shop"] : null;
    });
    const host = new TauriHost();
    expect(await host.pickFolders()).toEqual(["/home/ada/shop"]);
    await host.openExternal("http://127.0.0.1:3000");
    await host.quit("leave");
    expect(calls.slice(1)).toEqual([
      ["open_external", { url: "http://127.0.0.1:3000" }],
      ["quit", { choice: "leave" }],
    ]);
  });
});
