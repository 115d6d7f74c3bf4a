/*
 * A failure in its place: what the backend said, and a way to ask again.
 */
import { Button, Card } from "@cchub/kit";
import { ApiError } from "../api/client";

export interface TroubleProps {
  title: string;
  error: unknown;
  onRetry?: () => void;
}

export function Trouble({ title, error, onRetry }: TroubleProps) {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof ApiError ? error.code : null;
  return (
    <Card
      title={title}
      tone="danger"
      role="alert"
      actions={onRetry ? <Button onClick={onRetry}>Try again</Button> : null}
    >
      <p>
        {message} {code ? <code>{code}</code> : null}
      </p>
    </Card>
  );
}
