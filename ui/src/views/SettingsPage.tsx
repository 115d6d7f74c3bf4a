/*
 * Settings of the Hub and of this window, and the facts a user needs when something is asked of them.
 */
import { Button, Card, Choice, PathText, Skeleton } from "@cchub/kit";
import { Stethoscope } from "lucide-react";
import { useEffect, useState } from "react";
import type { RuntimeChoice, Settings } from "../api";
import { useApp } from "../app";
import { RUNTIMES } from "../components/ProjectSettings";
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
      <NewProjects />
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

/** What projects are registered with from now on; each can be changed on its own. */
function NewProjects() {
  const app = useApp();
  const [settings, setSettings] = useState<Settings | null>(null);
  useEffect(() => void app.attempt(async () => setSettings(await app.host.rpc("settings", {}))), [app]);
  const choose = (runtime: RuntimeChoice) =>
    app.attempt(async () => setSettings(await app.host.rpc("set_settings", { default_runtime: runtime })));
  return (
    <Card title="New projects">
      {settings ? (
        <Choice
          label="Run on"
          value={settings.default_runtime}
          options={RUNTIMES}
          help="Automatic takes Dagger where an engine answers, else this machine."
          onChange={(runtime) => void choose(runtime)}
        />
      ) : (
        <Skeleton width={280} height={30} />
      )}
    </Card>
  );
}
