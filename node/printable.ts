/**
 * What peers call themselves must not steer the terminal that shows it: control characters, and the invisible ones that
 * turn the direction of text, are shown as what they are not.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '\u{FFFD}')
}
