/** Keys that end the input in a text field. */

/**
 * Return the key that was pressed in a text field; null if the press belongs to an input method.
 * The Enter key of an input method accepts composed characters, for example Japanese ones, and does
 * not end the input.
 */
export function fieldKey(event: KeyboardEvent): string | null {
  // Safari reports the end of the composition before this press, and marks it by keyCode 229 only.
  return event.isComposing || event.keyCode === 229 ? null : event.key;
}
