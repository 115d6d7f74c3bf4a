/*
 * The address of a service: shown without its password, fetched with it only when the user asks, kept no longer than it
 * is shown.
 */
import { Button, toast } from "@cchub/kit";
import { useMutation } from "@tanstack/react-query";
import { Copy, Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import type { Connections, PeekApi } from "../../api/peek";
import styles from "./Database.module.css";

interface AddressProps {
  api: Pick<PeekApi, "connections">;
  which: keyof Connections;
  /** Without the password. */
  shown: string;
  /** "database" or "cache", for the words. */
  what: string;
}

export function Address({ api, which, shown, what }: AddressProps) {
  const [whole, setWhole] = useState<string | null>(null);
  const ask = useMutation({
    mutationFn: api.connections,
    gcTime: 0,
    onError: (error) => toast({ title: "The address was not given", description: error.message, tone: "failed" }),
  });
  const copy = async () => {
    try {
      const addresses = await ask.mutateAsync();
      await navigator.clipboard.writeText(addresses[which]);
      toast({ title: `Address of the ${what} copied`, description: "It holds the password.", tone: "healthy" });
    } catch (error) {
      if (!ask.isError) toast({ title: "The address was not copied", description: String(error), tone: "failed" });
    }
    ask.reset();
  };
  const reveal = async () => {
    if (whole !== null) {
      setWhole(null);
      return;
    }
    const addresses = await ask.mutateAsync().catch(() => null);
    if (addresses) setWhole(addresses[which]);
    ask.reset();
  };
  return (
    <div className={styles.address}>
      <code data-testid="address">{whole ?? shown}</code>
      <Button
        size="small"
        variant="quiet"
        icon={whole === null ? <Eye /> : <EyeOff />}
        aria-pressed={whole !== null}
        onClick={() => void reveal()}
        data-testid="reveal"
      >
        {whole === null ? "Show password" : "Hide password"}
      </Button>
      <Button size="small" icon={<Copy />} busy={ask.isPending} onClick={() => void copy()} data-testid="copy-address">
        Copy address
      </Button>
    </div>
  );
}
