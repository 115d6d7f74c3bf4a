/*
 * The kit's components as their users meet them: names, keys, focus, accessibility.
 */
import { act, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import fc from "fast-check";
import { useState } from "react";
import { describe, expect, test, vi } from "vitest";
import { findings } from "../../tests/axe";
import {
  Button,
  Card,
  Choice,
  ConfirmDialog,
  Dialog,
  Finder,
  IconButton,
  Menu,
  MenuItem,
  Palette,
  PathText,
  platformKeys,
  rankEntries,
  shortenMiddle,
  STATES,
  StateMark,
  Switch,
  TextField,
  toast,
  Toasts,
  type PaletteEntry,
  type StateName,
} from "../src";

const NAMES = Object.keys(STATES) as StateName[];

describe("state marks", () => {
  test("no two states share a shape or a word", () => {
    const shapes = NAMES.map((state) => {
      const { container } = render(<StateMark state={state} />);
      return container.querySelector("svg")?.innerHTML;
    });
    expect(new Set(shapes).size).toBe(NAMES.length);
    expect(new Set(NAMES.map((state) => STATES[state].word)).size).toBe(NAMES.length);
  });

  test("the word stays readable for assistive technology when only the shape is drawn", () => {
    render(<StateMark state="gave_up" bare />);
    expect(screen.getByText("Gave up")).toBeInTheDocument();
  });
});

describe("buttons", () => {
  test("a busy button keeps its place and ignores presses", async () => {
    const pressed = vi.fn();
    const { rerender } = render(<Button onClick={pressed}>Start</Button>);
    await userEvent.click(screen.getByRole("button", { name: "Start" }));
    rerender(
      <Button busy onClick={pressed}>
        Start
      </Button>,
    );
    await userEvent.click(screen.getByRole("button", { name: "Start" }));
    expect(pressed).toHaveBeenCalledTimes(1);
    expect(screen.getByRole("button")).toHaveAttribute("aria-busy", "true");
  });

  test("an icon-only button has its label as accessible name", () => {
    render(<IconButton label="Restart redis" icon={<svg />} />);
    expect(screen.getByRole("button", { name: "Restart redis" })).toBeInTheDocument();
  });
});

describe("dialogs", () => {
  test("Esc closes and gives the focus back", async () => {
    function Page() {
      const [open, setOpen] = useState(false);
      return (
        <>
          <Button onClick={() => setOpen(true)}>Open</Button>
          <Dialog open={open} onClose={() => setOpen(false)} title="Add a folder">
            <TextField label="Path" />
          </Dialog>
        </>
      );
    }
    render(<Page />);
    await userEvent.click(screen.getByRole("button", { name: "Open" }));
    const dialog = await screen.findByRole("dialog", { name: "Add a folder" });
    expect(await findings()).toEqual([]);
    await waitFor(() => expect(dialog).toContainElement(document.activeElement as HTMLElement));
    await userEvent.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
    await waitFor(() => expect(screen.getByRole("button", { name: "Open" })).toHaveFocus());
  });

  test("a confirmation names what goes and is answered only by its buttons", async () => {
    const cancel = vi.fn();
    const confirm = vi.fn();
    render(
      <ConfirmDialog open onCancel={cancel} onConfirm={confirm} title="Remove shop?" confirmLabel="Remove" danger>
        <p>Goes: its database.</p>
      </ConfirmDialog>,
    );
    const dialog = await screen.findByRole("alertdialog", { name: "Remove shop?" });
    expect(dialog).toHaveAccessibleDescription(/its database/);
    await userEvent.click(within(dialog).getByRole("button", { name: "Remove" }));
    expect(confirm).toHaveBeenCalledOnce();
    await userEvent.click(within(dialog).getByRole("button", { name: "Cancel" }));
    expect(cancel).toHaveBeenCalledOnce();
  });
});

describe("fields", () => {
  test("an error is tied to its field and announced", async () => {
    render(<TextField label="Port" error="A number from 1024 to 65535." />);
    const field = screen.getByLabelText("Port");
    expect(field).toBeInvalid();
    expect(field).toHaveAccessibleDescription("A number from 1024 to 65535.");
    expect(await findings()).toEqual([]);
  });

  test("a choice and a switch are worked by keyboard", async () => {
    const chosen = vi.fn();
    const switched = vi.fn();
    render(
      <>
        <Choice
          label="Theme"
          value="light"
          options={[
            { value: "light", label: "Light" },
            { value: "dark", label: "Dark" },
          ]}
          onChange={chosen}
        />
        <Switch label="Read-only" checked={false} onChange={switched} />
      </>,
    );
    await userEvent.click(screen.getByRole("radio", { name: "Dark" }));
    expect(chosen).toHaveBeenCalledWith("dark");
    screen.getByRole("switch", { name: "Read-only" }).focus();
    await userEvent.keyboard(" ");
    expect(switched).toHaveBeenCalledWith(true);
    expect(await findings()).toEqual([]);
  });
});

test("a menu opens by keyboard and runs what is chosen", async () => {
  const run = vi.fn();
  render(
    <Menu trigger={<Button aria-label="More">…</Button>}>
      <MenuItem onSelect={() => undefined}>Open log</MenuItem>
      <MenuItem onSelect={run}>Copy path</MenuItem>
    </Menu>,
  );
  screen.getByRole("button", { name: "More" }).focus();
  await userEvent.keyboard("{Enter}");
  await userEvent.click(await screen.findByRole("menuitem", { name: "Copy path" }));
  expect(run).toHaveBeenCalledOnce();
});

describe("palette", () => {
  const entries = (run: (what: string) => void = () => undefined): PaletteEntry[] => [
    { id: "1", title: "Restart", subject: "artwork", run: () => run("restart artwork") },
    { id: "2", title: "Start", subject: "artwork", run: () => run("start artwork") },
    { id: "3", title: "Start", subject: "shop", run: () => run("start shop") },
  ];

  test("every word must be found; a word's start counts more than its middle", () => {
    expect(rankEntries(entries(), "artw").map((entry) => entry.id)).toEqual(["1", "2"]);
    expect(rankEntries(entries(), "start").map((entry) => entry.id)).toEqual(["2", "3", "1"]);
    expect(rankEntries(entries(), "shop start").map((entry) => entry.id)).toEqual(["3"]);
    expect(rankEntries(entries(), "nothing")).toEqual([]);
  });

  test("arrow keys choose, Enter runs and closes", async () => {
    const run = vi.fn();
    const close = vi.fn();
    render(<Palette open onClose={close} entries={entries(run)} />);
    const input = await screen.findByRole("combobox");
    await userEvent.type(input, "start");
    await userEvent.keyboard("{ArrowDown}{Enter}");
    expect(run).toHaveBeenCalledWith("start shop");
    expect(close).toHaveBeenCalledOnce();
    expect(await findings()).toEqual([]);
  });

  test("offers what else can be done with the words, below what matches", async () => {
    const otherwise = (words: string) => [{ id: "else", title: "Look for", subject: words, run: vi.fn() }];
    render(<Palette open onClose={() => undefined} entries={entries()} otherwise={otherwise} />);
    const input = await screen.findByRole("combobox");
    expect(screen.queryByText("Look for")).toBeNull();
    await userEvent.type(input, " stop ");
    expect(screen.getAllByRole("option").at(-1)).toHaveTextContent("Look forstop");
    await userEvent.clear(input);
    await userEvent.type(input, "zzz");
    expect(screen.getAllByRole("option").map((one) => one.textContent)).toEqual(["Look forzzz"]);
  });

  test("says so when nothing matches", async () => {
    render(<Palette open onClose={() => undefined} entries={entries()} />);
    await userEvent.type(await screen.findByRole("combobox"), "zzz");
    expect(screen.getByText("Nothing matches “zzz”.")).toBeInTheDocument();
  });
});

describe("a finder", () => {
  /** Opened by a button; what is found for a query is given by hand. */
  function Page({ found, opened }: { found: Record<string, readonly string[]>; opened: (what: string) => void }) {
    const [open, setOpen] = useState(false);
    const [query, setQuery] = useState("");
    const answer = found[query];
    return (
      <>
        <Button onClick={() => setOpen(true)}>Open</Button>
        <Finder
          open={open}
          onClose={() => setOpen(false)}
          label="Files"
          placeholder="Letters"
          query={query}
          onQuery={setQuery}
          pending={answer === undefined}
          options={(answer ?? found[""] ?? []).map((id) => ({ id, content: id, run: () => opened(id) }))}
          empty="None"
        />
      </>
    );
  }

  test("has the focus before the next frame is drawn, and gives it back", async () => {
    const frame = vi.spyOn(window, "requestAnimationFrame").mockReturnValue(0);
    render(<Page found={{ "": ["a"] }} opened={() => undefined} />);
    await userEvent.click(screen.getByRole("button", { name: "Open" }));
    expect(await screen.findByRole("combobox")).toHaveFocus();
    frame.mockRestore();
    await userEvent.keyboard("{Escape}");
    await waitFor(() => expect(screen.getByRole("button", { name: "Open" })).toHaveFocus());
  });

  test("waits with Enter for what is found for the words that are typed", async () => {
    const opened = vi.fn();
    const { rerender } = render(<Page found={{ "": ["old"] }} opened={opened} />);
    await userEvent.click(screen.getByRole("button", { name: "Open" }));
    await userEvent.type(await screen.findByRole("combobox"), "ne{Enter}");
    expect(screen.getByRole("option")).toHaveTextContent("old");
    expect(opened).not.toHaveBeenCalled();
    rerender(<Page found={{ "": ["old"], ne: ["new", "next"] }} opened={opened} />);
    expect(opened.mock.calls).toEqual([["new"]]);
    await waitFor(() => expect(screen.queryByRole("combobox")).toBeNull());
  });

  test("forgets an Enter after which something else is typed, chosen or wished", async () => {
    const opened = vi.fn();
    const nothing = { "": ["old", "older"] };
    const answers = { ...nothing, n: ["n"], ne: ["new", "next"] };
    const { rerender } = render(<Page found={nothing} opened={opened} />);
    await userEvent.click(screen.getByRole("button", { name: "Open" }));
    const input = await screen.findByRole("combobox");
    for (const keys of ["n{Enter}e", "{Enter}{ArrowDown}"]) {
      await userEvent.type(input, keys);
      rerender(<Page found={answers} opened={opened} />);
      expect(await screen.findByText("new")).toBeInTheDocument();
      expect(opened).not.toHaveBeenCalled();
      rerender(<Page found={nothing} opened={opened} />);
    }
    await userEvent.keyboard("{Enter}{Escape}");
    rerender(<Page found={answers} opened={opened} />);
    await waitFor(() => expect(screen.queryByRole("combobox")).toBeNull());
    expect(opened).not.toHaveBeenCalled();
  });
});

describe("paths", () => {
  test("shortening keeps both ends, never grows, and leaves short paths alone", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 80 }), fc.integer({ min: 1, max: 90 }), (text, max) => {
        const short = shortenMiddle(text, max);
        const points = Array.from(text);
        expect(Array.from(short).length).toBeLessThanOrEqual(Math.max(max, 1));
        if (points.length <= max) expect(short).toBe(text);
        else if (max > 2) expect(text.endsWith(short.slice(short.indexOf("…") + 1))).toBe(true);
      }),
    );
  });

  test("a path is whole on hover and copied on click", async () => {
    const user = userEvent.setup();
    render(
      <>
        <PathText path="/home/ada/shop" home="/home/ada" />
        <Toasts />
      </>,
    );
    const path = screen.getByRole("button", { name: "Copy path /home/ada/shop" });
    expect(within(path).getByText("~/shop")).toBeInTheDocument();
    expect(path).toHaveAttribute("title", "/home/ada/shop");
    await user.click(path);
    expect(await navigator.clipboard.readText()).toBe("/home/ada/shop");
    expect(await screen.findByText("Path copied")).toBeInTheDocument();
  });
});

test("a notice carries its action and can be dismissed", async () => {
  const shown = vi.fn();
  render(<Toasts />);
  act(() => toast({ title: "Already registered as shop", action: { label: "Show", onPress: shown } }));
  await userEvent.click(await screen.findByRole("button", { name: "Show" }));
  expect(shown).toHaveBeenCalledOnce();
});

test("shortcuts are named as on the user's keyboard", () => {
  expect(platformKeys("Mod+K", true)).toEqual(["⌘", "K"]);
  expect(platformKeys("Mod+Shift+Enter", false)).toEqual(["Ctrl", "Shift", "↵"]);
  expect(platformKeys("g s", false)).toEqual(["g", "s"]);
});

test("a card is a region named by its heading", () => {
  render(<Card title="General">Words</Card>);
  expect(screen.getByRole("region", { name: "General" })).toHaveTextContent("Words");
});
