/*
 * Why a state is what it is, and how old that knowledge is: "SQL answered · 2 s ago".
 */
import type { Evidence } from "../models/state";
import { capitalised } from "../models/words";
import { Age } from "./Age";

export function EvidenceText({ evidence }: { evidence: Evidence }) {
  return (
    <>
      {capitalised(evidence.words)}
      {evidence.at !== null ? (
        <>
          {evidence.words ? " · " : ""}
          <Age at={evidence.at} />
        </>
      ) : null}
    </>
  );
}
