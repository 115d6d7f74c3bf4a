/*
 * Search in all files of the folder.
 */
import { Search as SearchIcon } from "lucide-react";
import { EmptyState } from "../../parts/EmptyState";
import { PageFrame } from "../../parts/Page";

export function Search() {
  return (
    <PageFrame title="Search">
      <EmptyState icon={SearchIcon} title="Search in all files" />
    </PageFrame>
  );
}
