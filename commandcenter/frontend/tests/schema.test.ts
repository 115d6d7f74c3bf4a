/*
 * The types of the backend's API are those of the document that the backend committed.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import openapiTS, { astToString } from "openapi-typescript";
import { format, resolveConfig } from "prettier";
import { expect, test } from "vitest";

test("the committed types are what `npm run types` makes", async () => {
  const here = import.meta.dirname;
  const document = readFileSync(join(here, "../../backend/openapi.json"), "utf8");
  const made = astToString(await openapiTS(JSON.parse(document) as Parameters<typeof openapiTS>[0]));
  const committed = join(here, "../src/api/generated/schema.ts");
  const options = await resolveConfig(committed);
  const formatted = (text: string) => format(text, { ...options, parser: "typescript" });
  // The tool opens the file it writes with a comment of its own.
  const body = readFileSync(committed, "utf8").replace(/^\/\*[\s\S]*?\*\/\n/, "");
  expect(await formatted(body)).toBe(await formatted(made));
});
