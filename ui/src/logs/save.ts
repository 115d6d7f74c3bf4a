/*
 * Saves the log of a project as a text file, as far back as the Hub hands it out in one answer.
 */
import type { Host } from "../host/types";
import { parseAnsi } from "./ansi";

/** The most lines one answer of the Hub holds. */
const MOST_LINES = 10_000;

/** Fetches the log and gives it to the web view as a download named after the project. */
export async function saveText(host: Pick<Host, "rpc">, project: string, name: string): Promise<void> {
  const lines = await host.rpc("logs", { project, services: [], tail: MOST_LINES });
  const text = lines.map((line) => {
    return `${new Date(line.at).toISOString()} ${line.service.padEnd(8)} ${parseAnsi(line.text).plain}\n`;
  });
  const address = URL.createObjectURL(new Blob(text, { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `${name.replace(/[^\p{L}\p{N}._-]+/gu, "-")}.log`;
  link.click();
  URL.revokeObjectURL(address);
}
