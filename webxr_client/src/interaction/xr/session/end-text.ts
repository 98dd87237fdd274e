/**
 * Message after VR has ended without a request of the user. `pending`: number of commands that the
 * server has not answered.
 */
export function endWords(pending: number): string {
  if (pending === 0) return "VR has ended. Labels are saved. Press Enter VR to return.";
  const waits = pending === 1 ? "One gesture is" : `${pending} gestures are`;
  return `VR has ended. ${waits} not saved yet. Keep this page open until the server answers.`;
}
