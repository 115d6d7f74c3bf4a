/* Sets a forced theme before the first paint, so that the page never flashes. Same key as src/shell/preferences.ts. */
try {
  const { theme } = JSON.parse(localStorage.getItem("workbench.preferences") ?? "{}");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage refused or unreadable: the system's theme applies.
}
