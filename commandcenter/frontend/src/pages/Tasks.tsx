/*
 * The task board.
 */
import { SquareKanban } from "lucide-react";
import { EmptyState } from "../parts/EmptyState";
import { PageFrame } from "../parts/Page";

export function Tasks() {
  return (
    <PageFrame title="Tasks">
      <EmptyState icon={SquareKanban} title="No tasks yet" />
    </PageFrame>
  );
}
