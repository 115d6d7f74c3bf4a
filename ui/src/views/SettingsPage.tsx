/*
 * Settings of the Hub and of this window, and the facts a user needs when something is asked of them.
 */
import { Button, Card, Choice, PathText } from "@cchub/kit";
import { Stethoscope } from "lucide-react";
import { useApp } from "../app";
import type { Theme } from "../stores/preferences";
import { useStore } from "../stores/store";
import styles from "./SettingsPage.module.css";

const THEMES: readonly { value: Theme; label: string }[] = [
  { value: "system", label: "System" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
];

export function SettingsPage() {
  const app = useApp();
  const theme = useStore(app.preferences, (preferences) => preferences.theme);
  const hub = useStore(app.hub, (state) => state.hub);
  return (
    <main className={styles.page}>
      <h1>Settings</h1>
      <Card title="Appearance">
        <Choice
          label="Theme"
          value={theme}
          options={THEMES}
          onChange={(next) => app.preferences.change({ theme: next })}
        />
      </Card>
      {hub ? (
        <Card
          title="This Hub"
          actions={
            <Button size="small" icon={<Stethoscope />} onClick={() => app.route.go({ page: "doctor" })}>
              Doctor
            </Button>
          }
        >
          <dl className={styles.facts}>
            <dt>Version</dt>
            <dd>{hub.version}</dd>
            <dt>Hub home</dt>
            <dd>
              <PathText path={hub.home} />
            </dd>
            <dt>Loopback API</dt>
            <dd>
              <code>127.0.0.1:{hub.port}</code>
            </dd>
            <dt>Runtime</dt>
            <dd>{hub.runtime}</dd>
          </dl>
        </Card>
      ) : null}
    </main>
  );
}
