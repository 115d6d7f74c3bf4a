/*
 * Opens a file by a few letters of its name: type, choose with the arrow keys, Enter. The backend ranks.
 */
import { Finder } from "@cchub/kit";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { Api } from "../api/client";
import { fileHref } from "../parts/FileLink";
import { Highlighted } from "../parts/Highlighted";
import { LanguageMark } from "../parts/LanguageMark";
import { useRouter } from "./router";

export interface FileFinderProps {
  api: Api;
  open: boolean;
  onClose: () => void;
  query: string;
  /** Emptied when it closes. */
  onQuery: (query: string) => void;
}

export function FileFinder({ api, open, onClose, query, onQuery }: FileFinderProps) {
  const router = useRouter();
  const found = useQuery({
    queryKey: ["search-files", query],
    queryFn: ({ signal }) => api.search.findFiles(query, { signal }),
    placeholderData: keepPreviousData,
    enabled: open,
  });
  const options = (found.data?.files ?? []).map((file) => ({
    id: file.id,
    icon: <LanguageMark language={file.language} />,
    content: <Highlighted text={file.path} ranges={file.ranges} mono />,
    run: () => router.go(fileHref(file.id)),
  }));
  return (
    <Finder
      open={open}
      onClose={onClose}
      label="Files"
      placeholder="Type a few letters of a file's name"
      query={query}
      onQuery={onQuery}
      options={options}
      pending={found.isPending || found.isPlaceholderData}
      empty={
        found.isError
          ? found.error.message
          : found.isPending
            ? "Looking"
            : query === ""
              ? "No files are indexed yet."
              : "No file has these letters in its name."
      }
      data-testid="file-finder"
    />
  );
}
