/*
 * A look into the project's database and cache.
 */
import { Database as DatabaseIcon } from "lucide-react";
import { EmptyState } from "../parts/EmptyState";
import { PageFrame } from "../parts/Page";

export function Database() {
  return (
    <PageFrame title="Database">
      <EmptyState icon={DatabaseIcon} title="Nothing to show yet" />
    </PageFrame>
  );
}
