/*
 * The look into database and cache: read, never written; passwords only on the user's word.
 */
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test, vi } from "vitest";
import { ApiError } from "../../src/api/client";
import { expectAccessible, fakeBackend, open, type FakeBackend } from "../fakeBackend";

const connection = {
  host: "127.0.0.1",
  port: 5433,
  database: "shop",
  user: "shop",
  url_without_password: "postgresql://shop@127.0.0.1:5433/shop",
};

function backend(): FakeBackend {
  const made = fakeBackend();
  const { peek } = made.api;
  peek.postgres.mockResolvedValue({
    version: "15.4",
    size_bytes: 8_000_000,
    connection,
    tables: [{ schema: "public", name: "notes", kind: "table", rows_estimate: 250, bytes: 16_384 }],
  });
  peek.rows.mockImplementation(({ offset, order, descending }) =>
    Promise.resolve({
      columns: [
        { name: "id", type: "int8", nullable: false, primary_key: true },
        { name: "title", type: "text", nullable: true, primary_key: false },
      ],
      rows: [
        [offset + 1, `${order ?? "unsorted"} ${descending ? "down" : "up"}`],
        [offset + 2, null],
      ],
      total_estimate: 250,
      more: offset === 0,
    }),
  );
  peek.redis.mockResolvedValue({
    version: "7.2",
    used_memory_bytes: 1_000_000,
    keys: 2,
    connection: { ...connection, url_without_password: "redis://127.0.0.1:6380/0" },
  });
  peek.keys.mockImplementation((match) =>
    Promise.resolve({
      keys: [{ key: `${match || "*"} one`, id: "b25l", type: "hash", ttl_seconds: 90, bytes: 120 }],
      cursor: "0",
      more: false,
    }),
  );
  peek.value.mockResolvedValue({
    key: "one",
    id: "b25l",
    type: "hash",
    ttl_seconds: null,
    length: 1,
    value: { field: "worth" },
    truncated: false,
  });
  peek.connections.mockResolvedValue({
    postgres_url: "postgresql://shop:s3cret@127.0.0.1:5433/shop",
    redis_url: "redis://:s3cret@127.0.0.1:6380/0",
  });
  return made;
}

describe("the database", () => {
  test("shows rows of a table, sorted and page by page", async () => {
    const made = backend();
    const { container } = open(made, "database");
    const user = userEvent.setup();
    await user.click(await screen.findByTestId("table-row"));
    expect(await screen.findByText("unsorted up")).toBeVisible();
    expect(screen.getByText("NULL")).toBeVisible();
    expect(screen.getByTestId("row-range")).toHaveTextContent("Rows 1 to 2 of about 250");
    await user.click(screen.getByTitle("Sort by title"));
    expect(await screen.findByText("title up")).toBeVisible();
    await user.click(screen.getByTitle("Sort by title"));
    expect(await screen.findByText("title down")).toBeVisible();
    expect(screen.getByRole("columnheader", { name: /title/ })).toHaveAttribute("aria-sort", "descending");
    await user.click(screen.getByTestId("next-rows"));
    await waitFor(() => expect(screen.getByTestId("row-range")).toHaveTextContent("Rows 101 to 102"));
    await user.click(screen.getByRole("button", { name: "Open row 102" }));
    expect(await screen.findByRole("dialog", { name: "Row 102" })).toBeVisible();
    await user.keyboard("{Escape}");
    await expectAccessible(container);
  });

  test("gives the address with its password only when asked, and forgets it when hidden", async () => {
    const made = backend();
    open(made, "database");
    const user = userEvent.setup();
    expect(await screen.findByTestId("address")).toHaveTextContent("postgresql://shop@127.0.0.1:5433/shop");
    expect(made.api.peek.connections).not.toHaveBeenCalled();
    await user.click(screen.getByTestId("reveal"));
    expect(await screen.findByText(/s3cret/)).toBeVisible();
    await user.click(screen.getByTestId("reveal"));
    expect(document.body.innerHTML).not.toContain("s3cret");
    const write = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
    await user.click(screen.getByTestId("copy-address"));
    await waitFor(() => expect(write).toHaveBeenCalledWith("postgresql://shop:s3cret@127.0.0.1:5433/shop"));
    expect(document.body.innerHTML).not.toContain("s3cret");
  });

  test("runs a statement with the keyboard, and points at its fault", async () => {
    const made = backend();
    made.api.peek.query
      .mockRejectedValueOnce(new ApiError("sql_failed", 'column "oops" does not exist', 422, { position: 8 }))
      .mockResolvedValueOnce({ columns: [{ name: "n", type: "int4" }], rows: [[42]], truncated: true, took_ms: 1.25 });
    open(made, "database/postgres?table=sql");
    const user = userEvent.setup();
    await user.type(await screen.findByTestId("sql"), "select oops{Control>}{Enter}{/Control}");
    const fault = await screen.findByTestId("sql-fault");
    expect(fault).toHaveTextContent('column "oops" does not exist');
    expect(fault.querySelector("pre")?.textContent).toBe("1 | select oops\n  |        ^");
    await user.clear(screen.getByTestId("sql"));
    await user.type(screen.getByTestId("sql"), "select 42");
    await user.click(screen.getByTestId("run-sql"));
    expect(await screen.findByRole("cell", { name: "42" })).toBeVisible();
    expect(screen.getByTestId("sql-status")).toHaveTextContent("1 row in 1.3 ms; there are more");
  });

  test("shows keys of the cache by pattern, and their values by type", async () => {
    const made = backend();
    const { container } = open(made, "database/redis");
    const user = userEvent.setup();
    expect(await screen.findByTestId("key-row")).toHaveTextContent("* one");
    await user.type(screen.getByTestId("redis-pattern"), "x:*");
    await waitFor(() => expect(screen.getByTestId("key-row")).toHaveTextContent("x:* one"));
    expect(screen.getByTestId("key-row")).toHaveTextContent("hash · 120 B · 90 s left");
    await user.click(screen.getByTestId("key-row"));
    expect(await screen.findByTestId("redis-value")).toHaveTextContent("fieldworth");
    await expectAccessible(container);
  });
});
