/* Where the keyboard is: nobody who types, or listens, loses their place because something goes away. */

export const isReachable = (element) => element.isConnected && element !== document.body && element.checkVisibility() && !element.closest("[inert]") && !element.disabled;

/* Go to the first of some places that can be reached. */
export function focusFirst(...places) {
  places.find((place) => place && isReachable(place))?.focus();
}
