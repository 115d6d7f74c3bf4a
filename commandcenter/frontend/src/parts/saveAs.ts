/*
 * Gives the user a text as a file.
 */
export function saveAs(name: string, text: string, type: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name.replace(/[\\/:*?"<>|]/g, "-");
  link.click();
  // The download has its own hold on the bytes once it has begun, which it does within this turn.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}
