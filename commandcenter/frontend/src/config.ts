/*
 * What the page was served with: the address of its backend, the token that opens it, and the project's name.
 */
export interface WorkbenchConfig {
  apiBaseUrl: string;
  token: string;
  projectName: string;
  projectId: string;
}

/** Reads the block that the server puts into the page. Throws with words when it is not there. */
export function readConfig(page: Document): WorkbenchConfig {
  const block = page.getElementById("workbench-config");
  if (!block?.textContent) throw new Error("The page was not served by the Hub: it has no address for its backend.");
  return JSON.parse(block.textContent) as WorkbenchConfig;
}
