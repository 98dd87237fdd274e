/** What the page says when VR has ended without being asked to. `pending`: commands that the server has not answered yet. */
export function endWords(pending: number): string {
  if (pending === 0) return "VR has ended. Labels are saved; Enter VR brings you back.";
  const waits = pending === 1 ? "One gesture is" : `${pending} gestures are`;
  return `VR has ended. ${waits} not saved yet: keep this page open until the server answers. Enter VR brings you back.`;
}
