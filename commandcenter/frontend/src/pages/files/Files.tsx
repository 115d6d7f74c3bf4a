/*
 * The folder's files.
 */
import { FileText } from "lucide-react";
import { EmptyState } from "../../parts/EmptyState";
import { PageFrame } from "../../parts/Page";

export function Files() {
  return (
    <PageFrame title="Files">
      <EmptyState icon={FileText} title="Choose a file" />
    </PageFrame>
  );
}
