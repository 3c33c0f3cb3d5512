// Whether a key press belongs to a field, a dialog or the browser rather than to the console's shortcuts.

export function isTyping(event: KeyboardEvent): boolean {
  if (event.metaKey || event.ctrlKey || event.altKey || event.isComposing || event.defaultPrevented) return true;
  const { target } = event;
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.closest('input:not([type="radio"], [type="checkbox"]), textarea, select, dialog') !== null;
}
