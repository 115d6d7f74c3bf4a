/*
 * A picture of the folder. Its bytes are asked for with the token and shown as an object of this page; a vector graphic
 * shown so runs nothing.
 */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Api } from "../../../api/client";
import type { FileContent } from "../../../api/files";
import { Loading } from "../../../parts/Loading";
import { Trouble } from "../../../parts/Trouble";
import styles from "./Picture.module.css";

export function Picture({ api, file }: { api: Api; file: FileContent }) {
  const bytes = useQuery({
    queryKey: ["raw", file.id, file.version],
    queryFn: ({ signal }) => api.files.raw(file.id, { signal }),
  });
  const address = useObjectAddress(bytes.data);
  const [dimensions, setDimensions] = useState<string | null>(null);
  const [broken, setBroken] = useState(false);
  if (bytes.isError) {
    return <Trouble title="The picture cannot be shown" error={bytes.error} onRetry={() => void bytes.refetch()} />;
  }
  if (broken)
    return <Trouble title="The picture cannot be shown" error={new Error("The file is damaged, or no picture.")} />;
  if (address === null) return <Loading what="the picture" />;
  return (
    <div className={styles.stage}>
      <img
        src={address}
        alt={file.name}
        className={styles.picture}
        onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
          setDimensions(`${naturalWidth} × ${naturalHeight} px`)
        }
        onError={() => setBroken(true)}
        data-testid="picture"
      />
      {dimensions ? <p className={styles.dimensions}>{dimensions}</p> : null}
    </div>
  );
}

/** An address of the bytes that lives as long as the component shows them. */
function useObjectAddress(bytes: Blob | undefined): string | null {
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    if (!bytes) return;
    const made = URL.createObjectURL(bytes);
    setAddress(made);
    return () => {
      setAddress(null);
      URL.revokeObjectURL(made);
    };
  }, [bytes]);
  return address;
}
