/*
 * What happens in this project, as it happens and as it was: one stream, filtered by kind and words. While the reader is
 * further down, what arrives waits behind a button instead of pushing the lines away.
 */
import { Button, StateMark } from "@cchub/kit";
import { Activity as ActivityIcon, ArrowUp } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { KINDS, KIND_WORDS, byPlace, kindsIn, type Kind, type StreamEntry } from "../../models/activity";
import { EmptyState } from "../../parts/EmptyState";
import { Loading } from "../../parts/Loading";
import { PageFrame } from "../../parts/Page";
import { Chips, FilterField, Toolbar } from "../../parts/Toolbar";
import { Trouble } from "../../parts/Trouble";
import { useCommands } from "../../shell/commands";
import type { PageProps } from "../../shell/pages";
import { hrefTo, useRouter } from "../../shell/router";
import { count } from "../../words";
import styles from "./Activity.module.css";
import { Stream, type StreamHandle } from "./Stream";
import { useActivity } from "./useActivity";
import { useNames } from "./useNames";

export function Activity({ api, live, route }: PageProps) {
  const router = useRouter();
  const named = route.params.get("kinds");
  const kinds = useMemo(() => kindsIn(named), [named]);
  const [words, setWords] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const stream = useRef<StreamHandle>(null);
  const names = useNames(api);
  const { entries, connection, history } = useActivity(api.activity, live, { kinds, words, names });
  /** The newest event when the reader went down; null at the top. */
  const [seen, setSeen] = useState<string | null>(null);
  const shown = seen === null ? entries : entries.filter((entry) => byPlace(entry.id, seen) <= 0);
  /** There is more of the past, and it can be read. */
  const reading = history.hasNextPage && history.isSuccess;
  const waiting = entries.length - shown.length;
  const toggle = (kind: Kind) => {
    const next = kinds.includes(kind) ? kinds.filter((one) => one !== kind) : [...kinds, kind];
    router.replace(hrefTo("activity", null, { kinds: next.join(",") }));
  };
  useCommands([
    {
      id: "activity-filter",
      title: "Filter the activity",
      group: "Activity",
      keys: "f",
      run: () => field.current?.focus(),
    },
  ]);
  return (
    <PageFrame
      title="Activity"
      fill
      note={
        <span data-testid="stream-state" data-connection={connection}>
          <StateMark
            state={connection === "live" ? "healthy" : connection === "lost" ? "degraded" : "starting"}
            word={connection === "live" ? "Live" : connection === "lost" ? "Connecting again" : "Connecting"}
          />
        </span>
      }
    >
      <Toolbar className={styles.tools}>
        <FilterField
          ref={field}
          label="Filter by words"
          placeholder="Filter by words"
          value={words}
          onChange={(event) => setWords(event.target.value)}
          data-testid="activity-filter"
        />
        <Chips label="Kinds of events">
          {KINDS.map((kind) => (
            <button
              key={kind}
              type="button"
              aria-pressed={kinds.includes(kind)}
              onClick={() => toggle(kind)}
              data-testid={`kind-${kind}`}
            >
              {KIND_WORDS[kind]}
            </button>
          ))}
        </Chips>
      </Toolbar>
      {history.isError ? (
        <Trouble
          title="What happened before cannot be shown"
          error={history.error}
          onRetry={() => void history.refetch()}
        />
      ) : null}
      {entries.length === 0 && (history.isPending || reading) ? <Loading what="the activity" lines={8} /> : null}
      {entries.length === 0 && history.isSuccess && !reading ? (
        <Nothing filtered={kinds.length > 0 || words.trim() !== ""} />
      ) : null}
      <div className={styles.place}>
        {waiting > 0 ? (
          <Button
            size="small"
            variant="primary"
            icon={<ArrowUp />}
            className={styles.waiting}
            onClick={() => {
              setSeen(null);
              stream.current?.toTop();
            }}
            data-testid="waiting"
          >
            {count(waiting, "new event")}
          </Button>
        ) : null}
        <Stream
          ref={stream}
          entries={shown}
          names={names}
          onTop={(atTop) => setSeen(atTop ? null : newest(seen, shown))}
          onEnd={() => {
            if (reading && !history.isFetching) void history.fetchNextPage();
          }}
          end={
            history.isPending || reading ? "Reading further back" : history.isSuccess ? "Nothing older is kept." : ""
          }
        />
      </div>
    </PageFrame>
  );
}

const newest = (seen: string | null, shown: readonly StreamEntry[]) => seen ?? shown[0]?.id ?? null;

function Nothing({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <EmptyState icon={ActivityIcon} title="Nothing like this has happened" />
  ) : (
    <EmptyState icon={ActivityIcon} title="Nothing has happened yet">
      Change a file, commit, write a note: it appears here at once.
    </EmptyState>
  );
}
