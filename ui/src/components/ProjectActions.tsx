/*
 * What can be done with a project, by its state: in a row of the list and in the header of its page.
 */
import { Button, IconButton, Menu, MenuItem, MenuSeparator } from "@cchub/kit";
import { Copy, Ellipsis, ExternalLink, Play, RotateCw, ScrollText, Settings, Square, X } from "lucide-react";
import type { ProjectView } from "../api";
import { useApp } from "../app";
import { isActive } from "../models/state";
import { useStore } from "../stores/store";

interface ProjectActionsProps {
  project: ProjectView;
  /** Draws the main action with its word. */
  large?: boolean;
}

export function ProjectActions({ project, large = false }: ProjectActionsProps) {
  const app = useApp();
  const busy = useStore(app.hub, (state) => state.busy.get(project.id));
  const { state } = project.state;
  const running = state === "running" || state === "gave_up";
  const comingUp = state === "starting" || state === "queued";
  const size = large ? "medium" : "small";
  return (
    <>
      {running ? (
        <>
          <IconButton
            label={`Open ${project.name} in the browser`}
            size={size}
            icon={<ExternalLink />}
            data-testid="open-frontend"
            onClick={() => void app.openUrl(project.urls.frontend)}
          />
          <IconButton
            label={`Restart ${project.name}`}
            size={size}
            icon={<RotateCw />}
            data-testid="restart"
            busy={busy === "restart"}
            onClick={() => void app.hub.restart(project.id)}
          />
        </>
      ) : null}
      {isActive(project) ? (
        <Button
          size={size}
          icon={comingUp ? <X /> : <Square />}
          data-testid="stop"
          aria-label={`${comingUp ? "Cancel the start of" : "Stop"} ${project.name}`}
          busy={busy === "stop" || state === "stopping"}
          onClick={() => void app.hub.stop(project.id)}
        >
          {comingUp ? "Cancel" : "Stop"}
        </Button>
      ) : (
        <Button
          size={size}
          variant={large && state === "stopped" ? "primary" : "secondary"}
          icon={<Play />}
          data-testid="start"
          aria-label={`Start ${project.name}`}
          busy={busy === "start"}
          onClick={() => void app.hub.start(project.id)}
        >
          Start
        </Button>
      )}
      <MoreActions project={project} small={!large} />
    </>
  );
}

function MoreActions({ project, small }: { project: ProjectView; small: boolean }) {
  const app = useApp();
  const go = (tab: "logs" | "settings") => app.route.go({ page: "project", id: project.id, tab });
  return (
    <Menu
      trigger={
        <Button
          variant="quiet"
          size={small ? "small" : "medium"}
          icon={<Ellipsis />}
          aria-label={`More actions for ${project.name}`}
        />
      }
    >
      <MenuItem icon={<ScrollText />} onSelect={() => go("logs")}>
        Open log
      </MenuItem>
      <MenuItem icon={<Copy />} onSelect={() => void app.copy(project.urls.frontend, "Address")}>
        Copy address
      </MenuItem>
      <MenuItem icon={<Copy />} onSelect={() => void app.copy(project.path, "Path")}>
        Copy path
      </MenuItem>
      <MenuSeparator />
      <MenuItem icon={<Settings />} onSelect={() => go("settings")}>
        Project settings
      </MenuItem>
    </Menu>
  );
}
