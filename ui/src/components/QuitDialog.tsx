/*
 * What is to become of running projects when the Hub quits. Only the desktop shell asks this.
 */
import { Button, Dialog } from "@cchub/kit";
import { useState } from "react";
import { useApp } from "../app";
import { isActive, listed } from "../models/state";
import { plural } from "../models/words";
import { useStore } from "../stores/store";

export function QuitDialog() {
  const app = useApp();
  const open = useStore(app.overlay, (overlay) => overlay === "quit");
  const projects = useStore(app.hub, (state) => state.projects);
  const [chosen, setChosen] = useState<"leave" | "stop" | null>(null);
  const active = projects.filter(isActive).map((project) => project.name);
  const names = active.length > 4 ? plural(active.length, "project") : listed(active);
  const quit = async (choice: "leave" | "stop") => {
    setChosen(choice);
    const done = await app.attempt(() => app.host.quit(choice));
    setChosen(null);
    if (done) app.overlay.set("none");
  };
  return (
    <Dialog
      open={open}
      onClose={() => app.overlay.set("none")}
      title="Quit CommandCenter Hub?"
      description={
        <>
          <p>{active.length === 0 ? "No project is running." : `Still running: ${names}.`}</p>
          {active.length > 0 ? (
            <p>
              Leave them running and the Hub goes on without a window; opening it again brings the window back. Or stop
              them all first.
            </p>
          ) : null}
        </>
      }
      footer={
        <>
          <Button onClick={() => app.overlay.set("none")}>Cancel</Button>
          <Button data-testid="quit-stop" busy={chosen === "stop"} onClick={() => void quit("stop")}>
            Stop all and quit
          </Button>
          <Button
            variant="primary"
            data-testid="quit-leave"
            busy={chosen === "leave"}
            onClick={() => void quit("leave")}
          >
            Leave running
          </Button>
        </>
      }
    />
  );
}
